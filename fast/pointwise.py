"""1x1 convolutions in training: products of matrices, batch norm folded.

Those that widen compute what is largest in a network; of the sixteen times that
a step reads or writes that, nine are for a batch norm and an activation of
their own. But the statistics of a product follow from those of what goes in,
which is narrow: where rows x have the mean m and the covariance C, rows x W
have the mean m W, and as variances the diagonal of W^T C W. So batch norm is
folded into the kernel before the product is computed, as it is in inference,
and the gradients of mean and variance reach x and W without a pass over x W,
which is not kept in memory either. Of x, m is subtracted first, so that neither
sums nor bfloat16's few digits are spent on it.
"""

from collections.abc import Callable
import functools

import tensorflow.compat.v1 as tf

from fast import activations
from fast.layout import Setup

# Statistics take nine passes over the inputs to save nine over the outputs; and
# 2 * inputs**2 products a row: docs/experiments.md, where CPUs were timed.
_LEAST_WIDENING = 2
_MOST_SQUARES_PER_OUTPUT = 32
_LEAST_TRANSPOSED = 128  # inputs; fewer gain nothing

_STRIDE_1 = {'strides': [1, 1, 1, 1], 'padding': 'SAME'}


def is_product(kernel: tf.Tensor, stride: int, setup: Setup) -> bool:
  """Whether to take convolve for a kernel [height, width, inputs, outputs].

  On a CPU its gradients take less time than a convolution's, but not in
  bfloat16. In inference bias and activation are fused into the convolution.
  """
  return setup.compute_dtype == tf.float32 and _is_trained(
    kernel, stride, setup
  )


def folds_batch_norm(kernel: tf.Tensor, stride: int, setup: Setup) -> bool:
  """Whether to take convolve_normalize_activate."""
  inputs, outputs = kernel.shape[2:]
  return (
    setup.compute_dtype in (tf.float32, tf.bfloat16)
    and not setup.sync_batch_norm
    and outputs >= _LEAST_WIDENING * inputs
    and inputs**2 <= _MOST_SQUARES_PER_OUTPUT * outputs
    and _is_trained(kernel, stride, setup)
  )


def _is_trained(kernel, stride, setup):
  """Whether it is 1x1, and trained in the layout that both need."""
  return (
    setup.is_training
    and setup.data_format == 'NHWC'
    and (*kernel.shape[:2], stride) == (1, 1, 1)
  )


