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

  @parameterized.parameters(True, False)
  def test_a_1x1_convolution_that_widens_in_training(self, linear):
    """TensorFlow's convolution and batch norm; averages move a tenth of it."""
    random = np.random.default_rng(0)
    images = random.normal(0.5, 1.0, [2, 5, 7, 4]).astype(np.float32)
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
      setup = Setup(is_training=True, batch_norm_decay=0.9, stddev=1.0)
      found = layers.conv2d(
        tf.constant(images), 24, 1, setup, 'a', linear=linear
      )
      kernel, *_, moving_mean, moving_variance = v1.global_variables()
      expected, mean, variance = v1.nn.fused_batch_norm(
        tf.nn.conv2d(images, kernel, 1, 'SAME'),
        tf.ones([24]),
        tf.zeros([24]),
        epsilon=0.001,
        is_training=True,
      )
      session.run(v1.global_variables_initializer())
      expected, found, mean, variance = session.run(
        [expected, found, mean, variance]
      )
      session.run(v1.get_collection(v1.GraphKeys.UPDATE_OPS))
      averages = session.run([moving_mean, moving_variance])
    self.assertLess(expected.min(), -1.0)
    if not linear:
      expected = np.clip(expected, 0.0, 6.0)
    self.assertAllClose(expected, found, rtol=0, atol=1e-5)
    self.assertAllClose(0.1 * mean, averages[0], atol=1e-6)
    self.assertAllClose(0.9 + 0.1 * variance, averages[1], rtol=1e-5)


if __name__ == '__main__':
  tf.test.main()
