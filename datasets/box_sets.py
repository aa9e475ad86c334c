"""The data sets with boxes: what is on an image, and where."""

from collections.abc import Sequence
import os
from typing import Any

from base import files
from base.errors import InputError
from datasets import annotations
from datasets import catalog
from datasets import coco
from datasets import digits_scenes
from datasets import example as examples
from datasets import fingerprint as fingerprints
from datasets import image_folder
from datasets import preprocessing
from datasets import record_sets
from datasets import voc
from datasets import yolo_folder
from datasets.annotations import AnnotatedImage
from datasets.catalog import Dataset
from datasets.example import Example
from datasets.example import TargetError


def dataset_names() -> list[str]:
  """The names that get_dataset takes, sorted."""
  return ['coco', 'digits_scenes', 'voc', 'yolo_folder']


def get_dataset(
  name: str,
  split_name: str,
  dataset_dir: str | None = None,
  validation_fraction: float = image_folder.VALIDATION_FRACTION,
) -> Dataset:
  """Finds a split of a data set; no image is decoded.

  Targets are BoxTargets; labels and their names are without a background.

  Args:
    name: one of dataset_names().
    split_name: as the data set calls it; except for voc, validation or val is
      the held-out split, whichever of validation, val and test it is called.
    dataset_dir: the folder that holds it; digits_scenes needs none.
    validation_fraction: the part of an undivided yolo_folder to hold out.

  Raises:
    InputError: an argument is wrong, or what the folder holds.
  """
  record_sets.check_name(name, dataset_names(), 'data set of boxes')
  if name == 'digits_scenes':
    record_sets.check_split(name, split_name)
    return _digits_scenes(split_name)
  record_sets.check_folder(name, dataset_dir)
  if name == 'voc':
    found = voc.load_boxes(dataset_dir, split_name)
    return _annotated(
      name, split_name, found, voc.read_classes(dataset_dir).names
    )
  record_sets.check_split(name, split_name)
  if name == 'yolo_folder':
    catalog.check_validation_fraction(validation_fraction)
    found = yolo_folder.load(dataset_dir, split_name, validation_fraction)
    return _annotated(name, split_name, *found)
  return _coco(split_name, coco.load(dataset_dir, split_name))


def _coco(split_name, split: coco.CocoSplit):
  dataset = _annotated('coco', split_name, split.images, split.label_names)
  return dataset._replace(
    image_ids=tuple(split.image_ids), category_ids=split.category_ids
  )


def _digits_scenes(split_name):
  scans = digits_scenes.load(is_training=split_name == 'train')
  most = digits_scenes.MOST_DIGITS
  size = (digits_scenes.SIZE, digits_scenes.SIZE)

  def read(index, choose_window=None):
    scene = digits_scenes.make_scene(scans, index)
    targets = annotations.fill_up(scene.boxes, most, size, index)
    return examples.cut(Example(scene.image, targets), choose_window)

  label_names = tuple(map(str, range(10)))
  return _dataset(
    'digits_scenes', split_name, scans.num_scenes, label_names, read, most
  )._replace(default_preprocessing='lenet')


def _annotated(
  name, split_name, found: Sequence[AnnotatedImage], label_names
) -> Dataset:
  """Returns a Dataset of image files."""
  missing = [one.path for one in found if not os.path.isfile(one.path)]
  if missing:
    raise InputError(
      f'{image_folder.first_of(missing)}: there is no such image; it has '
      f'annotations in the split {split_name}'
    )
  most = max([1, *(len(image.boxes.labels) for image in found)])

  def read(index, choose_window=None):
    image = found[index]

    def make_target(height, width):
      if image.size not in (None, (height, width)):
        raise TargetError(
          f'{image.path}: {height} x {width} pixels (height x width, upright), '
          f'but its annotation says {image.size[0]} x {image.size[1]}'
        )
      return annotations.fill_up(image.boxes, most, (height, width), index)

    return examples.decode_sized(
      files.read_bytes(image.path), make_target, image.path, choose_window
    )

  return _dataset(
    name, split_name, len(found), label_names, read, most
  )._replace(
    fingerprint=fingerprints.later(
      (image.path for image in found),
      (values for image in found for values in image.boxes),
    )
  )


def _dataset(
  name, split_name, num_examples, label_names, read: Any, most
) -> Dataset:
  return Dataset(
    name,
    split_name,
    num_examples,
    len(label_names),
    label_names,
    'ssd',
    read,
    annotations.box_targets_spec(most),
    preprocessing.BOXES,
  )
