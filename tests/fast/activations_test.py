"""Activations in bfloat16 training, against TensorFlow's own and float64."""

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from fast import activations
from fast import mobilenet_v3
from fast.layout import Setup

# Where activations bend, and what surrounds that; both zeros, and no numbers.
_BENDS = [-3.0, 0.0, 3.0, 6.0]
_EDGES = [-0.0, 1e-30, -1e-30, 1e30, -1e30, np.inf, -np.inf, np.nan]
_NEAR = [bend + offset for bend in _BENDS for offset in (-0.0625, 0.0, 0.0625)]


def _net():
  random = np.random.default_rng(0)
  values = [*_NEAR, *_EDGES, *random.uniform(-8.0, 8.0, 100)]
  return tf.reshape(tf.constant(values, tf.bfloat16), [2, 5, 3, 4])


def _upstream():
  random = np.random.default_rng(1)
  return tf.constant(random.normal(size=[2, 5, 3, 4]), tf.bfloat16)


def _results(function, net, upstream):
  with tf.GradientTape() as tape:
    tape.watch(net)
    activated = function(net)
  return activated, tape.gradient(activated, net, upstream)


def _activate(activation_fn, is_training=True, compute_dtype=tf.bfloat16):
  setup = Setup(
    is_training=is_training,
    compute_dtype=compute_dtype,
    activation_fn=activation_fn,
  )
  return lambda net: activations.activate(net, setup)


class ActivationsTest(parameterized.TestCase, tf.test.TestCase):
  @parameterized.parameters(tf.identity, tf.nn.relu, tf.nn.relu6)
  def test_same_as_tensorflows(self, activation_fn):
    """Bit for bit, and where an activation bends; not a number stays so."""
    net, upstream = _net(), _upstream()
    expected, of_expected = _results(activation_fn, net, upstream)
    actual, of_actual = _results(_activate(activation_fn), net, upstream)
    self.assertEqual(tf.bfloat16, actual.dtype)
    self.assertEqual(tf.bfloat16, of_actual.dtype)
    self.assertAllEqual(expected, actual)
    numbers = ~np.isnan(net.numpy().astype(np.float32))
    self.assertAllEqual(of_expected[numbers], of_actual[numbers])

  def test_hard_swish(self):
    """As in float64, but for rounding: of four operations, and six."""
    net = tf.where(tf.math.is_finite(_net()), _net(), 0)
    net = tf.clip_by_value(net, -8, 8)
    upstream = _upstream()
    hard_swish = mobilenet_v3._hard_swish
    expected, of_expected = _results(
      hard_swish, tf.cast(net, tf.float64), tf.cast(upstream, tf.float64)
    )
    actual, of_actual = _results(_activate(hard_swish), net, upstream)
    self.assertAllClose(
      expected, tf.cast(actual, tf.float64), rtol=4 * 2**-9, atol=1e-3
    )
    # The gradient is the difference of two terms where x is negative.
    largest = np.abs(upstream).max()
    self.assertAllClose(
      of_expected,
      tf.cast(of_actual, tf.float64),
      rtol=6 * 2**-9,
      atol=2**-9 * largest,
    )

  def test_relu6_is_known_by_either_name(self):
    for version in (tf, tf.compat.v1):
      self.assertIn(version.nn.relu6, activations.OF_OUTPUT)

  @parameterized.parameters(tf.bfloat16, tf.float32)
  def test_gradient_at_what_came_out(self, dtype):
    """Is the same as at what went in, for those of which it is said."""
    net, upstream = tf.cast(_net(), dtype), tf.cast(_upstream(), dtype)
    numbers = ~np.isnan(net.numpy().astype(np.float32))
    for activation_fn in activations.OF_OUTPUT:
      activated, expected = _results(activation_fn, net, upstream)
      actual = activations.gradient(activation_fn, upstream, activated)
      self.assertAllEqual(expected[numbers], actual[numbers])

  def test_only_bfloat16_training_is_compiled(self):
    for is_training, compute_dtype, compiled in (
      (True, tf.bfloat16, True),
      (False, tf.bfloat16, False),
      (True, tf.float32, False),
      (True, tf.float16, False),
    ):
      activate = _activate(tf.nn.relu6, is_training, compute_dtype)
      with tf.Graph().as_default() as graph:
        activate(tf.zeros([2, 3], compute_dtype))
        types = [operation.type for operation in graph.get_operations()]
      self.assertEqual(not compiled, 'Relu6' in types)


if __name__ == '__main__':
  tf.test.main()
