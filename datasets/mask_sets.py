"""The data sets with a mask for each image: the class of every pixel."""

from collections.abc import Callable
from collections.abc import Sequence
import os

import numpy as np
import tensorflow as tf

from base import files
from base.errors import InputError
from datasets import catalog
from datasets import digits_scenes
from datasets import example as examples
from datasets import fingerprint as fingerprints
from datasets import image_folder
from datasets import images
from datasets import labels
from datasets import mask_folder
from datasets import preprocessing
from datasets import record_sets
from datasets import voc
from datasets.catalog import Dataset
from datasets.example import Example
from datasets.example import TargetError
from datasets.mask_preprocessing import IGNORED


def dataset_names() -> list[str]:
  """The names that get_dataset takes, sorted."""
  return ['digits_scenes', 'mask_folder', 'voc']


def get_dataset(
  name: str,
  split_name: str,
  dataset_dir: str | None = None,
  validation_fraction: float = image_folder.VALIDATION_FRACTION,
) -> Dataset:
  """Finds a split of a data set; no image is decoded.

  Targets are uint8 [height, width], below the number of classes or 255, which
  does not count; 0 is the background.

  Args:
    name: one of dataset_names().
    split_name: as the data set calls it; except for voc, validation or val is
      the held-out split, whichever of validation, val and test it is called.
    dataset_dir: the folder that holds it; digits_scenes needs none.
    validation_fraction: the part of an undivided mask_folder to hold out.

  Raises:
    InputError: an argument is wrong, or a file is missing: see voc.py and
      mask_folder.py.
  """
  record_sets.check_name(name, dataset_names(), 'data set of masks')
  if name == 'digits_scenes':
    record_sets.check_split(name, split_name)
    return _digits_scenes(split_name)
  record_sets.check_folder(name, dataset_dir)
  if name == 'voc':
    pairs = voc.load_masks(dataset_dir, split_name)
    label_names = (labels.BACKGROUND, *voc.read_classes(dataset_dir).names)
  else:
    record_sets.check_split(name, split_name)
    catalog.check_validation_fraction(validation_fraction)
    pairs, label_names = mask_folder.load(
      dataset_dir, split_name, validation_fraction
    )
  return _of_files(name, split_name, pairs, label_names)


def _digits_scenes(split_name):
  scans = digits_scenes.load(is_training=split_name == 'train')

  def read(index, choose_window=None):
    scene = digits_scenes.make_scene(scans, index)
    return examples.cut(Example(scene.image, scene.mask), choose_window)

  return _dataset(
    ('digits_scenes', split_name, scans.num_scenes),
    (labels.BACKGROUND, *map(str, range(10))),
    'lenet',
    read,
    digits_scenes.SIZE,
  )


def _of_files(
  name, split_name, pairs: Sequence[tuple[str, str]], label_names
) -> Dataset:
  """Returns a Dataset of pairs of image and mask."""
  _check_files(pairs, split_name)

  def read(index, choose_window=None):
    image_path, mask_path = pairs[index]
    mask = images.read_mask(files.read_bytes(mask_path), mask_path)

    def checked_mask(height, width):
      _check(mask, mask_path, (height, width), len(label_names))
      return mask

    return examples.decode_sized(
      files.read_bytes(image_path), checked_mask, image_path, choose_window
    )

  return _dataset(
    (name, split_name, len(pairs)), label_names, 'deeplab', read, None
  )._replace(
    fingerprint=fingerprints.later(path for pair in pairs for path in pair)
  )


def _check_files(pairs, split_name):
  """Raises InputError if an image or a mask is missing."""
  missing = [image for image, _ in pairs if not os.path.isfile(image)]
  if missing:
    raise InputError(
      f'{image_folder.first_of(missing)}: there is no such image; the split '
      f'{split_name} names it'
    )
  missing = [pair for pair in pairs if not os.path.isfile(pair[1])]
  if missing:
    masks = image_folder.first_of([mask for _, mask in missing])
    raise InputError(
      f'{masks}: there is no such mask, for the image {missing[0][0]}'
    )


def _check(mask: np.ndarray, path, size, num_classes):
  if mask.shape != size:
    raise TargetError(
      f'{path}: the mask has {mask.shape[0]} x {mask.shape[1]} pixels (height '
      f'x width), its image, turned upright, {size[0]} x {size[1]}'
    )
  largest = mask[mask != IGNORED].max(initial=0)
  if largest >= num_classes:
    raise TargetError(
      f'{path}: class {largest} is none of the {num_classes} classes, 0 to '
      f'{num_classes - 1}; only {IGNORED} may be above'
    )


def _dataset(
  about, label_names, default_preprocessing, read: Callable, size
) -> Dataset:
  """about: name, split_name and num_examples. size: of all masks, or None."""
  return Dataset(
    *about,
    len(label_names),
    label_names,
    default_preprocessing,
    read,
    tf.TensorSpec([size, size], tf.uint8),
    preprocessing.MASKS,
  )
