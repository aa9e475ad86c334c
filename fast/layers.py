"""Layers in raw TensorFlow, in any layout and precision.

Variables are float32 under slim's names; a layer casts and transposes them as
it needs. All layers take a Setup (fast/layout.py), and tensors in its layout
and dtype.
"""

from collections.abc import Callable
from collections.abc import Sequence
import functools
from typing import Any
from typing import NamedTuple

import tensorflow.compat.v1 as tf

from fast import activations
from fast import depthwise
from fast import layout
from fast import pointwise
from fast import synchronized
from fast.layout import Setup

# A multiple of so many channels, or bfloat16's batch norm takes ten times as
# long on a CPU (docs/experiments.md).
_CHANNELS_OF_BFLOAT16 = 16


def variable(
  name: str, shape: Sequence[int], initializer: Callable, **options: Any
) -> tf.Variable:
  """A float32 model variable: where slim's checkpoints and users look."""
  return tf.get_variable(
    name,
    shape,
    tf.float32,
    initializer,
    collections=[tf.GraphKeys.GLOBAL_VARIABLES, tf.GraphKeys.MODEL_VARIABLES],
    **options,
  )


def kernel_variable(
  name: str, shape: Sequence[int], setup: Setup, weight_decay: float = 0.0
) -> tf.Variable:
  """Returns weights [height, width, inputs, outputs] or [inputs, outputs]."""

  def regularizer(weights):
    return weight_decay * tf.nn.l2_loss(weights)

  return variable(
    name,
    shape,
    setup.weights_initializer
    or tf.truncated_normal_initializer(stddev=setup.stddev),
    regularizer=regularizer if weight_decay else None,
  )


def _moving_average(name, channels, initializer):
  """Each replica updates its own; a reader gets their mean."""
  return variable(
    name,
    [channels],
    initializer,
    trainable=False,
    synchronization=tf.VariableSynchronization.ON_READ,
    aggregation=tf.VariableAggregation.MEAN,
  )


class BatchNorm(NamedTuple):
  """The variables of one batch norm."""

  gamma: tf.Variable
  beta: tf.Variable
  moving_mean: tf.Variable
  moving_variance: tf.Variable


def batch_norm_variables(
  channels: int, scope: str | None = 'BatchNorm'
) -> BatchNorm:
  """Returns what convolve_and_normalize takes as norm."""
  zeros, ones = tf.zeros_initializer(), tf.ones_initializer()
  with tf.variable_scope(scope):
    return BatchNorm(
      variable('gamma', [channels], ones),
      variable('beta', [channels], zeros),
      _moving_average('moving_mean', channels, zeros),
      _moving_average('moving_variance', channels, ones),
    )


def _normalize(net, norm, setup):
  """Batch norm by batch statistics, in float32; updates the averages."""
  if setup.sync_batch_norm:
    normalized, mean, variance = synchronized.batch_norm(
      net, norm.gamma, norm.beta, setup
    )
  else:
    is_slow = (
      setup.compute_dtype == tf.bfloat16
      and layout.num_channels(net, setup) % _CHANNELS_OF_BFLOAT16
    )
    normalized, mean, variance = tf.nn.fused_batch_norm(
      tf.cast(net, tf.float32) if is_slow else net,
      norm.gamma,
      norm.beta,
      epsilon=setup.batch_norm_epsilon,
      data_format=setup.data_format,
      is_training=True,
    )
  _update_averages(norm, mean, variance, setup)
  return tf.cast(normalized, net.dtype)


def _update_averages(norm, mean, variance, setup):
  momentum = 1.0 - setup.batch_norm_decay
  for average, value in (
    (norm.moving_mean, mean),
    (norm.moving_variance, variance),
  ):
    update = average.assign_sub((average - value) * momentum)
    tf.add_to_collection(tf.GraphKeys.UPDATE_OPS, update)


