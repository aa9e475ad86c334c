"""Runs next to each other: their results, and how their settings differ."""

from collections.abc import Iterator
from collections.abc import Sequence
import json
import math
import os
from typing import Any
from typing import NamedTuple

from base.errors import InputError
from checkpoints import run_info
from checkpoints import run_values
from reports.training_report import FLAGS_FILE

# What an evaluation has besides its settings.
_NO_SETTINGS = ('checkpoint', 'step', 'metrics')
_OF_EVALUATION = 'eval '  # the beginning of the names of its settings
# What says where a run is, not what it is.
_PLACES = ('train_dir',)


class Result(NamedTuple):
  """A run, and one evaluation of it."""

  run: str  # folder
  evaluation: str | None  # path of its JSON; None: not evaluated
  step: int | None
  metrics: dict[str, float]  # the main one first
  settings: dict[str, Any]


def read(folders: Sequence[str]) -> list[Result]:
  """Returns the results of runs, the best main metric first.

  Of each folder of evaluations the newest checkpoint counts. A run that is not
  evaluated comes last.

  Args:
    folders: of runs, which have a model.json, or of folders of runs.

  Raises:
    InputError: there is no run in a folder, or a file is damaged.
  """
  results = []
  for folder in folders:
    runs = list(_runs_at(os.path.normpath(folder)))
    if not runs:
      raise InputError(
        f'{folder}: no {run_info.FILE_NAME} here or below: name folders that '
        'were a --train_dir'
      )
    for run in runs:
      results += _of_run(run)
  return sorted(results, key=_place)


def differences(results: Sequence[Result]) -> list[str]:
  """Returns the names of the settings that are not the same in all results."""
  names = dict.fromkeys(name for one in results for name in one.settings)
  different = []
  for name in names:
    first, *others = [
      one.settings.get(name)
      for one in results
      if one.evaluation or not name.startswith(_OF_EVALUATION)
    ]
    if any(other != first for other in others):
      different.append(name)
  return different


def _place(result):
  """Of the largest first metric first; one that is not a number is worst."""
  value = next(iter(result.metrics.values()), 0.0)
  is_nan = math.isnan(value)
  return not result.metrics, is_nan, 0.0 if is_nan else -value, result.run


def _runs_at(folder) -> Iterator[str]:
  """Yields the folder if it is a run, otherwise the runs below it."""
  for path, names, file_names in os.walk(folder):
    names.sort()
    if run_info.FILE_NAME in file_names:
      names.clear()  # What is below has been part of it.
      yield path


def _of_run(run):
  settings = run_info.read_run_info(run)
  settings.pop(run_values.FLAGS, None)  # Of each the next line has what counts.
  settings |= _read_json(os.path.join(run, FLAGS_FILE), {})
  settings = {
    name: value for name, value in settings.items() if name not in _PLACES
  }
  evaluations = [
    _of_evaluation(run, path, settings) for path in _evaluations(run)
  ]
  newest = {}
  for result in sorted(evaluations, key=lambda result: result.step or 0):
    newest[os.path.dirname(result.evaluation)] = result
  return list(newest.values()) or [Result(run, None, None, {}, settings)]


def _evaluations(run):
  """Returns the paths of a run's evaluations, not those of runs below it."""
  paths = []
  own = (run, os.path.join(run, run_info.BEST_FOLDER))
  for path, names, file_names in os.walk(run):
    names.sort()
    if path not in own and run_info.FILE_NAME in file_names:
      names.clear()
      continue
    paths += [
      os.path.join(path, name)
      for name in sorted(file_names)
      if name.startswith('evaluation-') and name.endswith('.json')
    ]
  return paths


def _of_evaluation(run, path, settings):
  content = _read_json(path)
  try:
    metrics, step = dict(content['metrics']), content['step']
  except (KeyError, TypeError, ValueError) as error:
    raise InputError(f'{path} is no result of an evaluation') from error
  ours = {
    f'{_OF_EVALUATION}{name}': value
    for name, value in content.items()
    if name not in _NO_SETTINGS and settings.get(name) != value
  }
  return Result(run, path, step, metrics, settings | ours)


def _read_json(path, default=None):
  """Returns what a file holds; default: where there is none."""
  try:
    with open(path, encoding='utf-8') as file:
      return json.load(file)
  except FileNotFoundError as error:
    if default is None:
      raise InputError(f'{path}: {error.strerror}') from error
    return default
  except OSError as error:
    raise InputError(f'{path}: {error.strerror}') from error
  except ValueError as error:
    raise InputError(f'{path} is damaged ({error}): delete it') from error
