"""What the flags of precision and layout come to on either device."""

from unittest import mock

import tensorflow as tf

from errors import InputError
from fast import device


class DeviceTest(tf.test.TestCase):

  def _has_gpu(self, has_gpu):
    """Has TensorFlow tell of a GPU, or of none."""
    self.enterContext(mock.patch.object(
        tf.config, 'list_physical_devices', lambda kind: [kind] * has_gpu))

  def test_xla(self):
    for has_gpu in (True, False):
      self._has_gpu(has_gpu)
      self.assertEqual(has_gpu, device.use_xla('auto'))
      self.assertTrue(device.use_xla('true'))
      self.assertFalse(device.use_xla('false'))

  def test_fast_on_a_gpu(self):
    self._has_gpu(True)
    self.assertEqual({'data_format': 'NCHW', 'compute_dtype': tf.float32},
                     device.network_options('fast'))
    self.assertEqual(
        {'data_format': 'NCHW', 'compute_dtype': tf.float16},
        device.network_options('fast', compute_dtype='float16', xla='false'))
    self.assertEqual(
        {'data_format': 'NHWC', 'compute_dtype': tf.bfloat16},
        device.network_options('fast', 'NHWC', 'bfloat16'))

  def test_fast_on_a_cpu(self):
    self._has_gpu(False)
    self.assertEqual({'data_format': 'NHWC', 'compute_dtype': tf.float32},
                     device.network_options('fast'))
    self.assertEqual(
        {'data_format': 'NHWC', 'compute_dtype': tf.float16},
        device.network_options('fast', compute_dtype='float16'))
    self.assertEqual(
        {'data_format': 'NCHW', 'compute_dtype': tf.bfloat16},
        device.network_options('fast', 'NCHW', 'bfloat16'))

  def test_float16_in_nchw_on_a_cpu_needs_xla(self):
    self._has_gpu(False)
    for xla in ('auto', 'false'):
      with self.assertRaisesRegex(InputError, 'under XLA only: add --xla=true'):
        device.network_options('fast', 'NCHW', 'float16', xla)
    self.assertEqual({'data_format': 'NCHW', 'compute_dtype': tf.float16},
                     device.network_options('fast', 'NCHW', 'float16', 'true'))

  def test_slim_has_no_choice(self):
    for data_format in ('auto', 'NHWC'):
      for compute_dtype in ('auto', 'float32'):
        self.assertEqual(
            {}, device.network_options('slim', data_format, compute_dtype))
    for choice in (('NCHW', 'auto'), ('auto', 'float16'), ('NHWC', 'bfloat16')):
      with self.assertRaisesRegex(InputError, 'add --implementation=fast'):
        device.network_options('slim', *choice)


if __name__ == '__main__':
  tf.test.main()
