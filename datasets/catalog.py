"""The data sets by name: where their examples are and what the labels mean."""

from collections.abc import Callable
from typing import Any
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from base.errors import InputError
from datasets import digits
from datasets import digits_scenes
from datasets import example as examples
from datasets import fingerprint as fingerprints
from datasets import image_folder
from datasets import labels
from datasets import preprocessing
from datasets import record_sets
from datasets import shrinking
from datasets import tfrecord
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
  read: Callable[..., Example]
  # A tf.TensorSpec, or a structure of them, of an Example's target.
  target_spec: Any = tf.TensorSpec([], tf.int64)
  kind: str = preprocessing.LABELS  # what targets are: of preprocessing.KINDS
  # COCO's own numbers: of image index, of label.
  image_ids: tuple[int, ...] | None = None
  category_ids: tuple[int, ...] | None = None
  # () -> int64 [num_examples]: all labels, where targets are labels.
  read_labels: Callable[[], np.ndarray] | None = None
  # () -> what changes where the files do; None: they come with this program.
  fingerprint: Callable[[], str] | None = None
  # Whether read also takes the smallest_side of images.read_image.
  shrinks: bool = False


def dataset_names() -> list[str]:
  """The names that get_dataset takes, sorted."""
  return sorted(
    ['digits', 'digits_scenes', 'image_folder', *record_sets.names()]
  )


def held_out_split(name: str) -> str:
  """Returns the split to evaluate on; any name will do."""
  return record_sets.held_out_split(name)


def validation_split(name: str, dataset_dir: str | None) -> str:
  """Returns the split to choose by in training; any name will do.

  Another than held_out_split where a data set has both and dataset_dir, too.
  """
  return record_sets.validation_split(name, dataset_dir)


def get_dataset(
  name: str,
  split_name: str,
  dataset_dir: str | None = None,
  validation_fraction: float = image_folder.VALIDATION_FRACTION,
  labels_offset: int = 0,
) -> Dataset:
  """Finds a split of a data set; no image is decoded.

  Args:
    name: one of dataset_names(); tfrecord stands for any folder of TFRecords
      with a labels.txt, such as datasets.convert writes.
    split_name: as the data set calls it. For digits, image_folder and
      tfrecord, validation or val is the held-out split, whichever of
      validation, val and test it is called; the Dataset has its own name.
    dataset_dir: the folder that holds it; digits needs none.
    validation_fraction: the part of an undivided image_folder to hold out.
    labels_offset: subtracted from every label, and from the number of classes;
      1 drops ImageNet's background, -1 makes room for one.
  Returns:
    A Dataset.
  Raises:
    InputError: an argument or the folder is wrong, or a file is truncated.
  """
  record_sets.check_name(name, dataset_names())
  record_sets.check_split(name, split_name)
  check_validation_fraction(validation_fraction)
  if name not in ('digits', 'digits_scenes'):
    record_sets.check_folder(name, dataset_dir)
  if name == 'digits':
    dataset = _digits(split_name)
  elif name == 'digits_scenes':
    dataset = _digits_scenes(split_name)
  elif name == 'image_folder':
    dataset = _image_folder(split_name, dataset_dir, validation_fraction)
  else:
    dataset = _records(name, split_name, dataset_dir)
  return _offset_labels(dataset, labels_offset)


def shrunk(dataset: Dataset, image_size: int) -> Dataset:
  """Returns a data set whose images are shrunk as they are decoded.

  A window is one of the shrunk image. Data sets with boxes or masks, and those
  that are not read from image files, are returned as they are.

  image_size: of the network; see shrinking.smallest_side.
  """
  if not dataset.shrinks:
    return dataset
  smallest_side = shrinking.smallest_side(image_size)

  def read(index, choose_window=None):
    return dataset.read(index, choose_window, smallest_side)

  return dataset._replace(read=read)


def check_validation_fraction(validation_fraction: float) -> None:
  """Raises InputError if so large a part cannot be held out."""
  if not 0 <= validation_fraction < 1:
    raise InputError(
      f'validation_fraction is {validation_fraction}; '
      'want at least 0 and less than 1'
    )


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
    image_folder.choose_split(split_name, image_folder.UNDIVIDED, 'digits'),
    len(scans),
    len(label_names),
    label_names,
    'lenet',
    read,
    read_labels=lambda: digit_labels,
  )


def _digits_scenes(split_name):
  scans = digits_scenes.load(is_training=split_name == 'train')

  def read(index, choose_window=None):
    image, label = digits_scenes.make_crop(scans, index)
    return examples.cut(Example(image, np.int64(label)), choose_window)

  return Dataset(
    'digits_scenes',
    image_folder.choose_split(
      split_name, image_folder.UNDIVIDED, 'digits_scenes'
    ),
    scans.num_scenes,
    10,
    tuple(map(str, range(10))),
    'lenet',
    read,
    read_labels=lambda: np.array(
      [
        digits_scenes.make_crop(scans, index)[1]
        for index in range(scans.num_scenes)
      ]
    ),
  )


def _image_folder(split_name, folder, validation_fraction):
  paths, folder_labels, label_names = image_folder.load(
    folder, split_name, validation_fraction
  )

  def read(index, *how):
    return examples.decode(
      image_folder.read_encoded(paths, folder_labels, index), *how
    )

  return Dataset(
    'image_folder',
    image_folder.find_split(folder, split_name),
    len(paths),
    len(label_names),
    label_names,
    'inception',
    read,
    read_labels=lambda: folder_labels,
    fingerprint=fingerprints.later(paths, [folder_labels]),
    shrinks=True,
  )


def _records(name, split_name, folder):
  files = record_sets.find_files(name, split_name, folder)
  shards = tfrecord.open_shards(files.paths)
  num_examples = tfrecord.count(shards)

  def read(index, *how):
    return examples.decode(tfrecord.read_encoded(shards, index), *how)

  return Dataset(
    name,
    files.split_name,
    num_examples,
    files.num_classes,
    files.label_names,
    files.default_preprocessing,
    read,
    read_labels=lambda: tfrecord.read_labels(shards),
    fingerprint=fingerprints.later(shards.paths, [shards.starts]),
    shrinks=True,
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
    background = (labels.BACKGROUND,) * -labels_offset
    label_names = background + label_names[max(labels_offset, 0) :]

  def read(index, *how):
    example = dataset.read(index, *how)
    label = example.target - labels_offset
    if not 0 <= label < num_classes:
      raise TargetError(
        f'{example.name}: label {example.target} is none of the '
        f'{num_classes} classes of {dataset.name} (labels_offset is '
        f'{labels_offset})'
      )
    return example._replace(target=np.int64(label))

  return dataset._replace(
    num_classes=num_classes,
    label_names=label_names,
    read=read,
    read_labels=lambda: dataset.read_labels() - labels_offset,
  )
