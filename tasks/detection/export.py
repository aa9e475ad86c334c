"""What a detector is in a file that another runtime runs: its detections."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from tasks.detection import boxes as boxes_lib
from tasks.detection.detections import Detections
from tasks.task import Agreement
from tasks.task import Exported

_SAME_BOX = 0.9  # intersection over union
_SHOWN = """\
names = 'classes', 'scores', 'boxes'
(numbers,), (scores,), (boxes,) = (np.array(result[name]) for name in names)
# The surest object: top, left, bottom and right are parts of the image's sides.
print(labels[numbers[0]], scores[0], *boxes[0])
"""


def make(
  predict: Callable[[Any], Detections], predict_lite: Callable[[Any], dict]
) -> Exported:
  """Returns the Exported of a task whose predict this is.

  predict_lite: see Exported.
  """

  def predict_by_name(outputs):
    found = predict(outputs)
    return {
      'boxes': found.boxes,
      'scores': found.scores,
      'classes': found.classes,
      'count': found.count,
    }

  return Exported(
    predict_by_name,
    to_outputs,
    compare,
    'boxes',
    publish,
    _SHOWN,
    'image_tensor',
    predict_lite,
  )


def to_outputs(found: dict[str, np.ndarray], num_classes: int) -> Detections:
  """Returns Detections, which the task takes in place of raw outputs.

  Their anchors, which a file does not tell, are 0.
  """
  del num_classes
  return Detections(
    boxes_lib.clip(found['boxes']),  # lite.py's are not.
    tf.constant(found['scores']),
    tf.constant(found['classes']),
    tf.zeros_like(found['classes']),
    tf.constant(found['count']),
  )


def compare(
  expected: dict[str, np.ndarray], found: dict[str, np.ndarray]
) -> Agreement:
  """Returns the largest difference of scores, by rank, and the boxes' part.

  A box agrees if the other side has one of its class that covers it: ranks
  of boxes whose scores are nearly equal may change. Boxes are what of them lies
  in the image.
  """
  agreeing = total = 0
  for one, count in enumerate(expected['count']):
    total += max(count, found['count'][one])
    overlap = boxes_lib.intersection_over_union(
      expected['boxes'][one][:count], boxes_lib.clip(found['boxes'][one])
    ).numpy()
    same = expected['classes'][one][:count, np.newaxis] == found['classes'][one]
    agreeing += np.sum((same & (overlap > _SAME_BOX)).any(axis=1))
  return Agreement(
    float(np.abs(expected['scores'] - found['scores']).max()),
    float(agreeing / total) if total else 1.0,
  )


def publish(
  tensors: dict[str, tf.Tensor], variable_names: Any
) -> dict[str, tf.Tensor]:
  """Returns them by the names that the Object Detection API's graphs have.

  There classes are floats, and count from 1.
  """
  del variable_names
  return {
    'detection_boxes': tensors['boxes'],
    'detection_scores': tensors['scores'],
    'detection_classes': tf.cast(tensors['classes'] + 1, tf.float32),
    'num_detections': tf.cast(tensors['count'], tf.float32),
  }
