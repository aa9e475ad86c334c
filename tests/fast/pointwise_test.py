"""1x1 convolutions as products, against TensorFlow's own and float64."""

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from fast import pointwise
from fast.layout import Setup
from tests.helpers import networks as testing

# float32 sums of 70 products, differently ordered; batch norm divides by a
# deviation, and so may a gradient.
_TOLERANCE = 2e-5


def _random(seed, *shape, low=-1.0, high=1.0):
  random = np.random.default_rng(seed)
  return tf.constant(random.uniform(low, high, shape), tf.float32)


def _inputs(inputs, outputs, offset=0.5):
  """Returns [net, kernel, gamma, beta], and what comes from above."""
  return [
    _random(0, 2, 5, 7, inputs) + offset,
    _random(1, 1, 1, inputs, outputs),
    _random(2, outputs, low=0.5, high=1.5),
    _random(3, outputs, low=0.0, high=3.0),
  ], _random(4, 2, 5, 7, outputs)


def _by_tensorflow(net, kernel, gamma, beta, epsilon, activation_fn):
  net, mean, variance = tf.compat.v1.nn.fused_batch_norm(
    tf.nn.conv2d(net, kernel, 1, 'SAME'),
    gamma,
    beta,
    epsilon=epsilon,
    is_training=True,
  )
  return activation_fn(net), mean, variance


def _in_float64(net, kernel, gamma, beta, epsilon, activation_fn):
  net = tf.nn.conv2d(net, kernel, 1, 'SAME')
  mean, variance = tf.nn.moments(net, [0, 1, 2])
  net = tf.nn.batch_normalization(net, mean, variance, beta, gamma, epsilon)
  return activation_fn(net), mean, variance


