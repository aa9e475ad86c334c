"""Activations, in bfloat16 training compiled by XLA.

On CPUs TensorFlow's own have no instructions for bfloat16 and take twice as
long as in float32; XLA's take what memory allows.
"""

from collections.abc import Callable
import functools

import tensorflow.compat.v1 as tf

from fast.layout import Setup

# With their gradients: they are the same at what comes out as at what went in,
# which need not be kept, then. TensorFlow fuses them into what is before.
OF_OUTPUT = {
  tf.identity: lambda gradients, features: gradients,
  tf.nn.relu: tf.raw_ops.ReluGrad,
  tf.nn.relu6: tf.raw_ops.Relu6Grad,
  tf.compat.v2.nn.relu6: tf.raw_ops.Relu6Grad,  # TensorFlow has it twice.
}


def activate(net: tf.Tensor, setup: Setup) -> tf.Tensor:
  """Applies the Setup's activation_fn to a tensor of any shape."""
  if setup.is_training and setup.compute_dtype == tf.bfloat16:
    return compiled(net, setup.activation_fn)
  return setup.activation_fn(net)


def compiled(net: tf.Tensor, activation_fn: Callable) -> tf.Tensor:
  """Applies an elementwise activation_fn; it and its gradient are compiled."""

  @tf.custom_gradient
  def apply(net):
    activated = _compiled_fn(activation_fn)(net)
    kept = activated if activation_fn in OF_OUTPUT else net
    return activated, lambda upstream: gradient(activation_fn, upstream, kept)

  return apply(net)


def gradient(
  activation_fn: Callable, upstream: tf.Tensor, at: tf.Tensor
) -> tf.Tensor:
  """Returns the gradient of what went in; in bfloat16 it is compiled.

  In float32 TensorFlow's own take no longer.

  Args:
    activation_fn: elementwise; one of OF_OUTPUT, unless in bfloat16.
    upstream: gradient of what came out.
    at: what went in; if activation_fn is one of OF_OUTPUT, what came out will
      do.
  """
  if upstream.dtype != tf.bfloat16 or activation_fn is tf.identity:
    return OF_OUTPUT[activation_fn](gradients=upstream, features=at)
  return _gradient_fn(activation_fn)(upstream, at)


@functools.lru_cache
def _compiled_fn(activation_fn):
  """Returns it compiled, once for each shape however many layers have it."""
  return tf.function(activation_fn, jit_compile=True)


@functools.lru_cache
def _gradient_fn(activation_fn):
  @tf.function(jit_compile=True)
  def gradient_fn(upstream, at):
    with tf.GradientTape() as tape:
      tape.watch(at)
      activated = activation_fn(at)
    return tape.gradient(activated, at, upstream)

  return gradient_fn
