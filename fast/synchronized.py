"""Batch norm by the statistics of all replicas that train together."""

import tensorflow.compat.v1 as tf

from fast import layout
from fast.layout import Setup


def batch_norm(
  net: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, setup: Setup
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
  """Returns what tf.nn.fused_batch_norm would for the batches as one.

  Call it in strategy.run: replicas wait for each other, and XLA cannot compile
  it. Elsewhere it takes the statistics of the batch.

  Args:
    net: in the Setup's layout and dtype.
    gamma, beta: float32 [channels].
    setup: Setup.

  Returns:
    (net normalised, mean, variance with Bessel's correction).
  """
  wide = tf.cast(net, tf.float32)
  axes = [0, *setup.spatial_axes]
  mean, mean_square = _mean_of_replicas(
    [tf.reduce_mean(wide, axes), tf.reduce_mean(tf.square(wide), axes)]
  )
  variance = tf.maximum(mean_square - tf.square(mean), 0.0)
  shape = [1, 1, 1, 1]
  shape[layout.channel_axis(setup)] = -1
  normalized = tf.nn.batch_normalization(
    wide,
    *(tf.reshape(one, shape) for one in (mean, variance, beta, gamma)),
    setup.batch_norm_epsilon,
  )
  num_replicas = tf.distribute.get_strategy().num_replicas_in_sync
  count = tf.cast(
    num_replicas * tf.size(net) // layout.num_channels(net, setup), tf.float32
  )
  return (
    tf.cast(normalized, net.dtype),
    mean,
    variance * count / (count - 1.0),
  )


def _mean_of_replicas(values):
  context = tf.distribute.get_replica_context()
  if context is None:  # Variables are being made.
    return values
  return context.all_reduce(tf.distribute.ReduceOp.MEAN, values)
