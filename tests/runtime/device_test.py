"""What the flags of precision and layout come to on either device."""

import os
import tempfile
from unittest import mock

import tensorflow as tf

from base.errors import InputError
from runtime import device
from runtime import model
from runtime.network_flags import NetworkOptions


class DeviceTest(tf.test.TestCase):
  def _has_gpu(self, has_gpu, compute_capability=(8, 0)):
    """Has TensorFlow tell of a GPU, or of none."""
    self.enterContext(
      mock.patch.object(
        tf.config, 'list_physical_devices', lambda kind: [kind] * has_gpu
      )
    )
    self.enterContext(
      mock.patch.object(
        tf.config.experimental,
        'get_device_details',
        lambda gpu: {'compute_capability': compute_capability},
      )
    )

  def _has_cpu(self, features):
    """Has the system tell of no GPU, and of a processor's features."""
    self._has_gpu(False)
    path = os.path.join(
      self.enterContext(tempfile.TemporaryDirectory()), 'cpuinfo'
    )
    with open(path, 'w', encoding='utf-8') as file:
      file.write(f'model name\t: of some kind\nflags\t\t: fpu {features}\n')
    self.enterContext(mock.patch.object(device, '_CPU_INFO', path))

  def test_xla(self):
    for has_gpu in (True, False):
      self._has_gpu(has_gpu)
      self.assertEqual(has_gpu, device.use_xla('auto'))
      self.assertTrue(device.use_xla('true'))
      self.assertFalse(device.use_xla('false'))

  def test_who_takes_parts(self):
    for has_gpu in (True, False):
      self._has_gpu(has_gpu)
      self.assertEqual(not has_gpu, device.takes_parts('fast', xla=False))
      self.assertFalse(device.takes_parts('fast', xla=True))
      self.assertFalse(device.takes_parts('slim', xla=False))

  def test_who_is_slow_with_one_image(self):
    for features, is_slow in (
      ('avx2 fma', True),
      ('avx2 avx512f', False),
      ('asimd', False),
    ):
      self._has_cpu(features)
      self.assertEqual(is_slow, device.is_slow_with_one_image())
    self._has_cpu('avx2')
    self._has_gpu(True)
    self.assertFalse(device.is_slow_with_one_image())

  def test_what_suits_a_gpu(self):
    """The 1080 Ti has compute capability 6.1, Volta 7.0, the A100 8.0."""
    for capability, data_format, training_dtype in (
      ((6, 1), 'NCHW', tf.float32),
      ((7, 0), 'NHWC', tf.float16),
      ((8, 0), 'NHWC', tf.float16),
    ):
      self._has_gpu(True, capability)
      self.assertEqual(
        {'data_format': data_format, 'compute_dtype': tf.float16},
        device.network_options('fast'),
      )
      self.assertEqual(
        {'data_format': data_format, 'compute_dtype': training_dtype},
        device.network_options('fast', is_training=True),
      )

  def test_training_on_a_gpu_by_default(self):
    """A model made for training there asks for a loss scale."""
    self._has_cpu('avx512bw')
    options = NetworkOptions('mobilenet_v1_025', 'fast', None)
    for kind, computes_in in (
      ('GPU before Volta', 'NCHW float32'),
      ('GPU from Volta on', 'NHWC float16'),
      ('CPU with bfloat16 units', 'NHWC float32'),
    ):
      with mock.patch.object(device, 'kind', return_value=kind):
        built = model.make_model(options, 5, 32, is_training=True)
      self.assertEqual(computes_in, built.computes_in)
      self.assertEqual(computes_in.split()[1], built.compute_dtype.name)

  def test_what_suits_a_cpu(self):
    for features, compute_dtype in (
      ('avx512f avx512_bf16 amx_tile', tf.bfloat16),
      ('avx2 fma', tf.float32),
      ('asimd bf16', tf.bfloat16),
    ):
      self._has_cpu(features)
      self.assertEqual(
        {'data_format': 'NHWC', 'compute_dtype': compute_dtype},
        device.network_options('fast'),
      )
      self.assertEqual(
        {'data_format': 'NHWC', 'compute_dtype': tf.float32},
        device.network_options('fast', is_training=True),
      )

  def test_any_choice_can_be_forced(self):
    self._has_cpu('avx512f avx512bw')
    for has_gpu in (True, False):
      self._has_gpu(has_gpu, (6, 1))
      for is_training in (True, False):
        self.assertEqual(
          {'data_format': 'NHWC', 'compute_dtype': tf.float16},
          device.network_options(
            'fast', 'NHWC', 'float16', is_training=is_training
          ),
        )
        self.assertEqual(
          {'data_format': 'NCHW', 'compute_dtype': tf.bfloat16},
          device.network_options(
            'fast', 'NCHW', 'bfloat16', xla='false', is_training=is_training
          ),
        )

  def test_float16_in_nchw_on_a_cpu_needs_xla(self):
    self._has_gpu(False)
    for xla in ('auto', 'false'):
      with self.assertRaisesRegex(InputError, 'under XLA only: add --xla=true'):
        device.network_options('fast', 'NCHW', 'float16', xla)
    self.assertEqual(
      {'data_format': 'NCHW', 'compute_dtype': tf.float16},
      device.network_options('fast', 'NCHW', 'float16', 'true'),
    )

  def test_bfloat16_in_nchw_on_a_cpu_without_avx512_needs_xla(self):
    self._has_cpu('avx2')
    with self.assertRaisesRegex(InputError, 'or --compute_dtype=float32'):
      device.network_options('fast', 'NCHW', 'bfloat16', 'false')
    self.assertEqual(
      {'data_format': 'NCHW', 'compute_dtype': tf.bfloat16},
      device.network_options('fast', 'NCHW', 'bfloat16', 'true'),
    )

  def test_slim_has_no_choice(self):
    for data_format in ('auto', 'NHWC'):
      for compute_dtype in ('auto', 'float32'):
        self.assertEqual(
          {}, device.network_options('slim', data_format, compute_dtype)
        )
    for choice in (('NCHW', 'auto'), ('auto', 'float16'), ('NHWC', 'bfloat16')):
      with self.assertRaisesRegex(InputError, 'add --implementation=fast'):
        device.network_options('slim', *choice)


if __name__ == '__main__':
  tf.test.main()
