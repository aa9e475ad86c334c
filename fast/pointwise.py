"""1x1 convolutions in float32 training: products of matrices.

Those that widen compute what is largest in a network; of the sixteen times that
a step reads or writes that, nine are for a batch norm and an activation of
their own. But the statistics of a product follow from those of what goes in,
which is narrow: where rows x have the mean m and the covariance C, rows x W
have the mean m W, and as variances the diagonal of W^T C W. So batch norm is
folded into the kernel before the product is computed, as it is in inference,
and the gradients of mean and variance reach x and W without a pass over x W,
which is not kept in memory either.
"""

from collections.abc import Callable

import tensorflow.compat.v1 as tf

from fast.layout import Setup

# Statistics take nine passes over the inputs to save nine over the outputs; and
# 2 * inputs**2 products a row: docs/experiments.md, where CPUs were timed.
_LEAST_WIDENING = 2
_MOST_SQUARES_PER_OUTPUT = 32


def is_product(kernel: tf.Tensor, stride: int, setup: Setup) -> bool:
  """Whether to take convolve for a kernel [height, width, inputs, outputs].

  On a CPU its gradients take less time than a convolution's. In inference bias
  and activation are fused into the convolution.
  """
  return (
    setup.is_training
    and setup.data_format == 'NHWC'
    and setup.compute_dtype == tf.float32
    and (*kernel.shape[:2], stride) == (1, 1, 1)
  )


def folds_batch_norm(kernel: tf.Tensor, stride: int, setup: Setup) -> bool:
  """Whether to take convolve_normalize_activate."""
  inputs, outputs = kernel.shape[2:]
  return (
    is_product(kernel, stride, setup)
    and not setup.sync_batch_norm
    and outputs >= _LEAST_WIDENING * inputs
    and inputs**2 <= _MOST_SQUARES_PER_OUTPUT * outputs
  )


def convolve(net: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
  """Convolves [batch, height, width, inputs] with [1, 1, inputs, outputs]."""
  inputs, outputs = kernel.shape[2:]
  multiply = _multiply_narrowing if outputs < inputs else tf.matmul
  return _to_images(multiply(*_matrices(net, kernel)), net)


def _matrices(net, kernel):
  """Returns float32 [rows, inputs] and [inputs, outputs]."""
  return tf.reshape(net, [-1, kernel.shape[2]]), tf.squeeze(kernel, [0, 1])


def _to_images(rows, like):
  """Returns [batch, height, width, channels] as another tensor has them."""
  return tf.reshape(rows, tf.concat([tf.shape(like)[:3], rows.shape[1:]], 0))


@tf.custom_gradient
def _multiply_narrowing(rows, matrix):
  """Multiplies; the matrix' gradient has the narrower factor first.

  TensorFlow would have the wider one first, which takes up to 1.6 times as long
  (docs/experiments.md).
  """

  def gradient(upstream):
    return (
      tf.matmul(upstream, matrix, transpose_b=True),
      tf.transpose(tf.matmul(upstream, rows, transpose_a=True)),
    )

  return tf.matmul(rows, matrix), gradient


def convolve_normalize_activate(
  net: tf.Tensor,
  kernel: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  epsilon: float,
  activation_fn: Callable,
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
  """Convolves, normalizes by the batch's statistics, and activates.

  Args:
    net: float32 [batch, height, width, inputs].
    kernel: [1, 1, inputs, outputs].
    gamma, beta: [outputs].
    epsilon: batch norm's.
    activation_fn: elementwise.

  Returns:
    (activation, mean, variance with Bessel's correction): the last two, of the
    convolution's output, as tf.nn.fused_batch_norm returns them.
  """
  rows, matrix = _matrices(net, kernel)
  mean, variance = moments_of_product(rows, matrix)
  scale = gamma * tf.rsqrt(variance + epsilon)
  product = tf.nn.bias_add(tf.matmul(rows, matrix * scale), beta - mean * scale)
  count = tf.cast(tf.shape(rows)[0], tf.float32)
  return (
    # Activated before it is reshaped: TensorFlow fuses ReLUs, too, there.
    _to_images(activation_fn(product), net),
    mean,
    variance * (count / tf.maximum(count - 1.0, 1.0)),
  )


@tf.custom_gradient
def moments_of_product(
  rows: tf.Tensor, matrix: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns the means and variances of the columns of rows x matrix.

  To be differentiated once.

  Args:
    rows: float32 [rows, inputs].
    matrix: float32 [inputs, outputs].

  Returns:
    (mean, variance), both float32 [outputs].
  """
  count = tf.cast(tf.shape(rows)[0], tf.float32)
  mean_row = tf.reduce_mean(rows, 0)
  centred = rows - mean_row  # Without it, squares of large means would cancel.
  covariance = tf.matmul(centred, centred, transpose_a=True) / count
  with_outputs = tf.matmul(covariance, matrix)
  # Rounding can make 0 negative.
  variance = tf.maximum(tf.reduce_sum(matrix * with_outputs, 0), 0.0)

  def gradient(of_mean, of_variance):
    weighted = matrix * (of_variance * (2.0 / count))
    # With a bias in place of centred rows, which then need not be kept.
    mixing = tf.matmul(weighted, matrix, transpose_b=True)
    of_mean_row = tf.linalg.matvec(matrix, of_mean / count)
    of_rows = tf.nn.bias_add(
      tf.matmul(rows, mixing), of_mean_row - tf.linalg.matvec(mixing, mean_row)
    )
    of_matrix = (
      mean_row[:, tf.newaxis] * of_mean + 2.0 * with_outputs * of_variance
    )
    return of_rows, of_matrix

  mean = tf.linalg.matvec(matrix, mean_row, transpose_a=True)
  return (mean, variance), gradient
