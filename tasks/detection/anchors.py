"""Anchors: the boxes that a detector's encodings are relative to.

SSD, https://arxiv.org/abs/1512.02325, section 2.2, with the scales and aspect
ratios of specs/ssdlite.py.
"""

from collections.abc import Sequence

import numpy as np

from specs import ssdlite
from specs.ssdlite import AnchorShape


def grid(
  size: tuple[int, int], shapes: Sequence[AnchorShape], square: np.ndarray
) -> np.ndarray:
  """Returns the anchors of one feature map, those of a cell innermost.

  Args:
    size: (height, width) of the feature map, in cells.
    shapes: of a cell's anchors.
    square: [2], height and width of a square, in units of the image.

  Returns:
    float64 [height * width * shapes, 4].
  """
  # Centres lie in the middle of cells.
  rows, columns = ((np.arange(cells) + 0.5) / cells for cells in size)
  centers = np.stack(np.meshgrid(rows, columns, indexing='ij'), -1)
  root = np.sqrt([shape.aspect_ratio for shape in shapes])
  scales = np.array([shape.scale for shape in shapes])
  sizes = np.stack([scales / root, scales * root], -1) * square
  centers = centers[:, :, np.newaxis, :]
  return np.concatenate([centers - sizes / 2, centers + sizes / 2], -1).reshape(
    -1, 4
  )


def ssdlite_anchors(height: int, width: int) -> np.ndarray:
  """Returns all anchors of images of height x width pixels.

  They are not clipped to the image, as in the published code. An aspect ratio
  is one of pixels: on any image a ratio of 1 is a square, whose side is a part
  of the image's shorter one.

  Returns:
    float32 [anchors, 4], in the order of specs.ssdlite.Predictions.
  """
  square = min(height, width) / np.array([height, width])
  return np.concatenate(
    [
      grid(size, shapes, square)
      for size, shapes in zip(
        ssdlite.feature_map_sizes(height, width), ssdlite.ANCHOR_SHAPES
      )
    ]
  ).astype(np.float32)
