"""Scenes of scanned digits on textured canvases, with boxes and masks.

Ink is light and the canvas dark, as in the scans, so that a classifier of them
is a start for those who learn from scenes.

Made on the fly: scene number i of a split follows from the split and i.
Training and validation show different scans (see digits.py).
"""

# First: it imports TensorFlow without its notices.
from base import quiet_tensorflow as quiet_tensorflow  # isort: split

import argparse
import os
from typing import NamedTuple

import numpy as np
from PIL import Image

from datasets import annotations
from datasets import digits
from datasets.annotations import Boxes

SIZE = 128  # height and width of a scene, in pixels
CROP = 64  # of what is around one digit
NUM_TRAINING, NUM_HELD_OUT = 20_000, 200

# Digits stand in two rows, each of as many; at most as many as find room.
_ROWS = 2
_PER_ROW = (1, 3)
_HEIGHTS = (52, 62)  # of a digit's scan, in pixels: a row has 64
_GAP = 2  # between two digits, in pixels
_THICKNESS = 1.5  # Factor on the ink: strokes of a scan fade at their edges.
_FAINT = 0.05  # Ink below it is not seen on the texture.
_INK = 0.5  # From here on a pixel is the digit's, not the canvas'.
# In grey levels of 255:
_CANVAS = (10, 60)  # of a canvas' mean
_COARSE, _FINE = 15, 6  # how far texture strays: at most, and the deviation
_CONTRAST = (110, 150)  # of ink and canvas, in each colour


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


MOST_DIGITS = _ROWS * _PER_ROW[1]  # on a scene


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
  canvas = _canvas(random)
  mask = np.zeros([SIZE, SIZE], np.uint8)
  corners, labels = [], []
  for row in range(_ROWS):
    for chosen, ink, top, left in _row_of_digits(random, scans):
      top += row * SIZE // _ROWS
      window = np.s_[top : top + ink.shape[0], left : left + ink.shape[1]]
      canvas[window] = _drawn(random, canvas[window], ink)
      mask[window][ink >= _INK] = scans.labels[chosen] + 1
      corners.append(_tight(ink >= _INK, top, left))
      labels.append(scans.labels[chosen])
  image = np.uint8(np.clip(np.round(canvas), 0, 255))
  return Scene(image, annotations.make_boxes(corners, labels), mask)


def make_crop(scans: Scans, index: int) -> tuple[np.ndarray, int]:
  """Returns a digit of a scene and what is around it, to be classified.

  It shows a digit as detectors and segmenters meet it, for a classifier that is
  to be their start.

  Returns:
    (uint8 [CROP, CROP, 3], the label of the digit in its middle; near an edge
    of the scene, not quite in the middle).
  """
  scene = make_scene(scans, index)
  chosen = index % len(scene.boxes.labels)
  corners = scene.boxes.corners[chosen] * SIZE
  top, left = np.clip(
    np.int64((corners[:2] + corners[2:] - CROP) / 2), 0, SIZE - CROP
  )
  return (
    scene.image[top : top + CROP, left : left + CROP],
    int(scene.boxes.labels[chosen]),
  )


def _canvas(random):
  """Returns float32 [SIZE, SIZE, 3], of coarse and fine texture."""
  level = random.uniform(*_CANVAS)
  coarse = random.uniform(-_COARSE, _COARSE, [6, 6, 3])
  smooth = np.stack([_enlarge(coarse[..., i], SIZE) for i in range(3)], -1)
  return level + smooth + random.normal(0, _FINE, [SIZE, SIZE, 3])


def _thick(scan, height):
  """Returns a scan's ink at another height, without what is empty around it."""
  ink = np.minimum(_THICKNESS * _enlarge(scan, height), 1)
  rows, columns = (
    np.flatnonzero((ink > _FAINT).any(axis=axis)) for axis in (1, 0)
  )
  return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _row_of_digits(random, scans):
  """Returns [(number of a scan, its ink, top, left)] of a row of digits."""
  found, width = [], 0
  for _ in range(random.integers(*_PER_ROW, endpoint=True)):
    chosen = random.integers(len(scans.labels))
    ink = _thick(scans.ink[chosen], random.integers(*_HEIGHTS, endpoint=True))
    if width + ink.shape[1] + _GAP > SIZE:
      break
    found.append((chosen, ink))
    width += ink.shape[1] + _GAP
  # What is left of the width is shared out between, before and after them.
  shares = np.sort(random.integers(0, SIZE - width, len(found), endpoint=True))
  row, left = [], 0
  for (chosen, ink), share in zip(found, shares):
    top = random.integers(SIZE // _ROWS - _GAP - ink.shape[0], endpoint=True)
    row.append((chosen, ink, int(top), int(left + share)))
    left += ink.shape[1] + _GAP
  return row


def _enlarge(plane, size):
  """Returns float32 [size, size] of a smaller one, bilinear."""
  image = Image.fromarray(np.float32(plane))
  return np.asarray(image.resize((size, size), Image.Resampling.BILINEAR))


def _drawn(random, canvas, ink):
  """Returns the canvas with ink of a random colour, far from the canvas'."""
  return canvas + ink[..., np.newaxis] * random.uniform(*_CONTRAST, 3)


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


def write_samples(folder: str, most: int = 4) -> None:
  """Writes folder/0.png and so on, the first scenes that are held out."""
  scans = load(is_training=False)
  os.makedirs(folder, exist_ok=True)
  for index in range(most):
    scene = make_scene(scans, index)
    Image.fromarray(scene.image).save(os.path.join(folder, f'{index}.png'))


if __name__ == '__main__':
  parser = argparse.ArgumentParser(
    description=write_samples.__doc__, prog='python -m datasets.digits_scenes'
  )
  parser.add_argument('folder', help='to write to; made if it is not there')
  write_samples(parser.parse_args().folder)