class PointwiseTest(parameterized.TestCase, tf.test.TestCase):
  def _assert_close(self, expected, actual):
    for one, other in zip(expected, actual, strict=True):
      largest = np.abs(one).max()
      self.assertGreater(largest, 0.01)
      self.assertAllClose(one, other, rtol=0, atol=_TOLERANCE * largest)

  @parameterized.product(
    activation_fn=(tf.identity, tf.nn.relu6, tf.nn.silu),
    outputs=(8, 24),
    epsilon=(0.001, 0.1),
  )
  def test_batch_norm_of_a_product(self, activation_fn, outputs, epsilon):
    """Outputs, statistics and all gradients, through statistics, too."""
    arguments, upstream = _inputs(4, outputs)
    found = []
    for function in (_by_tensorflow, pointwise.convolve_normalize_activate):
      with tf.GradientTape() as tape:
        tape.watch(arguments)
        results = function(*arguments, epsilon, activation_fn)
      gradients = tape.gradient(results[0], arguments, upstream)
      found.append([*results, *gradients])
    self._assert_close(*found)

  def test_gradients_of_moments(self):
    """Of the means, which batch norm's own gradient does not need, as well."""
    (net, kernel, of_variance, of_mean), _ = _inputs(4, 24)
    rows, matrix = tf.reshape(net, [-1, 4]), kernel[0, 0]

    def of_product(rows, matrix):
      return tf.nn.moments(tf.matmul(rows, matrix), [0])

    def of_rows(rows, matrix):
      _, mean_row, variance = pointwise.centre(rows, matrix)
      return tf.linalg.matvec(matrix, mean_row, transpose_a=True), variance

    found = []
    for function in (of_product, of_rows):
      with tf.GradientTape() as tape:
        tape.watch([rows, matrix])
        results = function(rows, matrix)
      found.append(
        [
          *results,
          *tape.gradient(results, [rows, matrix], [of_mean, of_variance]),
        ]
      )
    self._assert_close(*found)

  def test_variances_around_large_means(self):
    """1,000 deviations: float32 has few digits left beside their squares."""
    (net, kernel, _, _), _ = _inputs(4, 24, offset=1000.0)
    rows, matrix = tf.reshape(net, [-1, 4]), kernel[0, 0]
    _, _, variance = pointwise.centre(rows, matrix)
    expected = np.var(
      rows.numpy().astype(np.float64) @ matrix.numpy().astype(np.float64), 0
    )
    self.assertAllClose(expected, variance, rtol=1e-4)

  def test_gradients_around_large_means(self):
    """At most twice as far from float64 as TensorFlow's own."""
    arguments, upstream = _inputs(4, 24, offset=100.0)
    found = []
    for function, dtype in (
      (_in_float64, tf.float64),
      (_by_tensorflow, tf.float32),
      (pointwise.convolve_normalize_activate, tf.float32),
    ):
      cast = [tf.cast(argument, dtype) for argument in arguments]
      with tf.GradientTape() as tape:
        tape.watch(cast)
        output = function(*cast, 0.001, tf.identity)[0]
      gradients = tape.gradient(output, cast, tf.cast(upstream, dtype))
      found.append([gradient.numpy() for gradient in gradients])
    for exact, tensorflows, actual in zip(*found, strict=True):
      bound = 2 * np.abs(exact - tensorflows).max() + 1e-4 * np.abs(exact).max()
      self.assertLess(np.abs(exact - actual).max(), bound)

  @parameterized.product(
    activation_fn=(tf.identity, tf.nn.relu6, tf.nn.silu), offset=(0.5, 8.0)
  )
  def test_bfloat16(self, activation_fn, offset):
    """No further from float64 than TensorFlow's own bfloat16, by a half.

    By sums of squares. Where rounding moves a value past a bend of ReLU6, a
    gradient is another, which happens to each its own way.
    """
    slack = 2**-5 if activation_fn is tf.nn.relu6 else 2**-9
    if not testing.is_computed(tf.bfloat16):
      self.skipTest('This processor has not this type, or oneDNN plays one.')
    _, *parameters = _inputs(4, 24)[0]
    net = _random(5, 4, 20, 20, 4) + offset
    arguments = [tf.cast(net, tf.bfloat16), *parameters]
    upstream = tf.cast(_random(6, 4, 20, 20, 24), tf.bfloat16)

    def by_tensorflow(net, kernel, *others):
      return _by_tensorflow(net, tf.cast(kernel, tf.bfloat16), *others)

    found = []
    for function, dtype in (
      (_in_float64, tf.float64),
      (by_tensorflow, None),
      (pointwise.convolve_normalize_activate, None),
    ):
      cast = [tf.cast(x, dtype or x.dtype) for x in arguments]
      with tf.GradientTape() as tape:
        tape.watch(cast)
        results = function(*cast, 0.001, activation_fn)
      gradients = tape.gradient(
        results[0], cast, tf.cast(upstream, results[0].dtype)
      )
      if not dtype:
        self.assertEqual(tf.bfloat16, results[0].dtype)
        self.assertEqual([x.dtype for x in cast], [x.dtype for x in gradients])
      found.append([tf.cast(x, tf.float64) for x in (*results, *gradients)])
    for exact, tensorflows, actual in zip(*found, strict=True):
      size = np.linalg.norm(exact)
      self.assertGreater(size, 0.01)
      bound = 1.5 * np.linalg.norm(exact - tensorflows) + slack * size
      self.assertLess(np.linalg.norm(exact - actual), bound)

  def test_a_variance_is_not_negative(self):
    """Its 0, summed of large products, comes out on either side of it."""
    rows = np.random.default_rng(0).normal(size=[70, 1]).astype(np.float32)
    rows = tf.constant(np.concatenate([rows, rows, rows, rows], 1))
    matrix = _random(1, 4, 1000)
    matrix = matrix - tf.reduce_mean(matrix, 0)  # So that each sum is 0.
    _, _, variance = pointwise.centre(rows, matrix)
    covariance = tf.reduce_mean(tf.square(rows[:, 0]))
    raw = tf.reduce_sum(
      matrix * tf.matmul(tf.fill([4, 4], covariance), matrix), 0
    )
    self.assertLess(np.min(raw), 0.0)
    self.assertAllInRange(variance, 0.0, 1e-6)

  def test_one_row(self):
    """What comes out is beta, and no gradient is NaN, as in TensorFlow's."""
    arguments, upstream = _inputs(4, 24)
    arguments[0], upstream = arguments[0][:1, :1, :1], upstream[:1, :1, :1]
    with tf.GradientTape() as tape:
      tape.watch(arguments)
      output, _, variance = pointwise.convolve_normalize_activate(
        *arguments, 0.001, tf.identity
      )
    self.assertAllClose(arguments[3], output[0, 0, 0], atol=1e-4)
    self.assertAllInRange(variance, 0.0, 1e-9)
    for gradient in tape.gradient(output, arguments, upstream):
      self.assertAllInRange(gradient, -10.0, 10.0)

  def test_batches_of_any_size(self):
    arguments, _ = _inputs(4, 24)
    function = tf.function(
      lambda net: pointwise.convolve_normalize_activate(
        net, *arguments[1:], 0.001, tf.nn.relu6
      )[0],
      input_signature=[tf.TensorSpec([None, 5, 7, 4])],
    )
    (output,) = function.get_concrete_function().outputs
    self.assertEqual([None, 5, 7, 24], output.shape.as_list())
    expected, _, _ = _by_tensorflow(*arguments, 0.001, tf.nn.relu6)
    self._assert_close([expected], [function(arguments[0])])

  def test_what_is_not_a_number_stays_so(self):
    """So that training ends where it should."""
    arguments, _ = _inputs(4, 24)
    arguments[0] = tf.where(arguments[0] > 1.4, np.nan, arguments[0])
    results = pointwise.convolve_normalize_activate(
      *arguments, 0.001, tf.identity
    )
    for result in results:
      self.assertAllEqual(np.isnan(result), np.ones(result.shape, bool))

  @parameterized.parameters((24, 4), (4, 24), (6, 6), (128, 130))
  def test_gradients_of_a_product(self, inputs, outputs):
    (net, kernel, _, _), upstream = _inputs(inputs, outputs)
    found = []
    for function in (
      pointwise.convolve,
      lambda net, kernel: tf.nn.conv2d(net, kernel, 1, 'SAME'),
    ):
      with tf.GradientTape() as tape:
        tape.watch([net, kernel])
        result = function(net, kernel)
      found.append([result, *tape.gradient(result, [net, kernel], upstream)])
    self._assert_close(*found)

  def test_which_kernels(self):
    """Twice as many outputs at least, and at most 32 * outputs inputs**2."""
    setup = Setup(is_training=True)
    for inputs, outputs, folds in (
      (4, 24, True),
      (64, 128, True),
      (64, 127, False),
      (72, 144, False),
      (4, 7, False),
      (24, 4, False),
    ):
      kernel = tf.zeros([1, 1, inputs, outputs])
      self.assertTrue(pointwise.is_product(kernel, 1, setup))
      self.assertEqual(folds, pointwise.folds_batch_norm(kernel, 1, setup))
    kernel = tf.zeros([1, 1, 4, 24])
    for other_kernel, stride, other in (
      (kernel, 2, setup),
      (tf.zeros([3, 3, 4, 24]), 1, setup),
      (kernel, 1, setup._replace(is_training=False)),
      (kernel, 1, setup._replace(data_format='NCHW')),
      (kernel, 1, setup._replace(compute_dtype=tf.float16)),
    ):
      self.assertFalse(pointwise.is_product(other_kernel, stride, other))
      self.assertFalse(pointwise.folds_batch_norm(other_kernel, stride, other))
    # In bfloat16 convolutions are faster than products.
    half = setup._replace(compute_dtype=tf.bfloat16)
    self.assertFalse(pointwise.is_product(kernel, 1, half))
    self.assertTrue(pointwise.folds_batch_norm(kernel, 1, half))
    # Replicas share other sums.
    shared = setup._replace(sync_batch_norm=True)
    self.assertTrue(pointwise.is_product(kernel, 1, shared))
    self.assertFalse(pointwise.folds_batch_norm(kernel, 1, shared))


if __name__ == '__main__':
  tf.test.main()
