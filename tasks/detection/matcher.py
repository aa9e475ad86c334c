"""Which groundtruth box each anchor is to predict.

SSD, https://arxiv.org/abs/1512.02325, section 2.2, with the published code's
decisions where the paper leaves them open.
"""

import tensorflow as tf

_LEAST_OVERLAP = 0.5
NO_MATCH = -1


def match(
  overlap: tf.Tensor, weights: tf.Tensor, least_overlap: float = _LEAST_OVERLAP
) -> tf.Tensor:
  """Matches anchors with groundtruth boxes.

  An anchor takes the box that it overlaps most, if by enough. Then each
  box of a weight above 0 is given its best anchor, whatever that had taken, so
  that no object goes unlearned. Of equal ones the first is taken: the lower
  box, the lower anchor. Of two boxes with the same best anchor the lower one
  gets it, and the other none.

  Args:
    overlap: intersection over union, float32 [..., boxes, anchors].
    weights: of the boxes, [..., boxes].
    least_overlap: that is enough.

  Returns:
    int32 [..., anchors]: number of a box, or NO_MATCH.
  """
  # An image may have no box, of which there is no arg max: one more, never the
  # best nor forced.
  no_axes = [[0, 0]] * (overlap.shape.rank - 2)
  overlap = tf.pad(overlap, [*no_axes, [0, 1], [0, 0]])
  weights = tf.pad(weights, [*no_axes, [0, 1]])

  matches = tf.where(
    tf.reduce_max(overlap, -2) >= least_overlap,
    tf.argmax(overlap, -2, tf.int32),
    NO_MATCH,
  )
  wanted = tf.one_hot(tf.argmax(overlap, -1), overlap.shape[-1]) * tf.cast(
    weights[..., tf.newaxis] > 0, tf.float32
  )
  return tf.where(
    tf.reduce_max(wanted, -2) > 0, tf.argmax(wanted, -2, tf.int32), matches
  )
