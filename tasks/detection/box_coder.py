"""Boxes as offsets from anchors, which a network can learn.

Faster R-CNN, https://arxiv.org/abs/1506.01497, equation 2; the factors, which
bring the offsets to about unit variance, are those of the published SSDs.
"""

import tensorflow as tf

from tasks.detection import boxes as boxes_lib

CENTER_FACTOR = 10.0
SIZE_FACTOR = 5.0
_EPSILON = 1e-8  # keeps the logarithm of an empty box finite


def encode(boxes: tf.Tensor, anchors: tf.Tensor) -> tf.Tensor:
  """Returns [ty, tx, th, tw] of boxes [..., 4] relative to anchors [..., 4]."""
  centers, sizes = boxes_lib.centers_and_sizes(boxes)
  anchor_centers, anchor_sizes = boxes_lib.centers_and_sizes(anchors)
  sizes, anchor_sizes = sizes + _EPSILON, anchor_sizes + _EPSILON
  return tf.concat(
    [
      CENTER_FACTOR * (centers - anchor_centers) / anchor_sizes,
      SIZE_FACTOR * tf.math.log(sizes / anchor_sizes),
    ],
    -1,
  )


def decode(encodings: tf.Tensor, anchors: tf.Tensor) -> tf.Tensor:
  """Returns the boxes of encodings, not clipped: the inverse of encode."""
  centers, sizes = boxes_lib.centers_and_sizes(anchors)
  return boxes_lib.corners_of(
    centers + encodings[..., :2] / CENTER_FACTOR * sizes,
    sizes * tf.exp(encodings[..., 2:] / SIZE_FACTOR),
  )