def convolve(net: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
  """Convolves [batch, height, width, inputs] with [1, 1, inputs, outputs]."""
  return _to_images(_multiply(*_matrices(net, kernel)), net)


def _matrices(net, kernel):
  """Returns [rows, inputs] and [inputs, outputs]."""
  return tf.reshape(net, [-1, kernel.shape[2]]), tf.squeeze(kernel, [0, 1])


def _to_images(rows, like):
  """Reshapes to batch, height and width of `like`, and the rows' channels."""
  return tf.reshape(rows, tf.concat([tf.shape(like)[:3], rows.shape[1:]], 0))


@tf.custom_gradient
def _multiply(rows, matrix):
  """Multiplies [rows, inputs] by [inputs, outputs]."""
  return tf.matmul(rows, matrix), functools.partial(
    _gradients_of_product, rows, matrix
  )


def _gradients_of_product(rows, matrix, upstream):
  """Returns the gradients of rows and of matrix.

  On a CPU some take less time than TensorFlow's own (docs/experiments.md): a
  narrowing matrix' with the narrower factor first, the rows' by a matrix of
  many inputs that is transposed before. Without the squeeze Grappler would make
  the transposition an option of the product again.
  """
  inputs, outputs = matrix.shape
  if outputs < inputs:
    of_matrix = tf.transpose(tf.matmul(upstream, rows, transpose_a=True))
  else:
    of_matrix = tf.matmul(rows, upstream, transpose_a=True)
  if not _LEAST_TRANSPOSED <= inputs <= outputs:
    return tf.matmul(upstream, matrix, transpose_b=True), of_matrix
  transposed = tf.squeeze(tf.transpose(matrix[tf.newaxis], [0, 2, 1]), 0)
  return tf.matmul(upstream, transposed), of_matrix


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
    net: [batch, height, width, inputs].
    kernel: float32 [1, 1, inputs, outputs].
    gamma, beta: float32 [outputs].
    epsilon: batch norm's.
    activation_fn: elementwise.

  Returns:
    (activation, mean, variance with Bessel's correction): the last two, of the
    convolution's output, as tf.nn.fused_batch_norm returns them.
  """
  rows, matrix = _matrices(net, kernel)
  centred, mean_row, variance = centre(rows, matrix)
  folded = matrix * (gamma * tf.rsqrt(variance + epsilon))
  # Centred rows have a mean of 0: beta is the mean of what comes out. What is
  # added is 0, too, and has the gradient of what was subtracted.
  bias = beta + tf.linalg.matvec(
    folded, tf.stop_gradient(mean_row) - mean_row, transpose_a=True
  )
  count = tf.cast(tf.shape(rows)[0], tf.float32)
  return (
    _convolve_activate(centred, folded, bias, net, activation_fn),
    tf.linalg.matvec(matrix, mean_row, transpose_a=True),
    variance * (count / tf.maximum(count - 1.0, 1.0)),
  )


@tf.custom_gradient
def centre(
  rows: tf.Tensor, matrix: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
  """Subtracts the mean row; with the variances of a product with a matrix.

  To be differentiated once, and as if what is subtracted were a constant: what
  depends on it is differentiated by the mean row that is returned.

  Args:
    rows: [rows, inputs].
    matrix: float32 [inputs, outputs].

  Returns:
    (centred [rows, inputs], mean row float32 [inputs], variances of the columns
    of rows x matrix, float32 [outputs]).
  """
  wide = tf.cast(rows, tf.float32)
  count = tf.cast(tf.shape(rows)[0], tf.float32)
  mean_row = tf.reduce_mean(wide, 0)
  # Without it, squares of large means would cancel.
  wide -= mean_row
  covariance = tf.matmul(wide, wide, transpose_a=True) / count
  with_outputs = tf.matmul(covariance, matrix)
  # Rounding can make 0 negative.
  variance = tf.maximum(tf.reduce_sum(matrix * with_outputs, 0), 0.0)
  centred = tf.cast(wide, rows.dtype)

  def gradient(of_centred, of_mean_row, of_variance):
    weighted = matrix * (of_variance * (2.0 / count))
    mixing = tf.matmul(weighted, matrix, transpose_b=True)
    of_rows = of_centred + tf.nn.bias_add(
      tf.matmul(centred, tf.cast(mixing, rows.dtype)),
      tf.cast(of_mean_row / count, rows.dtype),
    )
    return of_rows, 2.0 * with_outputs * of_variance

  return (centred, mean_row, variance), gradient


def _convolve_activate(rows, matrix, bias, like, activation_fn):
  """Returns activation_fn(rows x matrix + bias) as images of like's size."""
  # TensorFlow fuses no others; and nothing may come in between.
  is_fused = activation_fn in activations.OF_OUTPUT
  fused_fn = activation_fn if is_fused else tf.identity
  if rows.dtype == tf.float32:
    net = _multiply_activate(
      tf.matmul, _gradients_of_product, rows, matrix, bias, fused_fn
    )
    net = _to_images(net, like)
    return net if is_fused else activation_fn(net)
  # In bfloat16 convolutions take less time, and compiled activations.
  net = _multiply_activate(
    _convolve_images,
    _gradients_of_convolution,
    tf.reshape(rows, tf.shape(like)),
    tf.cast(matrix, rows.dtype)[tf.newaxis, tf.newaxis],
    tf.cast(bias, rows.dtype),
    fused_fn,
  )
  return net if is_fused else activations.compiled(net, activation_fn)


def _multiply_activate(multiply, gradients, net, kernel, bias, fused_fn):
  """Returns fused_fn(multiply(net, kernel) + bias).

  gradients: (net, kernel, upstream) -> multiply's, of net and kernel.
  """

  @tf.custom_gradient
  def multiply_activate(net, kernel, bias):
    activated = fused_fn(tf.nn.bias_add(multiply(net, kernel), bias))

    def gradient(upstream):
      upstream = activations.gradient(fused_fn, upstream, activated)
      rows = tf.reshape(upstream, [-1, kernel.shape[-1]])
      ones = tf.ones([1, tf.shape(rows)[0]], rows.dtype)
      # A product is faster than TensorFlow's sum, and sums in float32.
      of_bias = tf.squeeze(tf.matmul(ones, rows), 0)
      return (*gradients(net, kernel, upstream), of_bias)

    return activated, gradient

  return multiply_activate(net, kernel, bias)


def _convolve_images(net, kernel):
  return tf.nn.conv2d(net, kernel, **_STRIDE_1)


def _gradients_of_convolution(net, kernel, upstream):
  return (
    tf.nn.conv2d_backprop_input(tf.shape(net), kernel, upstream, **_STRIDE_1),
    tf.nn.conv2d_backprop_filter(net, kernel.shape, upstream, **_STRIDE_1),
  )
