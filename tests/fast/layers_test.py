"""Layers of fast/ that compute in a way of their own."""

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from fast import layers
from fast.layout import Setup
from specs import networks
from tests.helpers import networks as testing


class LayersTest(parameterized.TestCase, tf.test.TestCase):
  @parameterized.parameters(*networks.DATA_FORMATS)
  def test_bfloat16_gradients_of_a_strided_depthwise_convolution(
    self, data_format
  ):
    """They are TensorFlow's in float32, of the same numbers, rounded once."""
    if not testing.is_computed(tf.bfloat16, data_format):
      self.skipTest('This processor has not this type, or oneDNN plays one.')
    random = np.random.default_rng(0)
    net = tf.constant(random.normal(size=[2, 9, 7, 4]), tf.bfloat16)
    kernel = tf.constant(random.normal(size=[3, 3, 4, 1]), tf.bfloat16)
    wide_net, wide_kernel = (tf.cast(x, tf.float32) for x in (net, kernel))
    with tf.GradientTape() as tape:
      tape.watch([wide_net, wide_kernel])
      sums = tf.reduce_sum(
        tf.nn.depthwise_conv2d(wide_net, wide_kernel, [1, 2, 2, 1], 'SAME')
      )
    expected = tape.gradient(sums, [wide_net, wide_kernel])
    setup = Setup(data_format=data_format, compute_dtype=tf.bfloat16)
    with tf.GradientTape() as tape:
      tape.watch([net, kernel])
      laid_out = (
        net if data_format == 'NHWC' else tf.transpose(net, [0, 3, 1, 2])
      )
      sums = tf.reduce_sum(
        layers.convolve_depthwise(laid_out, kernel, setup, stride=2)
      )
    for of_wide, actual in zip(
      expected, tape.gradient(sums, [net, kernel]), strict=True
    ):
      self.assertEqual(tf.bfloat16, actual.dtype)
      self.assertAllClose(
        of_wide, tf.cast(actual, tf.float32), rtol=2**-8, atol=1e-5
      )


if __name__ == '__main__':
  tf.test.main()
