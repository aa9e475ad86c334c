"""How a detector shows what it makes of an image."""

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import numpy as np

from tasks.detection import drawing
from tasks.detection.detections import Detections

SHOWN_FROM = 0.3  # the least score of what is drawn


def make_draw(
  predict: Callable[[Any], Detections], label_names: Sequence[str] | None = None
) -> Callable[[np.ndarray, Any, Any], np.ndarray]:
  """Returns the task's draw, of outputs that predict makes Detections of."""

  def draw(image, outputs, target):
    one = type(outputs)(*(part[np.newaxis] for part in outputs))
    found = Detections(*(np.asarray(part)[0] for part in predict(one)))
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

  return draw


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
