"""Text on pictures: of a size that suits them, cut to what fits."""

from collections.abc import Sequence

import numpy as np
from PIL import ImageFont

# Parts of an image's shorter side; the least and the most pixels of them.
_TEXT, _TEXTS = 1 / 26, (10, 40)
_PADDING = 1 / 6  # of the text's height
_LUMINANCE = (0.299, 0.587, 0.114)  # of red, green and blue
_CUT = '…'


def in_proportion(side: int, part: float, limits: tuple[int, int]) -> int:
  """Returns a part of a side in whole pixels, within limits."""
  return int(np.clip(round(side * part), *limits))


def font_for(side: int) -> ImageFont.FreeTypeFont:
  """Returns the font for an image whose shorter side has so many pixels."""
  return ImageFont.load_default(in_proportion(side, _TEXT, _TEXTS))


def height(font: ImageFont.FreeTypeFont) -> int:
  """Returns the pixels of a line."""
  return sum(font.getmetrics())


def padding(font: ImageFont.FreeTypeFont) -> int:
  """Returns the pixels to leave before and after a text."""
  return max(1, round(height(font) * _PADDING))


def length(text: str, font: ImageFont.FreeTypeFont) -> int:
  """Returns the pixels from left to right, with those around the text."""
  return int(np.ceil(font.getlength(text))) + 2 * padding(font)


def cut(text: str, width: int, font: ImageFont.FreeTypeFont) -> str:
  """Returns text that takes at most so many pixels."""
  if length(text, font) <= width:
    return text
  while text and length(text + _CUT, font) > width:
    text = text[:-1]
  return text + _CUT


def ink(background: Sequence[int]) -> tuple[int, int, int]:
  """Returns black or white, which stands out on red, green and blue."""
  is_bright = np.dot(background, _LUMINANCE) > 128
  return (0, 0, 0) if is_bright else (255, 255, 255)
