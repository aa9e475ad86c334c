"""RandAugment: some changes of an image, drawn one after the other.

Cubuk et al. 2019, arXiv 1909.13719. The changes and their greatest strengths
are the paper's, with the arithmetic of torchvision's RandAugment: whatever has
a direction goes either way. They are Pillow's, which draws nothing: Keras'
layer of this name makes all changes of every image, of numbers that follow from
the images before it.
"""

from collections.abc import Sequence
import math

import numpy as np
from PIL import Image
from PIL import ImageEnhance
from PIL import ImageOps

GREATEST_MAGNITUDE = 10.0

_COLORS = (
  'identity',
  'autocontrast',
  'equalize',
  'posterize',
  'solarize',
  'color',
  'contrast',
  'brightness',
  'sharpness',
)
_GEOMETRY = ('shear_x', 'shear_y', 'translate_x', 'translate_y', 'rotate')

# At the greatest magnitude.
_BITS_LOST = 4  # of posterize, of 8
_FACTOR = 0.9  # of colour, contrast and so on: added to 1, or taken from it
_SHEAR = 0.3  # columns a row
_TRANSLATION = 150 / 331  # of the image
_ROTATION = 30  # degrees

_FILL = (128, 128, 128)  # where an image moved away


def augment(
  image: np.ndarray,
  num_layers: int,
  magnitude: float,
  seed: Sequence[int],
  with_geometry: bool = True,
) -> np.ndarray:
  """Returns an image after num_layers changes.

  Args:
    image: RGB, uint8 [height, width, 3].
    num_layers: how many changes, of which each may come again.
    magnitude: of every change, from 0 to GREATEST_MAGNITUDE.
    seed: integers of at least 0; the changes follow from them.
    with_geometry: whether what is on the image may move, too.
  """
  random = np.random.default_rng([*seed, 2])
  names = _COLORS + _GEOMETRY * with_geometry
  picture = Image.fromarray(image)
  for _ in range(num_layers):
    name = names[random.integers(len(names))]
    direction = random.choice([-1, 1])
    picture = change(picture, name, direction * magnitude / GREATEST_MAGNITUDE)
  return np.asarray(picture)


def change(image: Image.Image, name: str, strength: float) -> Image.Image:
  """Returns an image after one change; strength is from -1 to 1."""
  match name:
    case 'identity':
      return image
    case 'autocontrast' | 'equalize':
      return getattr(ImageOps, name)(image)
    case 'posterize':
      return ImageOps.posterize(image, 8 - round(_BITS_LOST * abs(strength)))
    case 'solarize':
      return ImageOps.solarize(image, round(256 * (1 - abs(strength))))
    case 'color' | 'contrast' | 'brightness' | 'sharpness':
      enhance = getattr(ImageEnhance, name.capitalize())(image).enhance
      return enhance(1 + _FACTOR * strength)
    case _:
      return _move(image, name, strength)


def _move(image, name, strength):
  """Shears, translates or rotates; around the middle."""
  shear, angle = _SHEAR * strength, math.radians(_ROTATION * strength)
  shift = _TRANSLATION * strength * np.array(image.size)
  # What takes a place of the result to its place in the image: x and y.
  matrix, shift = {
    'shear_x': ([[1, shear], [0, 1]], (0, 0)),
    'shear_y': ([[1, 0], [shear, 1]], (0, 0)),
    'translate_x': (np.eye(2), (shift[0], 0)),
    'translate_y': (np.eye(2), (0, shift[1])),
    'rotate': (
      [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]],
      (0, 0),
    ),
  }[name]
  middle = np.array(image.size) / 2
  offset = middle - matrix @ middle + shift
  return image.transform(
    image.size,
    Image.Transform.AFFINE,
    np.column_stack([matrix, offset]).ravel().tolist(),
    Image.Resampling.BILINEAR,
    fillcolor=_FILL,
  )
