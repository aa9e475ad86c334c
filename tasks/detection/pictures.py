"""How a detector shows what it makes of an image."""

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import numpy as np

from tasks.detection import drawing
from tasks.detection.detections import Detections
from tasks.task import Pictures

SHOWN_FROM = 0.3  # the least score of what is drawn
_FOUND_FROM = 0.5  # the least score, and overlap, of what counts as found


def make_pictures(
  predict: Callable[[Any], Detections], label_names: Sequence[str] | None = None
) -> Pictures:
  """Returns the Pictures of outputs that predict makes Detections of."""

  def errors(outputs, targets):
    detections = _arrays(predict(outputs))
    return np.array(
      [
        _error(
          Detections(*(part[row] for part in detections)),
          type(targets)(*(part[row] for part in targets)),
        )
        for row in range(len(targets.count))
      ]
    )

  def draw(image, outputs, target):
    one = type(outputs)(*(part[np.newaxis] for part in outputs))
    found = Detections(*(part[0] for part in _arrays(predict(one))))
    there = int(target.count)
    return np.concatenate(
      [
        drawing.draw(
          image,
          target.corners[:there],
          target.labels[:there],
          label_names=label_names,
        ),
        draw_detections(image, found, label_names),
      ],
      axis=1,
    )

  return Pictures(errors, draw)


def draw_detections(
  image: np.ndarray,
  detections: Detections,
  label_names: Sequence[str] | None = None,
  least_score: float = SHOWN_FROM,
) -> np.ndarray:
  """Returns a copy of an image with one image's detections, arrays."""
  shown = min(
    int(detections.count), int((detections.scores >= least_score).sum())
  )
  return drawing.draw(
    image,
    detections.boxes[:shown],
    detections.classes[:shown],
    detections.scores[:shown],
    label_names,
  )


def _arrays(detections):
  return Detections(*(np.asarray(part) for part in detections))


def _error(found, target):
  """Returns the objects missed and those that are not there, over all.

  A detection finds the first object of its class that it overlaps enough.
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
      total, wrong = total + 1, wrong + 1
  return (len(wanted) + wrong) / total if total else 0.0


def _overlaps(box, others):
  """Returns intersection over union of [4] with each of [n, 4]."""
  begin = np.maximum(box[:2], others[:, :2])
  end = np.minimum(box[2:], others[:, 2:])
  shared = np.prod(np.maximum(end - begin, 0), axis=1)
  areas = np.prod(others[:, 2:] - others[:, :2], axis=1)
  return shared / np.maximum(np.prod(box[2:] - box[:2]) + areas - shared, 1e-9)
