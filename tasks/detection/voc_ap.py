"""PASCAL VOC's average precision, as it is computed since 2010.

http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/devkit_doc.html,
section 3.4, and VOCevaldet.m of the development kit.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

_LEAST_OVERLAP = 0.5  # intersection over union


class Image(NamedTuple):
  """What was found on an image, and what is there; boxes in any one unit."""

  boxes: np.ndarray  # [n, 4]: top, left, bottom, right
  labels: np.ndarray  # [n]
  scores: np.ndarray  # [n]
  true_boxes: np.ndarray  # [m, 4]
  true_labels: np.ndarray  # [m]
  is_difficult: np.ndarray  # bool [m]: neither to be found nor an error


def mean_average_precision(images: Sequence[Image], num_classes: int) -> float:
  """Returns the mean over the classes of which there are objects, or 0."""
  precisions = [_of_class(images, label) for label in range(num_classes)]
  present = [precision for precision in precisions if precision is not None]
  return float(np.mean(present)) if present else 0.0


def average_precision(is_right: np.ndarray, num_objects: int) -> float:
  """Returns the area under the monotone precision/recall curve.

  Args:
    is_right: of detections, by decreasing score, bool [n].
    num_objects: number of those to be found, above 0.
  """
  is_right = np.asarray(is_right, np.float64)
  right = np.cumsum(is_right)
  precision = right / np.arange(1, len(right) + 1)
  # The best at this recall or a higher one.
  precision = np.maximum.accumulate(precision[::-1])[::-1]
  return float(np.sum(precision * is_right) / num_objects)


def verdicts(
  boxes: np.ndarray, true_boxes: np.ndarray, is_difficult: np.ndarray
) -> np.ndarray:
  """Judges detections of one class on one image.

  Each goes to the object that it overlaps most, if by half at least. The first
  one there is right, a second one on the same object is wrong.

  Args:
    boxes: [n, 4], by decreasing score.
    true_boxes: [m, 4].
    is_difficult: bool [m].

  Returns:
    float64 [n]: 1 where right, 0 where wrong, NaN where it does not count.
  """
  found = np.zeros([len(boxes)])
  if not len(true_boxes):
    return found
  overlap = _overlap(boxes, true_boxes)
  is_taken = np.zeros([len(true_boxes)], bool)
  for number, best in enumerate(overlap.argmax(1)):
    if overlap[number, best] < _LEAST_OVERLAP:
      continue
    if is_difficult[best]:
      found[number] = np.nan
    elif not is_taken[best]:
      found[number] = 1
      is_taken[best] = True
  return found


def _of_class(images, label):
  """Returns the average precision, or None where there is no object."""
  scores, found, num_objects = [], [], 0
  for image in images:
    ours, theirs = image.labels == label, image.true_labels == label
    is_difficult = image.is_difficult[theirs]
    num_objects += np.count_nonzero(~is_difficult)
    order = np.argsort(-image.scores[ours], kind='stable')
    scores.append(image.scores[ours][order])
    found.append(
      verdicts(image.boxes[ours][order], image.true_boxes[theirs], is_difficult)
    )
  if not num_objects:
    return None
  found = np.concatenate(found)[
    np.argsort(-np.concatenate(scores), kind='stable')
  ]
  return average_precision(found[~np.isnan(found)], num_objects)


def _overlap(ones, others):
  """Returns intersection over union, [n, m]."""
  ones, others = ones[:, np.newaxis], others[np.newaxis]
  sides = np.minimum(ones[..., 2:], others[..., 2:]) - np.maximum(
    ones[..., :2], others[..., :2]
  )
  overlap = np.prod(np.maximum(sides, 0), -1)
  union = _area(ones) + _area(others) - overlap
  return np.divide(
    overlap, union, out=np.zeros_like(overlap), where=overlap > 0
  )


def _area(boxes):
  return np.prod(boxes[..., 2:] - boxes[..., :2], -1)
