"""Boxes drawn on an image, with names and scores."""

from collections.abc import Sequence
import colorsys

import numpy as np
from PIL import Image
from PIL import ImageDraw

from tasks import lettering

# Part of an image's shorter side; the least and the most pixels of it.
_LINE, _LINES = 1 / 200, (1, 8)
# Hues that follow each other by it stay as far apart as any number of them can.
_GOLDEN_RATIO = 0.618034
# Of hues that look alike each second one is darker.
_VALUES = (1.0, 0.7)


def color(label: int) -> tuple[int, int, int]:
  """Returns a class's colour, red, green and blue from 0 to 255."""
  value = _VALUES[label % len(_VALUES)]
  rgb = colorsys.hsv_to_rgb(label * _GOLDEN_RATIO % 1, 0.85, value)
  return tuple(round(255 * part) for part in rgb)


def draw(
  image: np.ndarray,
  boxes: np.ndarray,
  labels: np.ndarray,
  scores: np.ndarray | None = None,
  label_names: Sequence[str] | None = None,
) -> np.ndarray:
  """Returns a copy of an image, uint8 [height, width, 3], with boxes.

  Lines and text grow with the image. All text lies within the image, and one
  that is too long is cut. The first boxes are drawn over those that follow, for
  detections come by decreasing score.

  Args:
    image: uint8 [height, width, 3].
    boxes: [n, 4], top, left, bottom, right as parts of the image.
    labels: [n], from 0.
    scores: [n], from 0 to 1; None writes none.
    label_names: by label; None writes the numbers.
  """
  picture = Image.fromarray(image)
  canvas = ImageDraw.Draw(picture)
  side = min(image.shape[:2])
  line = lettering.in_proportion(side, _LINE, _LINES)
  font = lettering.font_for(side)
  boxes = _in_pixels(boxes, image.shape)
  texts = [
    lettering.cut(
      _text(number, labels, scores, label_names), image.shape[1], font
    )
    for number in range(len(boxes))
  ]
  places = _places(boxes, texts, image.shape, font)
  for number in reversed(range(len(boxes))):
    background = color(int(labels[number]))
    canvas.rectangle(boxes[number], outline=background, width=line)
  for number in reversed(range(len(boxes))):
    background = color(int(labels[number]))
    canvas.rectangle(places[number], background)
    left, top = places[number][:2]
    left += lettering.padding(font)
    canvas.text((left, top), texts[number], lettering.ink(background), font)
  return np.asarray(picture)


def _text(number, labels, scores, label_names):
  label = int(labels[number])
  name = label_names[label] if label_names else str(label)
  return name if scores is None else f'{name} {scores[number]:.2f}'


def _in_pixels(boxes, shape):
  """Returns [left, top, right, bottom] of pixels that the boxes hold."""
  height, width = shape[:2]
  top, left, bottom, right = np.reshape(boxes, [-1, 4]).T
  corners = np.stack(
    [left * width, top * height, right * width - 1, bottom * height - 1], -1
  )
  corners = np.clip(corners.round(), 0, [width - 1, height - 1] * 2).astype(int)
  # A box of less than a pixel is one.
  corners[:, 2:] = np.maximum(corners[:, 2:], corners[:, :2])
  return corners.tolist()


def _places(boxes, texts, shape, font):
  """Returns [left, top, right, bottom] of each text, in pixels.

  Above the box, below it or at its top, where no earlier text is; otherwise at
  its top.
  """
  height, width = shape[:2]
  high = lettering.height(font)
  lowest = max(0, height - high)
  places = []
  for (left, top, _, bottom), text in zip(boxes, texts):
    wide = lettering.length(text, font)
    left = max(0, min(left, width - wide))
    at_top = min(top, lowest)
    possible = [
      [left, begin, left + wide - 1, begin + high - 1]
      for begin in (top - high, bottom + 1, at_top)
      if 0 <= begin <= lowest
    ]
    free = [
      place
      for place in possible
      if not any(_overlap(place, other) for other in places)
    ]
    places.append((free or possible[-1:])[0])
  return places


def _overlap(one, other):
  return all(
    one[axis] <= other[axis + 2] and other[axis] <= one[axis + 2]
    for axis in (0, 1)
  )
