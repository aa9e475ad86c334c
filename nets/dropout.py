"""Dropout and drop path in tf-slim, whose randomness may follow from a seed.

  with slim.arg_scope([dropout.dropout, dropout.drop_path], seed=(run, step)):
    ...  # a network

fast/dropout.py is its twin: of one seed, both drop the same.
"""

from typing import Any

import tensorflow.compat.v1 as tf

from nets.tf_slim_compat import slim


@slim.add_arg_scope
def dropout(
  net: tf.Tensor, seed: tf.Tensor | None = None, **arguments: Any
) -> tf.Tensor:
  """slim.dropout, which with a seed drops the same at each call.

  Args:
    net: of which values are dropped.
    seed: int32 [2]; None takes TensorFlow's own random numbers.
    **arguments: of slim.dropout; those of its arg_scope count, too.
  """
  if seed is None:
    return slim.dropout(net, **arguments)
  key = slim.arg_scope_func_key(slim.dropout)
  return _drop(
    net, seed, **{**slim.current_arg_scope().get(key, {}), **arguments}
  )


def _drop(net, seed, keep_prob=0.5, is_training=True, scope=None):
  with tf.name_scope(scope, 'Dropout'):
    if not is_training or keep_prob == 1.0:
      return tf.identity(net)
    return net * _mask(tf.shape(net), keep_prob, seed, 0)


@slim.add_arg_scope
def drop_path(
  net: tf.Tensor, keep_prob: float, place: int, seed: tf.Tensor | None = None
) -> tf.Tensor:
  """Zeroes the whole result for some images, scales up the others.

  Args:
    net: [batch, height, width, channels].
    keep_prob: part of the images that keeps it.
    place: number of the result in the network, from 1 on.
    seed: int32 [2]; None takes TensorFlow's own random numbers.
  """
  shape = [tf.shape(net)[0], 1, 1, 1]
  if seed is None:
    return tf.nn.dropout(net, rate=1.0 - keep_prob, noise_shape=shape)
  return net * _mask(shape, keep_prob, seed, place)


def _mask(shape, keep_prob, seed, place):
  """Returns float32 of 0 and 1 / keep_prob."""
  seed = tf.random.experimental.stateless_fold_in(seed, place)
  # XLA takes negative seeds for others, and makes other fractions of bits.
  drawn = tf.random.stateless_uniform(shape, tf.abs(seed), None, None, tf.int32)
  kept = drawn >= int((0.5 - keep_prob) * 2**32)
  return tf.cast(kept, tf.float32) / keep_prob
