"""Data sets of TFRecords by name: their classes, splits and files."""

from collections.abc import Sequence
import os
from typing import NamedTuple

from base.errors import InputError
from base.suggestions import did_you_mean
from datasets import image_folder
from datasets import labels
from datasets import shard_files
from datasets import tfrecord


class _RecordSet(NamedTuple):
  """Data sets that slim's users have."""

  num_classes: int
  splits: tuple[str, ...]
  pattern: str
  default_preprocessing: str = 'inception'


# The second is evaluated; validation is there if it was cut off from train.
_TEST_HELD_OUT = ('train', 'test', 'validation')

_RECORD_SETS = {
  'flowers': _RecordSet(
    5, ('train', 'validation'), 'flowers_{split}_*.tfrecord'
  ),
  'cifar10': _RecordSet(10, _TEST_HELD_OUT, 'cifar10_{split}.tfrecord'),
  'cifar100': _RecordSet(100, _TEST_HELD_OUT, 'cifar100_{split}.tfrecord'),
  'mnist': _RecordSet(
    10, _TEST_HELD_OUT, 'mnist_{split}.tfrecord', default_preprocessing='lenet'
  ),
  'fashion_mnist': _RecordSet(
    10,
    _TEST_HELD_OUT,
    'fashion_mnist_{split}.tfrecord',
    default_preprocessing='lenet',
  ),
  'imagenet': _RecordSet(1001, ('train', 'validation'), '{split}-*'),
  'visualwakewords': _RecordSet(2, ('train', 'val'), '{split}.record-*'),
}

# Of any other set of records, named tfrecord here; the first that matches.
ANY = 'tfrecord'
_PATTERNS = (
  '{split}-*',
  '*_{split}_*.tfrecord',
  '*_{split}.tfrecord',
  '{split}.record-*',
  '{split}.tfrecord',
)

_SPLITS = ('train', 'validation', 'val', 'test')
_SPLITS_OF_DIGITS = ('train', 'validation', 'val')


class RecordFiles(NamedTuple):
  """One split, not opened yet."""

  split_name: str  # as it is stored
  paths: tuple[str, ...]
  num_classes: int
  label_names: tuple[str, ...] | None  # as in catalog.Dataset
  default_preprocessing: str


def names() -> list[str]:
  """The names that find_files takes, sorted."""
  return sorted([ANY, *_RECORD_SETS])


def held_out_split(name: str) -> str:
  """Returns the split to evaluate on; any name will do."""
  known = _RECORD_SETS.get(name)
  return known.splits[1] if known else 'validation'


def validation_split(name: str, dataset_dir: str | None) -> str:
  """Returns the split to choose by in training; any name will do.

  It is validation where records of it were cut off from train, so that the test
  images stay for the last word; otherwise held_out_split.
  """
  known = _RECORD_SETS.get(name)
  if known and dataset_dir and 'validation' in known.splits:
    if _paths(dataset_dir, 'validation', (known.pattern,)):
      return 'validation'
  return held_out_split(name)


def pattern(name: str) -> str:
  """Returns how the files to write are called; {split} and * stand for more."""
  return _RECORD_SETS[name].pattern if name != ANY else '{split}-*.tfrecord'


def num_classes(name: str) -> int | None:
  """Returns how many classes there are; None: as many as labels.txt says."""
  return _RECORD_SETS[name].num_classes if name != ANY else None


def check_name(name: str, names: Sequence[str], what: str = 'data set') -> None:
  """Raises InputError if a data set is none of those that there are."""
  if name not in names:
    raise InputError(
      f'unknown {what} {name}{did_you_mean(name, names)}; there is '
      f'{", ".join(names)}'
    )


def check_split(name: str, split_name: str) -> None:
  """Raises InputError if a data set, of any kind, has no split of that name."""
  known = _RECORD_SETS.get(name)
  splits = known.splits if known else _SPLITS
  if name in ('digits', 'digits_scenes'):
    splits = _SPLITS_OF_DIGITS
  if split_name not in splits:
    raise InputError(
      f'data set {name} has no split {split_name}; there is {", ".join(splits)}'
    )


def check_folder(name: str, dataset_dir: str | None) -> None:
  """Raises InputError if there is no folder, or nothing in it."""
  if not dataset_dir:
    hint = '; download_and_convert_data.py makes one' * (name in _RECORD_SETS)
    raise InputError(f'data set {name} needs a folder: set --dataset_dir{hint}')
  try:
    is_empty = not os.listdir(dataset_dir)
  except OSError as error:
    raise InputError(f'dataset_dir {dataset_dir}: {error.strerror}') from error
  if is_empty:
    raise InputError(f'dataset_dir {dataset_dir}: the folder is empty')


def find_files(
  name: str, split_name: str, dataset_dir: str, file_pattern: str | None = None
) -> RecordFiles:
  """Finds the files of a split; opens none.

  Args:
    name: one of names().
    split_name, dataset_dir: that check_split and check_folder let pass.
    file_pattern: of the files' names, with %s for the split, in place of the
      data set's own.
  Raises:
    InputError: labels.txt or files are missing, or not of this data set.
  """
  known = _RECORD_SETS.get(name)
  if known:
    stored_names, patterns = (split_name,), (known.pattern,)
    num_labels, label_names = _known_classes(name, dataset_dir)
  else:
    stored_names = image_folder.split_candidates(split_name)
    patterns = _PATTERNS
    num_labels, label_names = _any_classes(dataset_dir)
  if file_pattern:
    patterns = (file_pattern.replace('%s', '{split}'),)
  return RecordFiles(
    *_find_split(dataset_dir, stored_names, patterns),
    num_labels,
    label_names,
    known.default_preprocessing if known else 'inception',
  )


def _known_classes(name, folder):
  label_names = labels.read_folder(folder)
  expected = num_classes(name)
  if label_names and len(label_names) != expected:
    background = ', the first of them the background' * (name == 'imagenet')
    raise InputError(
      f'{folder}: labels.txt has {len(label_names)} classes, {name} has '
      f'{expected}{background}; for other classes use the data set {ANY}'
    )
  return expected, label_names


def _any_classes(folder):
  label_names = labels.read_folder(folder)
  if label_names is None:
    raise InputError(
      f'{folder}: no labels.txt; it names the classes, one id:name a line'
    )
  return len(label_names), label_names


def _find_split(folder, stored_names, forms):
  """Returns the first split found, and its files by its first pattern."""
  for stored in stored_names:
    paths = _paths(folder, stored, forms)
    if paths:
      shard_files.check_names(folder, paths)
      return stored, paths
  tried = [form.replace('{split}', stored_names[0]) for form in forms]
  others = [name for name in _SPLITS if _paths(folder, name, forms)]
  there_is = f'; there is {", ".join(others)}' if others else ''
  raise InputError(
    f'{folder}: no records of the split {stored_names[0]} in it '
    f'({", ".join(tried)}){there_is}'
  )


def _paths(folder, stored_name, forms):
  for form in forms:
    paths = tfrecord.find_files(folder, form.replace('{split}', stored_name))
    if paths:
      return paths
  return ()
