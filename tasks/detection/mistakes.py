"""What is wrong with the detections on one image, to find the worst."""

from typing import Any
from typing import NamedTuple

import numpy as np

from tasks.detection.detections import Detections

_FOUND_FROM = 0.5  # the least score, and overlap, of what counts as found


class Mistakes(NamedTuple):
  """The objects of an image, by what became of them."""

  found: int
  missed: int
  wrong: int  # detections of what is not there

  @property
  def error(self) -> float:
    """The objects missed and those that are not there, over all."""
    return (self.missed + self.wrong) / sum(self) if any(self) else 0.0


def count(found: Detections, target: Any) -> Mistakes:
  """Returns the Mistakes of an image's detections.

  A detection finds the first object of its class that it overlaps enough.

  Args:
    found: arrays of one image.
    target: the same, see task.make_task.
  """
  there = int(target.count)
  wanted = {number for number in range(there) if not target.is_crowd[number]}
  total, wrong = len(wanted), 0
  for number in np.flatnonzero(found.scores >= _FOUND_FROM):
    overlaps = _overlaps(found.boxes[number], target.corners[:there])
    hits = [
      other
      for other in np.flatnonzero(overlaps >= _FOUND_FROM)
      if target.labels[other] == found.classes[number]
    ]
    new = [other for other in hits if other in wanted]
    if new:
      wanted.remove(new[0])
    elif not any(target.is_crowd[other] for other in hits):
      wrong += 1
  return Mistakes(total - len(wanted), len(wanted), wrong)


def _overlaps(box, others):
  """Returns intersection over union of [4] with each of [n, 4]."""
  begin = np.maximum(box[:2], others[:, :2])
  end = np.minimum(box[2:], others[:, 2:])
  shared = np.prod(np.maximum(end - begin, 0), axis=1)
  areas = np.prod(others[:, 2:] - others[:, :2], axis=1)
  return shared / np.maximum(np.prod(box[2:] - box[:2]) + areas - shared, 1e-9)
