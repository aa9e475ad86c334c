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


def from_pixels(
  corners: tuple[float, float, float, float],
  size: tuple[int, int],
  over_the_edge: float = 0.0,
) -> tuple[float, float, float, float]:
  """Returns corners as parts of an image of size (height, width).

  over_the_edge: how far, in the same unit, rounding may take them over it;
  so much is cut off. What lies farther outside stays there.

  Raises:
    ValueError: the image has no pixels.
  """
  height, width = size
  if height <= 0 or width <= 0:
    raise ValueError(f'an image of {height} x {width} pixels')
  scaled = []
  for corner, side in zip(corners, (height, width) * 2, strict=True):
    if -over_the_edge <= corner < 0:
      corner = 0.0
    elif side < corner <= side + over_the_edge:
      corner = float(side)
    scaled.append(corner / side)
  return tuple(scaled)


def check_box(
  corners: tuple[float, float, float, float], where: str
) -> tuple[float, float, float, float]:
  """Returns a box that lies on its image and has an area.

  Args:
    corners: top, left, bottom, right, as parts of the image.
    where: file and object, for the message.
  Raises:
    InputError: it does not.
  """
  top, left, bottom, right = corners
  if not (0 <= top <= 1 and 0 <= left <= 1 and bottom <= 1 and right <= 1):
    raise InputError(
      f'{where}: the box {_shown(corners)} lies outside of the image; top, '
      'left, bottom and right are parts of it, from 0 to 1'
    )
  if not (top < bottom and left < right):
    raise InputError(f'{where}: the box {_shown(corners)} has no area')
  return corners


def _shown(corners):
  return ' '.join(f'{corner:.4g}' for corner in corners)
