"""Which anchors a loss is taken of: all positives, and the worst negatives.

SSD, https://arxiv.org/abs/1512.02325, section 2.2, hard negative mining, as the
published ssdlite_mobilenet_v2_coco is configured.
"""

import tensorflow as tf

_NEGATIVES_PER_POSITIVE = 3
_LEAST_NEGATIVES = 3  # of an image without objects
_MOST_CONSIDERED = 3000
_SAME_BOX = 0.99  # intersection over union


def mine(
  boxes: tf.Tensor,
  losses: tf.Tensor,
  is_positive: tf.Tensor,
  negatives_per_positive: int = _NEGATIVES_PER_POSITIVE,
  least_negatives: int = _LEAST_NEGATIVES,
) -> tf.Tensor:
  """Chooses anchors in each image of a batch.

  Anchors are ranked by their loss. Of those that predict the same box only the
  worst is considered, positive or not. Of what is left all positives are
  chosen, and the first negatives.

  Args:
    boxes: predicted, float32 [batch, anchors, 4]; not clipped.
    losses: of the classes, float32 [batch, anchors].
    is_positive: whether an anchor is matched, bool [batch, anchors].
    negatives_per_positive: how many negatives, at most, for each positive.
    least_negatives: that are chosen of an image with few positives.

  Returns:
    float32 [batch, anchors]: 1 of those chosen, 0 of others.
  """
  return tf.map_fn(
    lambda image: _mine_image(*image, negatives_per_positive, least_negatives),
    (boxes, losses, is_positive),
    fn_output_signature=tf.TensorSpec([boxes.shape[1]]),
  )


def _mine_image(
  boxes, losses, is_positive, negatives_per_positive, least_negatives
):
  num_anchors = boxes.shape[0]
  # Of fixed shape, which XLA needs: filled up after the first num_considered.
  considered, num_considered = tf.raw_ops.NonMaxSuppressionV4(
    boxes=boxes,
    scores=losses,
    max_output_size=min(_MOST_CONSIDERED, num_anchors),
    iou_threshold=_SAME_BOX,
    score_threshold=float('-inf'),
    pad_to_max_output_size=True,
  )
  is_considered = tf.range(considered.shape[0]) < num_considered
  is_positive = tf.gather(is_positive, considered)
  positives = is_positive & is_considered
  negatives = ~is_positive & is_considered
  most_negatives = tf.maximum(
    least_negatives, negatives_per_positive * _count(positives)
  )
  is_hard = tf.cumsum(tf.cast(negatives, tf.int32)) <= most_negatives
  chosen = positives | (negatives & is_hard)
  return tf.scatter_nd(
    considered[:, tf.newaxis], tf.cast(chosen, tf.float32), [num_anchors]
  )


def _count(flags):
  return tf.reduce_sum(tf.cast(flags, tf.int32))
