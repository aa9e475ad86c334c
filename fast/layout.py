"""How a network computes, and where its tensors have their axes."""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow.compat.v1 as tf


class Setup(NamedTuple):
  """How a network computes, the same for all its layers."""

  is_training: bool = False
  data_format: str = 'NHWC'
  compute_dtype: tf.DType = tf.float32
  use_explicit_padding: bool = False
  activation_fn: Callable = tf.nn.relu6  # elementwise, of any shape
  batch_norm_decay: float = 0.997  # or a scalar tensor
  weight_decay: float = 0.0
  stddev: float = 0.09  # of the initial weights
  batch_norm_epsilon: float = 0.001
  weights_initializer: Callable | None = None  # in place of stddev's
  zero_padded_pools: bool = False  # of NASNet
  sync_batch_norm: bool = False  # statistics are those of all replicas
  seed: tf.Tensor | None = None  # of what is dropped, see dropout.py

  @property
  def spatial_axes(self) -> list[int]:
    """Axes of height and width."""
    return [2, 3] if self.data_format == 'NCHW' else [1, 2]


def from_nhwc(images: tf.Tensor, setup: Setup) -> tf.Tensor:
  """Casts and transposes [batch, height, width, channels] once, at the door."""
  net = tf.cast(images, setup.compute_dtype)
  return tf.transpose(net, [0, 3, 1, 2]) if setup.data_format == 'NCHW' else net


def to_nhwc(net: tf.Tensor, setup: Setup) -> tf.Tensor:
  """Returns [batch, height, width, channels], in the compute dtype."""
  return tf.transpose(net, [0, 2, 3, 1]) if setup.data_format == 'NCHW' else net


def all_to_nhwc(
  feature_maps: dict[str, tf.Tensor], setup: Setup
) -> dict[str, tf.Tensor]:
  """Returns them by the same keys, see to_nhwc."""
  return {key: to_nhwc(net, setup) for key, net in feature_maps.items()}


def channel_axis(setup: Setup) -> int:
  """Returns the axis of a tensor's channels."""
  return 1 if setup.data_format == 'NCHW' else 3


def num_channels(net: tf.Tensor, setup: Setup) -> int:
  """Returns an int."""
  return net.shape[channel_axis(setup)]


def strides_of(stride: int, setup: Setup) -> list[int]:
  """Returns the stride along each of a tensor's four axes."""
  return (
    [1, 1, stride, stride]
    if setup.data_format == 'NCHW'
    else [1, stride, stride, 1]
  )
