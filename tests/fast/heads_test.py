"""What fast/ computes in float32 whatever the precision of its layers."""

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from fast import heads
from fast.layout import Setup
from specs import networks


class HeadsTest(parameterized.TestCase, tf.test.TestCase):
  @parameterized.product(
    data_format=networks.DATA_FORMATS, compute_dtype=networks.COMPUTE_DTYPES
  )
  def test_global_pool(self, data_format, compute_dtype):
    """Of 12,544 values, whose sum float16 does not hold."""
    values = np.random.default_rng(0).uniform(0, 20, [2, 112, 112, 3])
    values = tf.cast(values, compute_dtype)
    expected = tf.reduce_mean(tf.cast(values, tf.float64), [1, 2])
    if data_format == 'NCHW':
      values = tf.transpose(values, [0, 3, 1, 2])
    setup = Setup(data_format=data_format)
    pooled = heads.global_pool(values, setup)
    self.assertEqual(tf.float32, pooled.dtype)
    self.assertAllClose(expected, tf.squeeze(pooled, [1, 2]), rtol=1e-5)


if __name__ == '__main__':
  tf.test.main()
