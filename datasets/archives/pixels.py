"""Images that archives hold as plain bytes, one after another."""

import numpy as np

from datasets import images as image_lib
from datasets.image_set import LabelledImages


def of_arrays(
  images: np.ndarray, labels: np.ndarray, name: str
) -> LabelledImages:
  """Returns images that become PNG when they are read.

  Args:
    images: uint8 [n, height, width, 3], or [n, height, width] in grey.
    labels: whole numbers [n].
    name: of their file, for messages.
  """
  return LabelledImages(
    labels.astype(np.int64),
    lambda index: (image_lib.encode_png(images[index]), f'{name} {index}'),
  )
