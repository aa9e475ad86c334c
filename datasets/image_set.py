"""Labelled images, wherever they lie, on their way into records."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class LabelledImages(NamedTuple):
  """One split; its images are read one by one, by several threads."""

  labels: np.ndarray  # int64 [n]
  # index -> (bytes of an image file, its name for messages); InputError.
  read: Callable[[int], tuple[bytes, str]]


class ImageSet(NamedTuple):
  """A data set that is not in records yet."""

  class_names: tuple[str, ...]  # by which a user chooses classes, by label
  label_names: tuple[
    str, ...
  ]  # what labels.txt says; of ImageNet more than that
  splits: dict[str, LabelledImages]
  num_held_out: int = 0  # images of train that become the split validation


def take(images: LabelledImages, indices: np.ndarray) -> LabelledImages:
  """Returns some of the images, in the order of their indices."""
  return LabelledImages(
    images.labels[indices], lambda index: images.read(int(indices[index]))
  )
