"""Masks drawn on an image, in the colours of Pascal VOC."""

import numpy as np

_OPACITY = 0.6  # of a class's colour
_IGNORED = 255


def palette(num_colors: int = 256) -> np.ndarray:
  """Returns VOC's colours of a mask's values, uint8 [num_colors, 3], RGB.

  Bit 3 k + c of a value is bit 7 - k of its channel c.
  """
  values = np.arange(num_colors)[:, np.newaxis]
  channels = np.arange(3)
  return np.uint8(
    sum((values >> (3 * k + channels) & 1) << (7 - k) for k in range(8))
  )


def draw(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
  """Returns a copy of an image on which classes are coloured.

  Background stays as it is; what is ignored, 255, is white.

  Args:
    image: uint8 [height, width, 3].
    mask: classes, integers [height, width] from 0 to 255.
  """
  colors = np.float32(palette())
  colors[_IGNORED] = 255.0
  opacity = np.where(mask == 0, 0.0, _OPACITY)[..., np.newaxis]
  mixed = image * (1.0 - opacity) + colors[mask] * opacity
  return np.uint8(np.round(mixed))
