"""Images with what a classifier says of them."""

from collections.abc import Sequence

import numpy as np
from PIL import Image
from PIL import ImageDraw

from datasets import images
from tasks import lettering
from tasks.classification import Prediction

_STRIP, _BAR, _INK = (24, 24, 27), (37, 99, 235), (255, 255, 255)
_OPACITY = 0.65  # of a heat map where it is hottest
_COLORS = 'turbo'  # of matplotlib's colour maps


def draw(
  image: np.ndarray, predictions: Sequence[Prediction], names: Sequence[str]
) -> np.ndarray:
  """Returns an image with a strip below: a line, and a bar, for each class.

  Small images are enlarged. No pixel of the image is hidden.

  Args:
    image: RGB, uint8 [height, width, 3].
    predictions: the likeliest first.
    names: what to call each of them.
  """
  image = images.enlarge(image)
  height, width = image.shape[:2]
  font = lettering.font_for(min(height, width))
  line = lettering.height(font) + lettering.padding(font)
  strip = Image.new('RGB', (width, line * len(predictions)), _STRIP)
  canvas = ImageDraw.Draw(strip)
  for number, (one, name) in enumerate(zip(predictions, names)):
    top, left = number * line, lettering.padding(font)
    bar = round(width * one.probability)
    if bar:
      canvas.rectangle([0, top, bar - 1, top + line - 2], _BAR)
    probability = f'{one.probability:.2f}'
    right = width - lettering.length(probability, font)
    top += lettering.padding(font) // 2
    canvas.text((left, top), lettering.cut(name, right, font), _INK, font)
    canvas.text((right + left, top), probability, _INK, font)
  return np.concatenate([image, np.asarray(strip)])


def overlay(
  image: np.ndarray, heat: np.ndarray, window: images.Window
) -> np.ndarray:
  """Returns a copy of an image, coloured where a heat map is hot.

  Args:
    image: RGB, uint8 [height, width, 3].
    heat: floats [rows, columns], from 0 to 1.
    window: top, left, height and width of the part that the heat map shows.
  """
  # matplotlib takes a second to import.
  from matplotlib import colormaps

  top, left, height, width = window
  large = Image.fromarray(np.float32(heat)).resize(
    (width, height), Image.Resampling.BICUBIC
  )
  values = np.clip(np.asarray(large), 0, 1)
  opacity = _OPACITY * values[..., np.newaxis]
  colors = 255 * colormaps[_COLORS](values)[..., :3]
  picture = image.copy()
  part = picture[top : top + height, left : left + width]
  part[:] = np.round(part * (1 - opacity) + colors * opacity)
  return picture
