"""What each anchor is to predict, given the objects of an image."""

from typing import NamedTuple

import tensorflow as tf

from tasks.detection import box_coder
from tasks.detection import boxes as boxes_lib
from tasks.detection import matcher

_NEGATIVE_WEIGHT = 1.0


class Groundtruth(NamedTuple):
  """The objects in a batch of images.

  Images with fewer objects than others are filled up with empty boxes of
  weight 0, which change nothing.
  """

  boxes: tf.Tensor  # float32 [batch, boxes, 4]
  classes: tf.Tensor  # int32 [batch, boxes], from 0: without the background
  weights: tf.Tensor  # float32 [batch, boxes]


class Targets(NamedTuple):
  """What the anchors of a batch are to predict, and how much it counts."""

  match: tf.Tensor  # int32 [batch, anchors]: of matcher.match
  box_encodings: tf.Tensor  # float32 [batch, anchors, 4]; 0 without a match
  box_weights: tf.Tensor  # float32 [batch, anchors]; 0 without a match
  classes: tf.Tensor  # int32 [batch, anchors]; 0 is the background
  class_weights: tf.Tensor  # float32 [batch, anchors]

  @property
  def is_positive(self) -> tf.Tensor:
    """Whether an anchor has a match, bool [batch, anchors]."""
    return self.match != matcher.NO_MATCH


def assign(
  groundtruth: Groundtruth, anchors: tf.Tensor, least_overlap: float = 0.5
) -> Targets:
  """Returns the Targets of anchors, float32 [anchors, 4].

  least_overlap: see matcher.match.
  """
  boxes, classes, weights = groundtruth
  match = matcher.match(
    boxes_lib.intersection_over_union(boxes, anchors), weights, least_overlap
  )

  def of_match(values, otherwise):
    """Of each anchor's box; otherwise is that of anchors without one."""
    row = [[0, 0], [-matcher.NO_MATCH, 0], [0, 0]][: values.shape.rank]
    values = tf.pad(values, row, constant_values=otherwise)
    return tf.gather(values, match - matcher.NO_MATCH, batch_dims=1)

  is_positive = match != matcher.NO_MATCH
  encodings = box_coder.encode(of_match(boxes, 0.0), anchors)
  return Targets(
    match,
    tf.where(is_positive[..., tf.newaxis], encodings, 0.0),
    of_match(weights, 0.0),
    of_match(classes + 1, 0),
    of_match(weights, _NEGATIVE_WEIGHT),
  )