def convolve_and_normalize(
  convolution: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
  net: tf.Tensor,
  weights: tf.Tensor,
  output_axis: int,
  norm: BatchNorm,
  setup: Setup,
) -> tf.Tensor:
  """Applies convolution(net, kernel), then batch norm.

  In inference batch norm is folded, in float32: a factor on the kernel and a
  bias, which saves a pass over memory and rounds once less.
  """
  if setup.is_training:
    return _normalize(
      convolution(net, tf.cast(weights, setup.compute_dtype)), norm, setup
    )
  scale = norm.gamma * tf.rsqrt(norm.moving_variance + setup.batch_norm_epsilon)
  shape = [1, 1, 1, 1]
  shape[output_axis] = -1
  kernel = tf.cast(weights * tf.reshape(scale, shape), setup.compute_dtype)
  bias = tf.cast(norm.beta - norm.moving_mean * scale, setup.compute_dtype)
  return tf.nn.bias_add(
    convolution(net, kernel), bias, data_format=setup.data_format
  )


def _pad(net, kernel_size, stride, rate, setup):
  """Returns (net, 'SAME'), or (net padded the same on all sides, 'VALID')."""
  if not setup.use_explicit_padding or stride == 1:  # SAME is the same at 1
    return net, 'SAME'
  total = (kernel_size - 1) * rate
  pads = [[0, 0]] * 4
  for axis in setup.spatial_axes:
    pads[axis] = [total // 2, total - total // 2]
  return tf.pad(net, pads), 'VALID'


def convolve(
  net: tf.Tensor,
  kernel: tf.Tensor,
  setup: Setup,
  stride: int = 1,
  padding: str = 'SAME',
  rate: int = 1,
) -> tf.Tensor:
  """Convolves a tensor with a kernel [height, width, inputs, outputs]."""
  if pointwise.is_product(kernel, stride, setup):
    return pointwise.convolve(net, kernel)
  return tf.nn.conv2d(
    net,
    kernel,
    strides=layout.strides_of(stride, setup),
    padding=padding,
    dilations=rate,
    data_format=setup.data_format,
  )


def conv2d(
  net: tf.Tensor,
  channels: int,
  kernel_size: int,
  setup: Setup,
  scope: str | None,
  stride: int = 1,
  linear: bool = False,
  rate: int = 1,
) -> tf.Tensor:
  """Convolution, batch norm and, unless linear, the activation."""
  with tf.variable_scope(scope):
    weights = kernel_variable(
      'weights',
      [kernel_size, kernel_size, layout.num_channels(net, setup), channels],
      setup,
      setup.weight_decay,
    )
    norm = batch_norm_variables(channels)
    if pointwise.folds_batch_norm(weights, stride, setup):
      net, mean, variance = pointwise.convolve_normalize_activate(
        net,
        weights,
        norm.gamma,
        norm.beta,
        setup.batch_norm_epsilon,
        tf.identity if linear else setup.activation_fn,
      )
      _update_averages(norm, mean, variance, setup)
      return net
    net, padding = _pad(net, kernel_size, stride, rate, setup)
    convolution = functools.partial(
      convolve, setup=setup, stride=stride, padding=padding, rate=rate
    )
    net = convolve_and_normalize(convolution, net, weights, 3, norm, setup)
    return net if linear else activations.activate(net, setup)


def depthwise_conv2d(
  net: tf.Tensor,
  kernel_size: int,
  setup: Setup,
  scope: str | None,
  stride: int = 1,
  rate: int = 1,
  linear: bool = False,
  weight_decay: float = 0.0,
) -> tf.Tensor:
  """Depthwise convolution, batch norm and, unless linear, the activation.

  Its weights are not decayed by the Setup's weight_decay, but by its own.
  """
  with tf.variable_scope(scope):
    channels = layout.num_channels(net, setup)
    weights = kernel_variable(
      'depthwise_weights',
      [kernel_size, kernel_size, channels, 1],
      setup,
      weight_decay,
    )
    norm = batch_norm_variables(channels)
    net, padding = _pad(net, kernel_size, stride, rate, setup)
    convolution = functools.partial(
      depthwise.convolve, setup=setup, stride=stride, padding=padding, rate=rate
    )
    net = convolve_and_normalize(convolution, net, weights, 2, norm, setup)
    return net if linear else activations.activate(net, setup)


def pool2d(
  pool: Callable, net: tf.Tensor, kernel_size: int, setup: Setup, stride: int
) -> tf.Tensor:
  """Pools by tf.nn.max_pool2d or avg_pool2d.

  Explicit padding is with zeros, which an average counts, and which a maximum
  needs to be over what is not negative.
  """
  net, padding = _pad(net, kernel_size, stride, 1, setup)
  return pool(net, kernel_size, stride, padding, data_format=setup.data_format)
