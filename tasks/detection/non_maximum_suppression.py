"""One box for each object: of boxes that overlap, the one of highest score."""

from typing import NamedTuple

import tensorflow as tf

_LEAST_SCORE = 1e-8
_SAME_OBJECT = 0.6  # intersection over union
_MOST_OF_A_CLASS = 100


class Candidates(NamedTuple):
  """What is left in one image: class by class, by decreasing score."""

  anchors: tf.Tensor  # int32 [classes * most_of_a_class]: numbers of boxes
  scores: tf.Tensor  # float32, as many; 0 where there is no box
  classes: tf.Tensor  # int32, as many


def by_class(
  boxes: tf.Tensor,
  scores: tf.Tensor,
  same_object: float = _SAME_OBJECT,
  least_score: float = _LEAST_SCORE,
  most_of_a_class: int = _MOST_OF_A_CLASS,
) -> Candidates:
  """Suppresses in each class alone.

  A box is left out if it overlaps too much one of a higher score, that is left
  in.

  Args:
    boxes: float32 [anchors, 4].
    scores: float32 [anchors, classes].
    same_object: intersection over union above which it is too much.
    least_score: all that is left has a score above it.
    most_of_a_class: how many boxes of a class are left, at most.

  Returns:
    Candidates.
  """

  def suppress(scores_of_class):
    anchors, count = tf.raw_ops.NonMaxSuppressionV4(
      boxes=boxes,
      scores=scores_of_class,
      max_output_size=most_of_a_class,
      iou_threshold=same_object,
      score_threshold=least_score,
      pad_to_max_output_size=True,
    )
    kept = tf.gather(scores_of_class, anchors)
    return anchors, tf.where(tf.range(most_of_a_class) < count, kept, 0.0)

  anchors, kept = tf.map_fn(
    suppress, tf.transpose(scores), fn_output_signature=(tf.int32, tf.float32)
  )
  num_classes = scores.shape[1]
  classes = tf.repeat(tf.range(num_classes), most_of_a_class)
  return Candidates(tf.reshape(anchors, [-1]), tf.reshape(kept, [-1]), classes)
