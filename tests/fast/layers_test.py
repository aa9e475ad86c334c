"""Layers of fast/ that compute in a way of their own."""

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from fast import depthwise
from fast import layers
from fast.layout import Setup
from specs import networks
from tests.helpers import networks as testing


class LayersTest(parameterized.TestCase, tf.test.TestCase):
  @parameterized.product(
    data_format=networks.DATA_FORMATS, size_and_stride=((3, 2), (5, 1), (5, 2))
  )
  def test_bfloat16_gradients_of_depthwise_convolutions(
    self, data_format, size_and_stride
  ):
    """They are TensorFlow's in float32, of the same numbers, rounded once."""
    if not testing.is_computed(tf.bfloat16, data_format):
      self.skipTest('This processor has not this type, or oneDNN plays one.')
    random = np.random.default_rng(0)
    net = tf.constant(random.normal(size=[2, 9, 7, 4]), tf.bfloat16)
    size, stride = size_and_stride
    kernel = tf.constant(random.normal(size=[size, size, 4, 1]), tf.bfloat16)
    wide_net, wide_kernel = (tf.cast(x, tf.float32) for x in (net, kernel))
    with tf.GradientTape() as tape:
      tape.watch([wide_net, wide_kernel])
      sums = tf.reduce_sum(
        tf.nn.depthwise_conv2d(
          wide_net, wide_kernel, [1, stride, stride, 1], 'SAME'
        )
      )
    expected = tape.gradient(sums, [wide_net, wide_kernel])
    setup = Setup(data_format=data_format, compute_dtype=tf.bfloat16)
    with tf.GradientTape() as tape:
      tape.watch([net, kernel])
      laid_out = (
        net if data_format == 'NHWC' else tf.transpose(net, [0, 3, 1, 2])
      )
      sums = tf.reduce_sum(depthwise.convolve(laid_out, kernel, setup, stride))
    for of_wide, actual in zip(
      expected, tape.gradient(sums, [net, kernel]), strict=True
    ):
      self.assertEqual(tf.bfloat16, actual.dtype)
      self.assertAllClose(
        of_wide, tf.cast(actual, tf.float32), rtol=2**-8, atol=1e-5
      )

  @parameterized.product(data_format=networks.DATA_FORMATS, channels=(16, 24))
  def test_bfloat16_batch_norm(self, data_format, channels):
    """Float32's, of the same numbers, rounded once: however many channels."""
    if not testing.is_computed(tf.bfloat16, data_format):
      self.skipTest('This processor has not this type, or oneDNN plays one.')
    random = np.random.default_rng(0)
    shape = (
      [3, channels, 5, 7] if data_format == 'NCHW' else [3, 5, 7, channels]
    )
    setup = Setup(
      is_training=True,
      data_format=data_format,
      compute_dtype=tf.bfloat16,
      batch_norm_decay=0.9,
    )
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
      net = tf.constant(random.normal(1.0, 2.0, shape), tf.bfloat16)
      norm = layers.batch_norm_variables(channels)
      gamma, beta = random.uniform(0.5, 1.5, [2, channels]).astype(np.float32)
      found = layers.convolve_and_normalize(
        lambda net, kernel: net, net, tf.zeros([1, 1, 1, 1]), 3, norm, setup
      )
      expected, mean, variance = v1.nn.fused_batch_norm(
        tf.cast(net, tf.float32),
        gamma,
        beta,
        epsilon=0.001,
        data_format=data_format,
        is_training=True,
      )
      self.assertEqual(tf.bfloat16, found.dtype)
      session.run(v1.global_variables_initializer())
      session.run([norm.gamma.assign(gamma), norm.beta.assign(beta)])
      found, expected, mean, variance = session.run(
        [tf.cast(found, tf.float32), expected, mean, variance]
      )
      session.run(v1.get_collection(v1.GraphKeys.UPDATE_OPS))
      averages = session.run([norm.moving_mean, norm.moving_variance])
    self.assertGreater(expected.std(), 0.5)
    self.assertAllClose(expected, found, rtol=2**-8, atol=1e-5)
    self.assertAllClose(0.1 * mean, averages[0], atol=1e-6)
    self.assertAllClose(0.9 + 0.1 * variance, averages[1], rtol=1e-5)

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
