"""The data sets by name: where their examples are and what the labels mean."""

from collections.abc import Callable
import os
from typing import Any
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from base.errors import InputError
from datasets import digits
from datasets import example as examples
from datasets import image_folder
from datasets import labels
from datasets import tfrecord
from datasets.example import ChooseWindow
from datasets.example import Example
from datasets.example import TargetError


class Dataset(NamedTuple):
  """One split of a data set, ready to be read in any order."""

  name: str
  split_name: str
  num_examples: int
  num_classes: int
  label_names: tuple[str, ...] | None  # label_names[label] is a label's name
  default_preprocessing: str
  # (index, choose_window or None) -> Example; raises InputError, TargetError.
  read: Callable[[int, ChooseWindow | None], Example]
  # A tf.TensorSpec, or a structure of them, of an Example's target.
  target_spec: Any = tf.TensorSpec([], tf.int64)


class _Records(NamedTuple):
  """Data sets that slim's users have as TFRecords."""

  num_classes: int
  splits: tuple[str, ...]
  pattern: str
  default_preprocessing: str = 'inception'


_RECORDS = {
  'flowers': _Records(5, ('train', 'validation'), 'flowers_{split}_*.tfrecord'),
  'cifar10': _Records(10, ('train', 'test'), 'cifar10_{split}.tfrecord'),
  'mnist': _Records(
    10,
    ('train', 'test'),
    'mnist_{split}.tfrecord',
    default_preprocessing='lenet',
  ),
  'imagenet': _Records(1001, ('train', 'validation'), '{split}-*'),
  'visualwakewords': _Records(2, ('train', 'val'), '{split}.record-*'),
}

# Of any other set of records, named tfrecord here; the first that matches.
_PATTERNS = (
  '{split}-*',
  '*_{split}_*.tfrecord',
  '*_{split}.tfrecord',
  '{split}.record-*',
  '{split}.tfrecord',
)

_SPLITS = ('train', 'validation', 'val', 'test')


def dataset_names() -> list[str]:
  """The names that get_dataset takes, sorted."""
  return sorted(['digits', 'image_folder', 'tfrecord', *_RECORDS])


def held_out_split(name: str) -> str:
  """Returns the split to evaluate on; any name will do."""
  return _RECORDS[name].splits[1] if name in _RECORDS else 'validation'


def get_dataset(
  name: str,
  split_name: str,
  dataset_dir: str | None = None,
  validation_fraction: float = 0.2,
  labels_offset: int = 0,
) -> Dataset:
  """Finds a split of a data set; no image is decoded.

  Args:
    name: one of dataset_names(); tfrecord stands for any folder of TFRecords
      with a labels.txt, such as datasets.convert writes.
    split_name: as the data set calls it. For digits, image_folder and
      tfrecord, validation, val and test are one held-out split, unless the
      folder has several.
    dataset_dir: the folder that holds it; digits needs none.
    validation_fraction: the part of an undivided image_folder to hold out.
    labels_offset: subtracted from every label, and from the number of classes;
      1 drops ImageNet's background, -1 makes room for one.
  Returns:
    A Dataset.
  Raises:
    InputError: an argument or the folder is wrong, or a file is truncated.
  """
  if name not in dataset_names():
    raise InputError(
      f'unknown data set {name}; there is {", ".join(dataset_names())}'
    )
  splits = _RECORDS[name].splits if name in _RECORDS else _SPLITS
  if split_name not in splits:
    raise InputError(
      f'data set {name} has no split {split_name}; there is {", ".join(splits)}'
    )
  if not 0 <= validation_fraction < 1:
    raise InputError(
      f'validation_fraction is {validation_fraction}; '
      'want at least 0 and less than 1'
    )
  if name != 'digits':
    _check_folder(name, dataset_dir)
  if name == 'digits':
    dataset = _digits(split_name)
  elif name == 'image_folder':
    dataset = _image_folder(split_name, dataset_dir, validation_fraction)
  elif name == 'tfrecord':
    dataset = _any_records(split_name, dataset_dir)
  else:
    dataset = _known_records(name, split_name, dataset_dir)
  return _offset_labels(dataset, labels_offset)


