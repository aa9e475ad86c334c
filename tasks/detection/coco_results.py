"""Detections in COCO's result format, https://cocodataset.org/#format-results."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tasks.detection.detections import Detections

_DECIMALS = 2  # of a pixel, as COCO's own files have them


def to_json(
  detections: Detections,
  image_id: int,
  size: Sequence[int],
  category_ids: Sequence[int],
) -> list[dict[str, Any]]:
  """Returns plain values, one dict for each object of an image.

  Args:
    detections: of one image, without the axis of the batch.
    image_id: the image's, in the data set.
    size: height and width of the image in pixels.
    category_ids: those of the classes, in their order.
  """
  count = int(detections.count)
  boxes = to_pixels(np.asarray(detections.boxes)[:count], size)
  return [
    {
      'image_id': image_id,
      'category_id': category_ids[label],
      'bbox': box,
      'score': float(score),
    }
    for label, box, score in zip(
      np.asarray(detections.classes)[:count].tolist(),
      boxes,
      np.asarray(detections.scores)[:count],
    )
  ]


def to_pixels(corners: np.ndarray, size: Sequence[int]) -> list[list[float]]:
  """Returns [x, y, width, height] in pixels of each box of [n, 4].

  Args:
    corners: top, left, bottom, right as parts of the image.
    size: height and width of the image.
  """
  height, width = (int(side) for side in size)
  top, left, bottom, right = (
    np.asarray(corners, np.float64).reshape([-1, 4])
    * [height, width, height, width]
  ).T
  boxes = np.stack([left, top, right - left, bottom - top], -1)
  return boxes.round(_DECIMALS).tolist()
