"""What the slim MobileNets share: their arg_scopes, explicit padding."""

from collections.abc import Callable

import tensorflow.compat.v1 as tf

from nets.tf_slim_compat import slim


def training_scope(
  network: Callable,
  is_training: bool,
  weight_decay: float,
  stddev: float,
  dropout_keep_prob: float,
  bn_decay: float,
) -> dict:
  """Returns the arg_scope of a recipe, for a network with add_arg_scope."""
  regularizer = slim.l2_regularizer(weight_decay) if weight_decay else None
  with (
    slim.arg_scope([network], is_training=is_training),
    slim.arg_scope(
      [slim.conv2d, slim.separable_conv2d],
      weights_initializer=tf.truncated_normal_initializer(stddev=stddev),
    ),
    slim.arg_scope([slim.conv2d], weights_regularizer=regularizer),
    slim.arg_scope([slim.batch_norm], decay=bn_decay),
    slim.arg_scope([slim.dropout], keep_prob=dropout_keep_prob) as scope,
  ):
    return scope


def layer_scope(
  is_training: bool, activation_fn: Callable, batch_norm_epsilon: float
) -> dict:
  """Returns the arg_scope of the architecture itself."""
  with (
    slim.arg_scope(
      [slim.conv2d, slim.separable_conv2d],
      padding='SAME',
      activation_fn=activation_fn,
      normalizer_fn=slim.batch_norm,
    ),
    slim.arg_scope([slim.batch_norm, slim.dropout], is_training=is_training),
    slim.arg_scope(
      [slim.batch_norm], center=True, scale=True, epsilon=batch_norm_epsilon
    ) as scope,
  ):
    return scope


def finish(
  logits: tf.Tensor,
  end_points: dict[str, tf.Tensor],
  prediction_fn: Callable | None,
) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
  """Returns both; Logits, and Predictions of them, are end points, too."""
  end_points['Logits'] = logits
  if prediction_fn:
    end_points['Predictions'] = prediction_fn(logits)
  return logits, end_points


def explicit_pad(net: tf.Tensor, kernel_size: int, rate: int = 1) -> tf.Tensor:
  """Pads [batch, height, width, channels] so that VALID keeps the size."""
  total = (kernel_size - 1) * rate
  pad = [total // 2, total - total // 2]
  return tf.pad(net, [[0, 0], pad, pad, [0, 0]])
