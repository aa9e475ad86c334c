"""What a training run was, in a file of its own beside its checkpoints.

Programs that read a checkpoint take from it what their flags leave open.
"""

import itertools
import json
import os
from typing import Any
from typing import NamedTuple

from base import files
from base.errors import InputError
from checkpoints import run_values
from specs import networks

FILE_NAME = 'model.json'

# Folders in a train_dir: of the best checkpoint, and of validation's log, whose
# charts are then training's in TensorBoard.
BEST_FOLDER = 'best'
VALIDATION_FOLDER = 'validation'

# What stands and falls with the name of the model, and of the data set.
_MODEL_KEYS = ('image_size', *networks.ARCHITECTURE)
_DATASET_KEYS = ('dataset_dir', 'labels_offset', 'validation_fraction')


# What a run does not go on with as if nothing had changed -> its flag. Of these
# flags model.json has what they led to.
_FLAG_OF = {
  'image_size': 'train_image_size',
  'batch_size': 'batch_size',
  'accumulate_steps': 'accumulate_steps',
  'seed': 'seed',
  'dataset_name': 'dataset_name',
  'dataset_dir': 'dataset_dir',
  'labels_offset': 'labels_offset',
  'validation_fraction': 'validation_fraction',
  'preprocessing_name': 'preprocessing_name',
  'use_grayscale': 'use_grayscale',
  'shrink_images': 'shrink_images',
  'moving_average_decay': 'moving_average_decay',
}


def differences(train_dir: str, info: dict[str, Any]) -> list[str]:
  """Returns a line for each way in which a run goes on other than it began.

  Args:
    train_dir: the run's folder, with the model.json of before.
    info: what is to be written there now.

  Raises:
    InputError: model.json is damaged.
  """
  begun = read_run_info(train_dir)
  then, now = _told(begun), _told(info)
  lines = [
    f'--{flag} was {then[flag]} when {train_dir} was begun, now it is '
    f'{now.get(flag)}.'
    for flag in then
    if (flag in now or flag in _FLAG_OF.values())
    and then[flag] != now.get(flag)
  ]
  if begun.get('num_examples', info['num_examples']) != info['num_examples']:
    lines.append(
      f'There were {begun["num_examples"]} images when {train_dir} was begun, '
      f'now there are {info["num_examples"]}.'
    )
  elif begun.get('fingerprint') not in (None, info.get('fingerprint')):
    lines.append(
      f'The images are not those with which {train_dir} was begun: names, '
      'sizes or labels of their files differ.'
    )
  return lines


def _told(info):
  """Returns {flag: value} of what is told where it changes."""
  values = {flag: info[key] for key, flag in _FLAG_OF.items() if key in info}
  return {**(info.get(run_values.FLAGS) or {}), **values}


def write_run_info(train_dir: str, info: dict[str, Any]) -> None:
  """Writes train_dir/model.json from a dict, whole or not at all.

  Keys that readers know: model_name, implementation, networks.ARCHITECTURE,
  num_classes, image_size, preprocessing_name (never None: the data set's own is
  not known to those who classify), use_grayscale, shrink_images,
  moving_average_decay,
  dataset_name, dataset_dir, labels_offset, validation_fraction, category_ids
  (COCO's own numbers of the classes, or None); and, for differences,
  num_examples, fingerprint, batch_size, accumulate_steps, seed and
  run_values.FLAGS.

  Raises:
    InputError: train_dir cannot be written.
  """
  files.write_json(os.path.join(train_dir, FILE_NAME), info)


def folder_of(checkpoint_path: str) -> str:
  """Returns where model.json is, of a checkpoint or the folder that has it."""
  if os.path.isdir(checkpoint_path):
    return checkpoint_path
  return os.path.dirname(checkpoint_path) or '.'


def read_run_info(folder: str) -> dict[str, Any]:
  """Returns the dict written beside checkpoints; {} where there is none.

  Runs begun before images were shrunk, which do not say so, have shrink_images
  False; what was imported says nothing of it.

  Raises:
    InputError: the file is damaged or cannot be read.
  """
  path = os.path.join(folder, FILE_NAME)
  try:
    with open(path, encoding='utf-8') as file:
      info = json.load(file)
  except (FileNotFoundError, NotADirectoryError):
    return {}
  except OSError as error:
    raise InputError(f'{path}: {error.strerror}') from error
  except (ValueError, RecursionError) as error:
    raise InputError(
      f'{path} is damaged ({error}): delete it, and give the model by flags'
    ) from error
  wrong = run_values.find_wrong(info)
  if wrong:
    raise InputError(
      f'{path} is damaged ({wrong}): delete it, and give the model by flags'
    )
  if 'num_examples' in info:  # It was trained.
    info.setdefault('shrink_images', False)
  return info


def fill_in(
  info: dict[str, Any], defaults: dict[str, Any], *options: NamedTuple
) -> tuple[NamedTuple, ...]:
  """Returns the options, fields that are None taken from info or defaults.

  Where another model or data set is given than that of info, what info says of
  its own one does not apply.

  Args:
    info: of read_run_info.
    defaults: {field: value} where info has none either.
    *options: NamedTuples, none with a field of another.
  """
  given = {
    key: value for option in options for key, value in option._asdict().items()
  }
  unfit = set()
  for name, keys in (
    ('model_name', _MODEL_KEYS),
    ('dataset_name', _DATASET_KEYS),
  ):
    if given.get(name) not in (None, info.get(name)):
      unfit.update(keys)

  def value_of(key):
    value = given[key]
    if value is None and key not in unfit:
      value = info.get(key)
    return defaults.get(key) if value is None else value

  return tuple(
    option._replace(**{key: value_of(key) for key in option._fields})
    for option in options
  )


def check_label_names(
  train_dir: str,
  begun_with: tuple[str, ...] | None,
  label_names: tuple[str, ...] | None,
) -> None:
  """Raises InputError if a run goes on with other classes than it began with.

  Args:
    train_dir: the run's folder, to be named.
    begun_with: the label names in its labels.txt, or None.
    label_names: the data set's, or None.
  """
  if not begun_with or not label_names:
    return
  for label, (old, new) in enumerate(
    itertools.zip_longest(begun_with, label_names)
  ):
    # The file has a ? for what is not Unicode, and no space around.
    if new is None or old != new.encode(errors='replace').decode().strip():
      raise InputError(
        f'{train_dir} was begun with other classes: label {label} was {old}, '
        f'now it is {new}: give another --train_dir, the former data, or '
        '--allow_changes'
      )