def _check_folder(name, dataset_dir):
  if not dataset_dir:
    raise InputError(f'data set {name} needs a folder: set dataset_dir')
  try:
    is_empty = not os.listdir(dataset_dir)
  except OSError as error:
    raise InputError(f'dataset_dir {dataset_dir}: {error.strerror}') from error
  if is_empty:
    raise InputError(f'dataset_dir {dataset_dir}: the folder is empty')


def _digits(split_name):
  scans, digit_labels, label_names = digits.load(
    is_training=split_name == 'train'
  )

  def read(index, choose_window=None):
    return examples.cut(
      Example(scans[index], digit_labels[index]), choose_window
    )

  return Dataset(
    'digits',
    split_name,
    len(scans),
    len(label_names),
    label_names,
    'lenet',
    read,
  )


def _image_folder(split_name, folder, validation_fraction):
  paths, folder_labels, label_names = image_folder.load(
    folder, split_name, validation_fraction
  )

  def read(index, choose_window=None):
    return examples.decode(
      image_folder.read_encoded(paths, folder_labels, index), choose_window
    )

  return Dataset(
    'image_folder',
    split_name,
    len(paths),
    len(label_names),
    label_names,
    'inception',
    read,
  )


def _any_records(split_name, folder):
  label_names = labels.read_folder(folder)
  if label_names is None:
    raise InputError(
      f'{folder}: no labels.txt; it names the classes, one id:name a line'
    )
  for stored in image_folder.split_candidates(split_name):
    for pattern in _PATTERNS:
      pattern = pattern.format(split=stored)
      paths = tfrecord.find_files(folder, pattern)
      if paths:
        return _records(
          'tfrecord',
          split_name,
          paths,
          len(label_names),
          label_names,
          'inception',
        )
  tried = ', '.join(pattern.format(split=split_name) for pattern in _PATTERNS)
  raise InputError(f'{folder}: no records of the split {split_name} ({tried})')


def _known_records(name, split_name, folder):
  known = _RECORDS[name]
  pattern = known.pattern.format(split=split_name)
  paths = tfrecord.find_files(folder, pattern)
  if not paths:
    raise InputError(f'{folder}: no {pattern} in it')
  label_names = labels.read_folder(folder)
  if label_names and len(label_names) != known.num_classes:
    raise InputError(
      f'{folder}: labels.txt has {len(label_names)} classes, {name} has '
      f'{known.num_classes}; for other classes use the data set tfrecord'
    )
  return _records(
    name,
    split_name,
    paths,
    known.num_classes,
    label_names,
    known.default_preprocessing,
  )


def _records(name, split_name, paths, num_classes, label_names, preprocessing):
  shards = tfrecord.open_shards(paths)
  num_examples = int(shards.starts[-1])
  if not num_examples:
    raise InputError(f'{paths[0]}: no records in it, nor in the others')

  def read(index, choose_window=None):
    return examples.decode(tfrecord.read_encoded(shards, index), choose_window)

  return Dataset(
    name,
    split_name,
    num_examples,
    num_classes,
    label_names,
    preprocessing,
    read,
  )


def _offset_labels(dataset, labels_offset):
  if dataset.name == 'digits' and labels_offset > 0:
    raise InputError(
      f'labels_offset {labels_offset}: {dataset.name} has no '
      'background class to drop'
    )
  num_classes = dataset.num_classes - labels_offset
  if num_classes < 1:
    raise InputError(
      f'labels_offset {labels_offset} leaves none of the '
      f'{dataset.num_classes} classes of {dataset.name}'
    )
  label_names = dataset.label_names
  if label_names is not None:
    background = ('background',) * -labels_offset
    label_names = background + label_names[max(labels_offset, 0) :]

  def read(index, choose_window=None):
    example = dataset.read(index, choose_window)
    label = example.target - labels_offset
    if not 0 <= label < num_classes:
      raise TargetError(
        f'{example.name}: label {example.target} is none of the '
        f'{num_classes} classes of {dataset.name} (labels_offset is '
        f'{labels_offset})'
      )
    return example._replace(target=np.int64(label))

  return dataset._replace(
    num_classes=num_classes, label_names=label_names, read=read
  )
