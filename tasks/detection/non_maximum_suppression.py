"""One box for each object: of boxes that overlap, the one of highest score."""

from typing import NamedTuple

import tensorflow as tf

_LEAST_SCORE = 1e-8
_SAME_OBJECT = 0.6  # intersection over union
_MOST_OF_A_CLASS = 100


class Candidates(NamedTuple):
  """What is left in one image: class by class, by decreasing score."""

  anchors: tf.Tensor  # int32 [classes * 100]: numbers of boxes
  scores: tf.Tensor  # float32 [classes * 100]; 0 where there is no box
  classes: tf.Tensor  # int32 [classes * 100]


def by_class(
  boxes: tf.Tensor, scores: tf.Tensor, same_object: float = _SAME_OBJECT
) -> Candidates:
  """Suppresses in each class alone.

  A box is left out if it overlaps too much one of a higher score, that is left
  in. At most 100 boxes of a class are left, all of a score above
  1e-8.

  Args:
    boxes: float32 [anchors, 4].
    scores: float32 [anchors, classes].
    same_object: intersection over union above which it is too much.

  Returns:
    Candidates.
  """

  def suppress(scores_of_class):
    anchors, count = tf.raw_ops.NonMaxSuppressionV4(
      boxes=boxes,
      scores=scores_of_class,
      max_output_size=_MOST_OF_A_CLASS,
      iou_threshold=same_object,
      score_threshold=_LEAST_SCORE,
      pad_to_max_output_size=True,
    )
    kept = tf.gather(scores_of_class, anchors)
    return anchors, tf.where(tf.range(_MOST_OF_A_CLASS) < count, kept, 0.0)

  anchors, kept = tf.map_fn(
    suppress, tf.transpose(scores), fn_output_signature=(tf.int32, tf.float32)
  )
  num_classes = scores.shape[1]
  classes = tf.repeat(tf.range(num_classes), _MOST_OF_A_CLASS)
  return Candidates(tf.reshape(anchors, [-1]), tf.reshape(kept, [-1]), classes)
