"""What is on an image: boxes with classes, for detection."""

from typing import Any
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from base.errors import InputError


class Boxes(NamedTuple):
  """The objects on one image, in the order of their source."""

  corners: np.ndarray  # float32 [n, 4]: top, left, bottom, right, from 0 to 1
  labels: np.ndarray  # int64 [n], from 0, without a background
  is_crowd: np.ndarray  # bool [n]: many objects in one box, as COCO has them
  areas: np.ndarray  # float32 [n]: of the objects, as parts of the image's


class AnnotatedImage(NamedTuple):
  """An image file, and what is said to be on it."""

  path: str
  boxes: Boxes
  size: tuple[int, int] | None = None  # height and width, if they are said


class BoxTargets(NamedTuple):
  """An Example's Boxes, filled up with zeros to `most` for batches."""

  corners: Any  # float32 [most, 4]: top, left, bottom, right, from 0 to 1
  labels: Any  # int64 [most]
  is_crowd: Any  # bool [most]
  areas: Any  # float32 [most]
  count: Any  # int32 []: of objects; what follows is filling
  size: Any  # int32 [2]: height and width of the image as stored, in pixels
  index: Any  # int64 []: the example's number in its split


def make_boxes(
  corners: list[tuple[float, float, float, float]],
  labels: list[int],
  is_crowd: list[bool] | None = None,
  areas: list[float | None] | None = None,
) -> Boxes:
  """Returns Boxes of lists, any of which may be empty.

  An area that is None is that of the box.
  """
  corners = np.array(corners, np.float32).reshape([-1, 4])
  box_areas = np.prod(corners[:, 2:] - corners[:, :2], axis=1)
  return Boxes(
    corners,
    np.array(labels, np.int64),
    np.array(is_crowd or [False] * len(labels), bool),
    np.array(
      [
        box_area if area is None else area
        for box_area, area in zip(
          box_areas, areas or [None] * len(labels), strict=True
        )
      ],
      np.float32,
    ),
  )


def box_targets_spec(most: int) -> BoxTargets:
  """Returns the tf.TensorSpec of each part of BoxTargets."""
  return BoxTargets(
    tf.TensorSpec([most, 4], tf.float32),
    tf.TensorSpec([most], tf.int64),
    tf.TensorSpec([most], tf.bool),
    tf.TensorSpec([most], tf.float32),
    tf.TensorSpec([], tf.int32),
    tf.TensorSpec([2], tf.int32),
    tf.TensorSpec([], tf.int64),
  )


def fill_up(
  boxes: Boxes, most: int, size: tuple[int, int], index: int
) -> BoxTargets:
  """Returns Boxes with zeros added.

  Args:
    boxes: at most `most` objects.
    most: the length to fill up to.
    size: height and width of the image as stored, in pixels.
    index: the example's number in its split.
  """
  count = len(boxes.labels)

  def filled(values):
    return np.pad(values, [(0, most - count)] + [(0, 0)] * (values.ndim - 1))

  return BoxTargets(
    *map(filled, boxes), np.int32(count), np.int32(size), np.int64(index)
  )


def cut_filling(targets: BoxTargets) -> Boxes:
  """Returns the objects of one image's BoxTargets, without the filling."""
  count = int(targets.count)
  return Boxes(
    *(np.asarray(values)[:count] for values in targets[: len(Boxes._fields)])
  )


def parts_of_image(
  corners: tuple[float, float, float, float],
  size: tuple[int, int],
  where: str,
  over_the_edge: float = 0.0,
) -> tuple[float, float, float, float]:
  """Returns a box as parts of its image, on which it lies, with an area.

  Args:
    corners: top, left, bottom, right, in the unit of size.
    size: height and width of the image.
    where: file and object, for messages.
    over_the_edge: how far, in the same unit, rounding may take corners over the
      edge; so much is cut off.

  Raises:
    InputError: the box lies outside of the image or has no area.
    ValueError: the image has no pixels.
  """
  height, width = size
  if height <= 0 or width <= 0:
    raise ValueError(f'an image of {height} x {width} pixels')
  top, left, bottom, right = box = tuple(
    _cut(corner, side, over_the_edge) / side
    for corner, side in zip(corners, (height, width) * 2, strict=True)
  )
  if not (0 <= top <= 1 and 0 <= left <= 1 and bottom <= 1 and right <= 1):
    raise InputError(
      f'{where}: the box {_shown(box)} lies outside of the image; top, left, '
      'bottom and right are parts of it, from 0 to 1'
    )
  if not (top < bottom and left < right):
    raise InputError(f'{where}: the box {_shown(box)} has no area')
  return box


def _cut(corner, side, over_the_edge):
  if -over_the_edge <= corner < 0:
    return 0.0
  return side if side < corner <= side + over_the_edge else corner


def _shown(corners):
  return ' '.join(f'{corner:.4g}' for corner in corners)
