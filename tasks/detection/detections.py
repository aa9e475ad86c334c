"""From a detector's raw outputs to the objects that it sees."""

from typing import NamedTuple

import tensorflow as tf

from specs.ssdlite import Predictions
from tasks.detection import box_coder
from tasks.detection import boxes as boxes_lib
from tasks.detection import non_maximum_suppression


class Detections(NamedTuple):
  """The objects in each image of a batch, by decreasing score.

  Fewer than there is room for, `most`, are filled up with zeros.
  """

  boxes: tf.Tensor  # float32 [batch, most, 4], within the image
  scores: tf.Tensor  # float32 [batch, most], 0 .. 1
  classes: tf.Tensor  # int32 [batch, most], from 0: without the background
  anchors: tf.Tensor  # int32 [batch, most]: number of the anchor
  count: tf.Tensor  # int32 [batch]


def detect(
  predictions: Predictions,
  anchors: tf.Tensor,
  same_object: float = 0.6,
  least_score: float = 1e-8,
  most_of_a_class: int = 100,
  most_in_all: int = 100,
) -> Detections:
  """Returns the Detections that predictions at anchors [anchors, 4] stand for.

  An object's score is that of its class alone; the background's is not used.
  The next three arguments are those of non_maximum_suppression.by_class;
  most_in_all: of an image, all classes together.
  """
  boxes = box_coder.decode(predictions.box_encodings, anchors)
  scores = tf.sigmoid(predictions.class_logits[..., 1:])
  most = min(most_in_all, most_of_a_class * scores.shape[-1])

  def detect_in_image(image):
    candidates = non_maximum_suppression.by_class(
      *image, same_object, least_score, most_of_a_class
    )
    return _best(candidates, image[0], most)

  return tf.map_fn(
    detect_in_image,
    (boxes, scores),
    fn_output_signature=Detections(
      tf.TensorSpec([most, 4]),
      tf.TensorSpec([most]),
      tf.TensorSpec([most], tf.int32),
      tf.TensorSpec([most], tf.int32),
      tf.TensorSpec([], tf.int32),
    ),
  )


def _best(candidates, boxes, most):
  """Returns the Detections of an image's Candidates, boxes [anchors, 4]."""
  clipped = boxes_lib.clip(tf.gather(boxes, candidates.anchors))
  # Suppression is on boxes as predicted; one outside of the image goes now.
  scores = tf.where(boxes_lib.area(clipped) > 0, candidates.scores, 0.0)
  scores, order = tf.math.top_k(scores, most)
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
