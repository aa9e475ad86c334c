"""Boxes: [ymin, xmin, ymax, xmax] in units of the image, in the last axis."""

import tensorflow as tf


def corners_of(centers: tf.Tensor, sizes: tf.Tensor) -> tf.Tensor:
  """Returns boxes [..., 4] of centers and sizes [..., 2], y before x."""
  return tf.concat([centers - sizes / 2, centers + sizes / 2], -1)


def centers_and_sizes(boxes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns (centers, sizes) [..., 2] of boxes [..., 4], y before x."""
  sizes = boxes[..., 2:] - boxes[..., :2]
  return boxes[..., :2] + sizes / 2, sizes


def area(boxes: tf.Tensor) -> tf.Tensor:
  """Returns [...] of boxes [..., 4]."""
  return tf.reduce_prod(boxes[..., 2:] - boxes[..., :2], -1)


def intersection_over_union(ones: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
  """Returns [..., n, m] of boxes [..., n, 4] and [..., m, 4].

  Of boxes that do not overlap it is 0, also where both are empty.
  """
  ones, others = ones[..., :, tf.newaxis, :], others[..., tf.newaxis, :, :]
  overlap = tf.reduce_prod(
    tf.maximum(
      tf.minimum(ones[..., 2:], others[..., 2:])
      - tf.maximum(ones[..., :2], others[..., :2]),
      0.0,
    ),
    -1,
  )
  return tf.math.divide_no_nan(overlap, area(ones) + area(others) - overlap)


def clip(boxes: tf.Tensor) -> tf.Tensor:
  """Returns what of boxes [..., 4] lies in the image."""
  return tf.clip_by_value(boxes, 0.0, 1.0)
