"""How far photographs are shrunk: as they are decoded, or before they are kept.

A JPEG can be decoded at a half, a quarter or an eighth of its height and width,
which is antialiased and takes less time than all of it; other images are
averaged to the same sizes. What an image becomes follows from the image and
from the size that the network takes, not from the window or the epoch, nor from
what else there is in memory.
"""

import io

import numpy as np
from PIL import Image

_RATIOS = (8, 4, 2)
JPEG_QUALITY = 95  # of what is kept

# slim's random windows, of 5 % of the area and more, are those with which
# networks for 224 pixels learnt on ImageNet's photographs, most of which have
# 500 x 375: no window comes out smaller than theirs.
_NETWORK, _PHOTOGRAPH = 224, 375


def smallest_side(image_size: int) -> int:
  """Returns what height and width an image keeps at least, in pixels.

  image_size: of the network, height or width.
  """
  return -(-image_size * _PHOTOGRAPH // _NETWORK)


def ratio(height: int, width: int, smallest_side: int | None) -> int:
  """Returns by what an image's height and width are divided: 1, 2, 4 or 8.

  smallest_side: of the result, at least, in pixels; None leaves it as it is.
  """
  if smallest_side is None:
    return 1
  side = min(height, width)
  return next((one for one in _RATIOS if side >= one * smallest_side), 1)


def to_jpeg(image: np.ndarray, longest_side: int) -> tuple[bytes, int, int]:
  """Shrinks a larger image, antialiased, to a JPEG of JPEG_QUALITY.

  Args:
    image: RGB, uint8 [height, width, 3].
    longest_side: height or width of the result, in pixels.
  Returns:
    (bytes of the file, its height, its width).
  """
  height, width = image.shape[:2]
  scale = longest_side / max(height, width)
  size = [max(1, round(side * scale)) for side in (width, height)]
  shrunk = Image.fromarray(image).resize(size, Image.Resampling.LANCZOS)
  file = io.BytesIO()
  shrunk.save(file, 'JPEG', quality=JPEG_QUALITY)
  return file.getvalue(), shrunk.height, shrunk.width
