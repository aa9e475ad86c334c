"""Scenes of scanned digits on textured canvases, with boxes and masks.

Made on the fly: scene number i of a split follows from the split and i.
Training and validation show different scans (see digits.py).
"""

from typing import NamedTuple

import numpy as np
from PIL import Image

from datasets import annotations
from datasets import digits
from datasets.annotations import Boxes

SIZE = 96  # height and width of a scene, in pixels
NUM_TRAINING, NUM_HELD_OUT = 2000, 200

_NUM_DIGITS = (2, 5)  # on a scene: the fewest, the most
_HEIGHTS = (20, 40)  # of a digit's scan, in pixels
_GAP = 2  # between two scans, in pixels
_ATTEMPTS = 20  # to find a place for one
_INK = 0.5  # From here on a pixel is the digit's, not the canvas'.
_CONTRAST = 90  # of ink and canvas, in grey levels, at least


class Scene(NamedTuple):
  """An image and all that is to be found on it."""

  image: np.ndarray  # uint8 [SIZE, SIZE, 3]
  boxes: Boxes
  mask: np.ndarray  # uint8 [SIZE, SIZE]: 0 is background, then digit + 1


class Scans(NamedTuple):
  """What scenes of a split are made of."""

  ink: np.ndarray  # float32 [n, 8, 8], from 0 to 1
  labels: np.ndarray  # int64 [n]
  split: int  # 0 in training, else 1: of the random numbers
  num_scenes: int


MOST_DIGITS = _NUM_DIGITS[1]  # on a scene


def load(is_training: bool) -> Scans:
  """Returns the Scans of training, or those held out."""
  images, labels, _ = digits.load(is_training)
  return Scans(
    np.float32(images[..., 0]) / 255,
    labels,
    int(not is_training),
    NUM_TRAINING if is_training else NUM_HELD_OUT,
  )


def make_scene(scans: Scans, index: int) -> Scene:
  """Returns scene number index of a split, the same whenever it is asked."""
  random = np.random.default_rng([scans.split, index])
  canvas, is_dark = _canvas(random)
  mask = np.zeros([SIZE, SIZE], np.uint8)
  corners, labels, taken = [], [], []
  for _ in range(random.integers(_NUM_DIGITS[0], _NUM_DIGITS[1] + 1)):
    place = _free_place(random, taken)
    if place is None:
      break
    taken.append(place)
    chosen = random.integers(len(scans.labels))
    top, left, size = place
    window = np.s_[top : top + size, left : left + size]
    ink = _enlarge(scans.ink[chosen], size)
    canvas[window] = _drawn(random, canvas[window], ink, is_dark)
    label = scans.labels[chosen]
    mask[window][ink >= _INK] = label + 1
    corners.append(_tight(ink >= _INK, top, left))
    labels.append(label)
  image = np.uint8(np.clip(np.round(canvas), 0, 255))
  return Scene(image, annotations.make_boxes(corners, labels), mask)


def _canvas(random):
  """Returns (float32 [SIZE, SIZE, 3] of coarse and fine texture, is_dark)."""
  is_dark = random.uniform() < 0.5
  level = random.uniform(20, 90) if is_dark else random.uniform(165, 235)
  coarse = random.uniform(-25, 25, [6, 6, 3])
  smooth = np.stack([_enlarge(coarse[..., i], SIZE) for i in range(3)], -1)
  return level + smooth + random.normal(0, 6, [SIZE, SIZE, 3]), is_dark


def _free_place(random, taken):
  """Returns (top, left, size) of a square apart from others, or None."""
  for _ in range(_ATTEMPTS):
    size = random.integers(_HEIGHTS[0], _HEIGHTS[1] + 1)
    top, left = random.integers(0, SIZE - size + 1, 2)
    if all(
      top >= other_top + other_size + _GAP
      or left >= other_left + other_size + _GAP
      or top + size + _GAP <= other_top
      or left + size + _GAP <= other_left
      for other_top, other_left, other_size in taken
    ):
      return int(top), int(left), int(size)
  return None


def _enlarge(plane, size):
  """Returns float32 [size, size] of a smaller one, bilinear."""
  image = Image.fromarray(np.float32(plane))
  return np.asarray(image.resize((size, size), Image.Resampling.BILINEAR))


def _drawn(random, canvas, ink, is_dark):
  """Returns the canvas with ink of a random colour, far from the canvas'."""
  contrast = random.uniform(_CONTRAST, 130, 3) * (1 if is_dark else -1)
  return canvas + ink[..., np.newaxis] * contrast


def _tight(is_ink, top, left):
  """Returns the box around what is ink, in parts of the scene."""
  rows = np.flatnonzero(is_ink.any(axis=1))
  columns = np.flatnonzero(is_ink.any(axis=0))
  return (
    (top + rows[0]) / SIZE,
    (left + columns[0]) / SIZE,
    (top + rows[-1] + 1) / SIZE,
    (left + columns[-1] + 1) / SIZE,
  )
