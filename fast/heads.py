"""What follows a network's last feature map, in float32."""

from collections.abc import Callable

import tensorflow.compat.v1 as tf

from fast import dropout
from fast import layers
from fast.layout import Setup


def global_pool(net: tf.Tensor, setup: Setup) -> tf.Tensor:
  """Returns the float32 mean over height and width, [batch, 1, 1, channels]."""
  net = tf.reduce_mean(tf.cast(net, tf.float32), setup.spatial_axes)
  return net[:, tf.newaxis, tf.newaxis, :]


def conv2d_of_pooled(
  pooled: tf.Tensor, channels: int, setup: Setup, scope: str
) -> tf.Tensor:
  """1x1 convolution with biases, and neither batch norm nor activation.

  Of float32 [batch, height, width, inputs], to the same with channels, in any
  Setup: it is as good as nothing to compute.
  """
  with tf.variable_scope(scope):
    weights = layers.kernel_variable(
      'weights', [1, 1, pooled.shape[3], channels], setup, setup.weight_decay
    )
    biases = layers.variable('biases', [channels], tf.zeros_initializer())
    return tf.tensordot(pooled, tf.squeeze(weights, [0, 1]), 1) + biases


def logits(
  pooled: tf.Tensor,
  num_classes: int | None,
  setup: Setup,
  scope: str | None,
  spatial_squeeze: bool = True,
) -> tf.Tensor:
  """Maps float32 [batch, 1, 1, channels] to logits [batch, num_classes].

  Without spatial_squeeze: [batch, height, width, channels] to logits
  [batch, height, width, num_classes].
  """
  net = conv2d_of_pooled(pooled, num_classes, setup, scope)
  return tf.squeeze(net, [1, 2]) if spatial_squeeze else net


def classify(
  pooled: tf.Tensor,
  end_points: dict[str, tf.Tensor],
  num_classes: int | None,
  keep_prob: float,
  prediction_fn: Callable | None,
  setup: Setup,
  spatial_squeeze: bool = True,
) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
  """Adds what follows the pooling in most networks.

  Args:
    pooled: float32 [batch, 1, 1, channels].
    end_points: gets Logits and Predictions.
    num_classes: 0 or None returns pooled.
    keep_prob: of dropout.
    prediction_fn: makes Predictions of the logits; may be None.
    setup: Setup.
    spatial_squeeze: see logits.

  Returns:
    (float32 logits [batch, num_classes], end_points).
  """
  if not num_classes:
    return pooled, end_points
  net = dropout.dropout(pooled, keep_prob, setup)
  net = logits(net, num_classes, setup, 'Conv2d_1c_1x1', spatial_squeeze)
  end_points['Logits'] = net
  if prediction_fn:
    end_points['Predictions'] = prediction_fn(net)
  return net, end_points


def dense(
  features: tf.Tensor, num_classes: int | None, setup: Setup, scope: str | None
) -> tf.Tensor:
  """Maps [batch, channels] to float32 logits [batch, num_classes]."""
  with tf.variable_scope(scope):
    weights = layers.kernel_variable(
      'weights', [features.shape[1], num_classes], setup, setup.weight_decay
    )
    biases = layers.variable('biases', [num_classes], tf.zeros_initializer())
    return tf.matmul(tf.cast(features, tf.float32), weights) + biases
