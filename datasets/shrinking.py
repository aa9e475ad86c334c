"""How far photographs are shrunk as they are decoded.

A JPEG can be decoded at a half, a quarter or an eighth of its height and width,
which is antialiased and takes less time than all of it; other images are
averaged to the same sizes. What an image becomes follows from the image and
from the size that the network takes, not from the window or the epoch, nor from
what else there is in memory.
"""

RATIOS = (8, 4, 2)

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
  return next((one for one in RATIOS if side >= one * smallest_side), 1)
