"""Where on an image a classifier sees a class: Grad-CAM.

Selvaraju et al., https://arxiv.org/abs/1610.02391
"""

from collections.abc import Callable

import tensorflow as tf

from runtime.model import Model


def make_grad_cam_fn(
  model: Model, image_size: int
) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
  """Returns grad_cam(images, labels), a tf.function.

  It gives the network's last feature map, its channels weighted by the mean
  gradient of the label's logit, where the sum is positive. For a network whose
  logits are linear in that map's mean this is the class activation map.

  Args:
    model: a built classifier of either implementation.
    image_size: height and width of the images.

  Returns:
    Function of images, float32 [batch, image_size, image_size, 3] in [-1, 1],
    and int64 labels [batch], to float32 [batch, rows, columns] of the feature
    map, from 0 to 1, the largest of each image; all 0 where nothing speaks for
    the label.
  """
  # In another layout or precision the end points are not what logits are made
  # of, but copies.
  options = {}
  if model.implementation == 'fast':
    options = {'data_format': 'NHWC', 'compute_dtype': tf.float32}

  def grad_cam(images, labels):
    logits, end_points = model(images, **options)
    features = _last_feature_map(end_points)
    of_labels = tf.gather(logits, labels, batch_dims=1)
    (gradients,) = tf.gradients(of_labels, [features])
    weights = tf.reduce_mean(gradients, [1, 2], keepdims=True)
    maps = tf.nn.relu(tf.reduce_sum(weights * features, -1))
    return tf.math.divide_no_nan(
      maps, tf.reduce_max(maps, [1, 2], keepdims=True)
    )

  return tf.function(
    grad_cam,
    input_signature=[
      tf.TensorSpec([None, image_size, image_size, 3]),
      tf.TensorSpec([None], tf.int64),
    ],
    autograph=False,
  )


def _last_feature_map(end_points):
  """Returns the last end point of more than one position."""
  return [
    point
    for point in end_points.values()
    if point.shape.rank == 4 and max(point.shape[1:3]) > 1
  ][-1]
