"""Which images of a data set are converted: classes, number, held-out part."""

from collections.abc import Sequence
import random
from typing import NamedTuple

import numpy as np

from base.errors import InputError
from datasets import image_set
from datasets.image_set import ImageSet
from datasets.image_set import LabelledImages
from datasets.labels import BACKGROUND

_NAMED_IN_ERROR = 10


class Selection(NamedTuple):
  """What a user asks for; by default all, divided as the data set has it."""

  classes: tuple[str, ...] = ()  # none: all of them
  max_images_per_class: int | None = None  # in each split
  validation_fraction: float | None = None  # None: the data set's own
  stratified: bool = False  # whether the same part of each class is held out
  seed: int = 0  # of the held-out part, and of the order


def select(images: ImageSet, selection: Selection) -> ImageSet:
  """Returns what is asked for, its splits well mixed for sequential readers.

  Classes that are listed get the labels 0, 1, ... in the order of the list.

  Raises:
    InputError: there is no such class, or what is to be held out cannot be.
  """
  if selection.classes:
    images = _keep_classes(images, selection.classes)
  images = _hold_out(images, selection)
  return images._replace(
    splits={
      name: _mix(split, selection.seed, selection.max_images_per_class)
      for name, split in images.splits.items()
    }
  )


def add_background(images: ImageSet) -> ImageSet:
  """Returns them with 1 added to each label: 0 is a class without images."""
  return images._replace(
    class_names=(BACKGROUND, *images.class_names),
    label_names=(BACKGROUND, *images.label_names),
    splits={
      name: split._replace(labels=split.labels + 1)
      for name, split in images.splits.items()
    },
  )


def check_all_classes(images: ImageSet) -> None:
  """Raises InputError if a class has no images in the first split."""
  split_name, split = next(iter(images.splits.items()))
  missing = set(range(len(images.class_names))) - set(split.labels.tolist())
  if missing:
    names = [images.class_names[label] for label in sorted(missing)]
    raise InputError(
      f'the split {split_name} has no images of {len(names)} of its '
      f'{len(images.class_names)} classes: {_some(names)}'
    )


def _keep_classes(images, classes: Sequence[str]):
  """Returns the images of some classes, whose labels are renumbered."""
  if len(set(classes)) < len(classes):
    raise InputError(f'classes {",".join(classes)}: one of them is there twice')
  for name in classes:
    if name not in images.class_names:
      raise InputError(
        f'classes: there is no {name!r}; there is {_some(images.class_names)}'
      )
  old_labels = [images.class_names.index(name) for name in classes]
  new_labels = np.full(len(images.class_names), -1)
  new_labels[old_labels] = range(len(classes))
  splits = {}
  for name, split in images.splits.items():
    labels = new_labels[split.labels]
    kept = image_set.take(split, np.flatnonzero(labels >= 0))
    splits[name] = kept._replace(labels=labels[labels >= 0])
  return images._replace(
    class_names=tuple(classes),
    label_names=tuple(images.label_names[label] for label in old_labels),
    splits=splits,
  )


def _hold_out(images, selection):
  """Returns the images with part of train as the split validation."""
  fraction = selection.validation_fraction
  wanted = images.num_held_out if fraction is None else fraction
  if not (wanted or selection.stratified):
    return images
  if 'train' not in images.splits or {'validation', 'val'} & set(images.splits):
    raise InputError(
      'nothing can be held out for validation: the splits are '
      f'{", ".join(images.splits)} already; leave out validation_fraction and '
      'stratified'
    )
  if not wanted:
    raise InputError('stratified: set validation_fraction, what to hold out')
  train = images.splits['train']
  count = images.num_held_out
  if fraction is not None:
    count = round(fraction * len(train.labels))
  if not 0 < count < len(train.labels):
    raise InputError(
      f'{count} of {len(train.labels)} images cannot be held out; choose '
      'another validation_fraction'
    )
  kept, held = _divide(train.labels, count, selection)
  others = {
    name: split for name, split in images.splits.items() if name != 'train'
  }
  return images._replace(
    splits={
      'train': image_set.take(train, kept),
      'validation': image_set.take(train, held),
      **others,
    }
  )


def _divide(labels, count, selection):
  """Returns (indices kept, `count` indices held out)."""
  if not selection.stratified:
    order = _shuffled(len(labels), selection.seed)
    return order[count:], order[:count]
  # Takes a second to import.
  from sklearn import model_selection

  try:
    return model_selection.train_test_split(
      np.arange(len(labels)),
      test_size=count,
      stratify=labels,
      random_state=selection.seed,
    )
  except ValueError as error:
    raise InputError(
      f'{count} of {len(labels)} images, the same part of each class, cannot '
      f'be held out: {error}'
    ) from error


def _mix(split: LabelledImages, seed, most_per_class):
  split = image_set.take(split, _shuffled(len(split.labels), seed))
  if most_per_class is None:
    return split
  by_class = np.argsort(split.labels, kind='stable')
  in_order = split.labels[by_class]
  ranks = np.arange(len(in_order)) - np.searchsorted(in_order, in_order)
  return image_set.take(split, np.sort(by_class[ranks < most_per_class]))


def _shuffled(count, seed):
  indices = list(range(count))
  random.Random(seed).shuffle(indices)
  return np.array(indices, np.int64)


def _some(names):
  more = ', ...' if len(names) > _NAMED_IN_ERROR else ''
  return ', '.join(names[:_NAMED_IN_ERROR]) + more
