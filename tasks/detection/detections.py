"""From a detector's raw outputs to the objects that it sees."""

from typing import NamedTuple

import tensorflow as tf

from specs.ssdlite import Predictions
from tasks.detection import box_coder
from tasks.detection import boxes as boxes_lib
from tasks.detection import non_maximum_suppression

_MOST_DETECTIONS = 100


class Detections(NamedTuple):
  """The objects in each image of a batch, by decreasing score.

  Fewer than there is room for are filled up with zeros.
  """

  boxes: tf.Tensor  # float32 [batch, 100, 4], within the image
  scores: tf.Tensor  # float32 [batch, 100], 0 .. 1
  classes: tf.Tensor  # int32 [batch, 100], from 0: without the background
  anchors: tf.Tensor  # int32 [batch, 100]: number of the anchor
  count: tf.Tensor  # int32 [batch]


def detect(
  predictions: Predictions, anchors: tf.Tensor, same_object: float = 0.6
) -> Detections:
  """Returns the Detections that predictions at anchors [anchors, 4] stand for.

  An object's score is that of its class alone; the background's is not used.
  same_object: see non_maximum_suppression.by_class.
  """
  boxes = box_coder.decode(predictions.box_encodings, anchors)
  scores = tf.sigmoid(predictions.class_logits[..., 1:])
  most = _MOST_DETECTIONS
  return tf.map_fn(
    lambda image: _detect_in_image(*image, same_object),
    (boxes, scores),
    fn_output_signature=Detections(
      tf.TensorSpec([most, 4]),
      tf.TensorSpec([most]),
      tf.TensorSpec([most], tf.int32),
      tf.TensorSpec([most], tf.int32),
      tf.TensorSpec([], tf.int32),
    ),
  )


def _detect_in_image(boxes, scores, same_object):
  """Returns the Detections of boxes [anchors, 4], scores [anchors, classes]."""
  candidates = non_maximum_suppression.by_class(boxes, scores, same_object)
  clipped = boxes_lib.clip(tf.gather(boxes, candidates.anchors))
  # Suppression is on boxes as predicted; one outside of the image goes now.
  scores = tf.where(boxes_lib.area(clipped) > 0, candidates.scores, 0.0)
  scores, order = tf.math.top_k(scores, _MOST_DETECTIONS)
  is_object = tf.cast(scores > 0, tf.int32)

  def best(values):
    return tf.gather(values, order)

  return Detections(
    best(clipped) * tf.cast(is_object[:, tf.newaxis], tf.float32),
    scores,
    best(candidates.classes) * is_object,
    best(candidates.anchors) * is_object,
    tf.reduce_sum(is_object),
  )
