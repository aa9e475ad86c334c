"""Masks in COCO's result format, https://cocodataset.org/#format-results."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask


def to_json(
  mask: np.ndarray,
  image_id: int,
  category_ids: Sequence[int],
  scores: Sequence[float],
) -> list[dict[str, Any]]:
  """Returns plain values, one dict for each class on an image.

  segmentation is the run-length encoding of the class's pixels, as
  pycocotools.mask.decode takes it. The background, class 0, is left out.

  Args:
    mask: classes, integers [height, width].
    image_id: the image's, in the data set.
    category_ids: those of the classes, in their order.
    scores: of the classes on this image, from 0 to 1.
  """
  results = []
  for label in np.unique(mask):
    if label == 0:
      continue
    encoded = coco_mask.encode(np.asfortranarray(np.uint8(mask == label)))
    results.append(
      {
        'image_id': image_id,
        'category_id': category_ids[label],
        'segmentation': {
          'size': [int(side) for side in encoded['size']],
          'counts': encoded['counts'].decode('ascii'),
        },
        'score': float(scores[label]),
      }
    )
  return results
