"""An export that is taken in a checkpoint's place."""

import hashlib
import os
from typing import Any
from typing import NamedTuple

from base.errors import InputError
from checkpoints import run_info
from export import formats
from export.network import Loaded
from runtime.network_flags import NetworkOptions


class Opened(NamedTuple):
  """A file that its runtime has loaded."""

  path: str  # of the file, in the export's folder
  run: Loaded
  info: dict[str, Any]  # what model.json says

  @property
  def format(self) -> str:
    """Name of the format."""
    return self.info['format']

  @property
  def computes_in(self) -> str:
    """Returns layout and precision in words, as RunnableModel has them."""
    return f'NHWC {self.info["precision"]}'


def find(path: str) -> dict[str, Any] | None:
  """Returns what model.json says of an export; None: the path is of none."""
  if not os.path.isdir(path):
    return None
  info = run_info.read_run_info(path)
  return info if info.get('format') in list(formats.FORMATS) else None


def refuse(path: str, given: dict[str, Any]) -> None:
  """Raises InputError if flags ask an export for what it does not do.

  Args:
    path: of an export, or of a checkpoint, which is asked whatever it likes.
    given: flags that an export does not take: name -> value; None, auto and
      false where nothing is asked for.
  """
  info = find(path)
  for name, value in given.items() if info else ():
    if value and value not in ('auto', 'false'):
      raise InputError(
        f'--{name}={value}: {path} is an export, which runs as it is; give the '
        f'checkpoint it was made of, {info.get("checkpoint")}'
      )


def refuse_export(path: str) -> None:
  """Raises InputError where a path is of an export, not of a checkpoint."""
  info = find(path)
  if info:
    raise InputError(
      f'--checkpoint_path={path} is an export already ({info["format"]}); give '
      f'the checkpoint it was made of, {info.get("checkpoint")}'
    )


def hashes(folder: str) -> dict[str, str]:
  """Returns {path within a folder: SHA-256} of what a runtime reads there."""
  paths = [
    os.path.relpath(os.path.join(parent, name), folder)
    for parent, _, names in os.walk(folder)
    for name in names
  ]
  return {
    path: _hash(os.path.join(folder, path))
    for path in sorted(paths)
    if path.partition(os.sep)[0] in formats.NAMES
  }


def _hash(path):
  try:
    with open(path, 'rb') as file:
      return hashlib.file_digest(file, 'sha256').hexdigest()
  except OSError as error:
    raise InputError(f'{path}: {error.strerror}') from error


def open_export(
  folder: str, network: NetworkOptions | None = None, **given: Any
) -> Opened:
  """Loads an export.

  Args:
    folder: of which find returns something.
    network: as flags give it; a file takes none of that.
    **given: other flags that it does not take: name -> value, None where
      nothing is asked for.

  Raises:
    InputError: it cannot be loaded, was changed, lacks its runtime, or a flag
      is given.
  """
  info = find(folder)
  refuse(folder, {**(network._asdict() if network else {}), **given})
  _check_info(folder, info)
  _check_files(folder, info.get('files'))
  run = formats.load(folder, info['format'], info['outputs'])
  return Opened(
    os.path.join(folder, formats.FORMATS[info['format']].FILE), run, info
  )


def _check_info(folder, info):
  """Raises InputError where model.json lacks what a file is run by."""
  for key, kind in (
    ('outputs', list),
    ('precision', str),
    ('num_classes', int),
    ('image_size', int),
  ):
    if not isinstance(info.get(key), kind):
      raise InputError(
        f'{os.path.join(folder, run_info.FILE_NAME)} is damaged: {key} is '
        f'{info.get(key)!r}; export again'
      )


def _check_files(folder, expected):
  """Raises InputError where a file is not the one that was compared."""
  if not isinstance(expected, dict):
    raise InputError(
      f'{os.path.join(folder, run_info.FILE_NAME)} has no SHA-256 of the '
      'files, as a former version has written it; export again'
    )
  found = hashes(folder)
  for name in sorted(expected.keys() | found.keys()):
    if found.get(name) != expected.get(name):
      raise InputError(
        f'{os.path.join(folder, name)!r} is not the file that was exported, by '
        f'its SHA-256 in {run_info.FILE_NAME}; export again'
      )
