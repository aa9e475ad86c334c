"""What is on an image: boxes with classes, for detection."""

from typing import NamedTuple

import numpy as np

from base.errors import InputError


class Boxes(NamedTuple):
  """The objects on one image, in the order of their source."""

  corners: np.ndarray  # float32 [n, 4]: top, left, bottom, right, from 0 to 1
  labels: np.ndarray  # int64 [n], from 0, without a background
  is_crowd: np.ndarray  # bool [n]: many objects in one box, as COCO has them


class AnnotatedImage(NamedTuple):
  """An image file, and what is said to be on it."""

  path: str
  boxes: Boxes


def make_boxes(
  corners: list[tuple[float, float, float, float]],
  labels: list[int],
  is_crowd: list[bool] | None = None,
) -> Boxes:
  """Returns Boxes of lists, any of which may be empty."""
  return Boxes(
    np.array(corners, np.float32).reshape([-1, 4]),
    np.array(labels, np.int64),
    np.array(is_crowd or [False] * len(labels), bool),
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
