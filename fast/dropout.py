"""Dropout and drop path, whose randomness may follow from the Setup's seed.

The twin of `nets/dropout.py`: of one seed, both drop the same, in any layout
and precision.
"""

import tensorflow.compat.v1 as tf

from fast.layout import Setup


def dropout(net: tf.Tensor, keep_prob: float, setup: Setup) -> tf.Tensor:
  """Drops values of NHWC or [batch, channels] in training.

  keep_prob is the part that is kept.
  """
  return _drop(net, keep_prob, setup, None, place=0)


def drop_path(
  net: tf.Tensor, keep_prob: float, place: int, setup: Setup
) -> tf.Tensor:
  """Zeroes the whole result for some images, scales up the others.

  Args:
    net: [batch, ...].
    keep_prob: part of the images that keeps it, in training.
    place: number of the result in the network, from 1 on.
    setup: Setup.
  """
  return _drop(net, keep_prob, setup, [tf.shape(net)[0], 1, 1, 1], place)


def _drop(net, keep_prob, setup, noise_shape, place):
  if not setup.is_training or keep_prob == 1.0:
    return net
  if setup.seed is None:
    return tf.nn.dropout(net, rate=1.0 - keep_prob, noise_shape=noise_shape)
  shape = tf.shape(net) if noise_shape is None else noise_shape
  seed = tf.random.experimental.stateless_fold_in(setup.seed, place)
  # XLA takes negative seeds for others, and makes other fractions of bits.
  drawn = tf.random.stateless_uniform(shape, tf.abs(seed), None, None, tf.int32)
  kept = tf.cast(drawn >= int((0.5 - keep_prob) * 2**32), net.dtype)
  return net * (kept / keep_prob)
