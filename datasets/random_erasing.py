"""Random erasing: noise in place of a part of an image.

Zhong et al. 2017, arXiv 1708.04896, with random values for each pixel, which
the paper found best.
"""

from collections.abc import Sequence
import math

import numpy as np

_AREA = (0.02, 1 / 3)  # of the image
_ASPECT = 0.3  # the least width over height, or height over width


def erase(
  image: np.ndarray, probability: float, seed: Sequence[int]
) -> np.ndarray:
  """Returns an image, or with the probability one of which a part is erased.

  Args:
    image: uint8 [height, width, 3].
    probability: from 0 to 1.
    seed: integers of at least 0; what is erased follows from them.
  """
  random = np.random.default_rng([*seed, 3])
  if random.uniform() >= probability:
    return image
  height, width, channels = image.shape
  area = random.uniform(*_AREA) * height * width
  aspect = math.exp(random.uniform(math.log(_ASPECT), -math.log(_ASPECT)))
  rows = min(round(math.sqrt(area / aspect)), height)
  columns = min(round(math.sqrt(area * aspect)), width)
  top = random.integers(height - rows + 1)
  left = random.integers(width - columns + 1)
  image = image.copy()
  image[top : top + rows, left : left + columns] = random.integers(
    256, size=[rows, columns, channels]
  )
  return image
