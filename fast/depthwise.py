"""Depthwise convolutions, whose gradients in bfloat16 are slow on CPUs."""

import tensorflow.compat.v1 as tf

from fast import layout
from fast.layout import Setup


def convolve(
  net: tf.Tensor,
  kernel: tf.Tensor,
  setup: Setup,
  stride: int = 1,
  padding: str = 'SAME',
  rate: int = 1,
) -> tf.Tensor:
  """Convolves each channel alone, with a kernel [height, width, inputs, 1].

  In bfloat16 the gradients of those that are strided or larger than 3x3 are
  computed in float32: on a CPU bfloat16's take three to twenty times as long.
  """
  options = {
    'strides': layout.strides_of(stride, setup),
    'padding': padding,
    'data_format': setup.data_format,
  }
  is_slow = stride > 1 or kernel.shape[0] > 3
  if setup.compute_dtype != tf.bfloat16 or not is_slow or rate > 1:
    return tf.nn.depthwise_conv2d(
      net, kernel, dilations=[rate, rate], **options
    )

  @tf.custom_gradient
  def convolve_slow(net, kernel):
    def gradient(upstream):
      wide_net, wide_kernel, wide_upstream = (
        tf.cast(tensor, tf.float32) for tensor in (net, kernel, upstream)
      )
      of_net = tf.nn.depthwise_conv2d_backprop_input(
        tf.shape(net), wide_kernel, wide_upstream, **options
      )
      of_kernel = tf.nn.depthwise_conv2d_backprop_filter(
        wide_net, kernel.shape, wide_upstream, **options
      )
      return tf.cast(of_net, net.dtype), tf.cast(of_kernel, kernel.dtype)

    return tf.nn.depthwise_conv2d(net, kernel, **options), gradient

  return convolve_slow(net, kernel)
