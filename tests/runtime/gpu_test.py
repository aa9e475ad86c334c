"""What is said of a GPU that is there and not used, and of the device."""

from absl.testing import absltest
from absl.testing import parameterized
import tensorflow as tf

from runtime import gpu
from runtime import nvidia

_GTX_1080_TI = nvidia.Gpu(
  'NVIDIA GeForce GTX 1080 Ti', '550.54.15', 11264, (6, 1)
)
_FOUND = {
  'device_name': 'NVIDIA GeForce GTX 1080 Ti',
  'compute_capability': (6, 1),
}


def _machine(**differences):
  """Returns a machine where CUDA works and TensorFlow still finds no GPU."""
  machine = gpu.Machine(
    ask_tensorflow=lambda: [],
    ask_nvidia_smi=lambda: nvidia.Answer([_GTX_1080_TI]),
    is_in_machine=lambda: True,
    missing_libraries=lambda: [],
    ask_driver=lambda: '',
    is_cuda_build=lambda: True,
    environment={},
  )
  return machine._replace(**differences)


class WhyNoGpuTest(parameterized.TestCase):
  @parameterized.named_parameters(
    ('tensorflow_finds_it', {'ask_tensorflow': lambda: [_FOUND]}),
    (
      'there_is_none',
      {
        'ask_nvidia_smi': lambda: nvidia.Answer([]),
        'is_in_machine': lambda: False,
      },
    ),
    (
      'nvidia_smi_is_left_over',
      {
        'ask_nvidia_smi': lambda: nvidia.Answer([], 'No devices were found'),
        'is_in_machine': lambda: False,
      },
    ),
    ('hidden_by_nothing', {'environment': {'CUDA_VISIBLE_DEVICES': ''}}),
    ('hidden_by_-1', {'environment': {'CUDA_VISIBLE_DEVICES': '-1'}}),
  )
  def test_nothing_to_say(self, differences):
    self.assertIsNone(gpu.why_no_gpu(_machine(**differences)))

  @parameterized.named_parameters(
    ('build', {'is_cuda_build': lambda: False}, ['built without CUDA']),
    (
      'capability',
      {
        'ask_nvidia_smi': lambda: nvidia.Answer(
          [
            nvidia.Gpu('GTX 750', '550.54.15', 2048, (5, 0)),
            nvidia.Gpu('GTX 980', '550.54.15', 4096, (5, 2)),
          ]
        )
      },
      ['(GTX 750, GTX 980)', 'is 5.2', 'needs 6.0'],
    ),
    (
      'driver_too_old',
      {
        'ask_nvidia_smi': lambda: nvidia.Answer(
          [_GTX_1080_TI._replace(driver='525.60.9')]
        )
      },
      ['525.60.9', '525.60.13', 'update'],
    ),
    (
      'driver_missing',
      {
        'ask_nvidia_smi': lambda: nvidia.Answer([]),
        'ask_driver': lambda: 'libcuda.so.1 is missing',
      },
      ['(NVIDIA)', 'libcuda.so.1 is missing', '525.60.13', '--gpus all'],
    ),
    (
      'driver_fails',
      {
        'ask_nvidia_smi': lambda: nvidia.Answer([], 'version mismatch'),
        'ask_driver': lambda: 'unknown error',
      },
      ['version mismatch', 'restart'],
    ),
    (
      'libraries_missing',
      {'missing_libraries': lambda: list(nvidia.LIBRARIES)},
      ['1080 Ti', 'are missing: run make', 'requirements-cuda.lock'],
    ),
    (
      'a_library_missing',
      {'missing_libraries': lambda: ['libcudnn.so.9']},
      ['missing (libcudnn.so.9)'],
    ),
    (
      'libraries_missing_without_nvidia_smi',
      {
        'ask_nvidia_smi': lambda: nvidia.Answer([]),
        'missing_libraries': lambda: ['libcudnn.so.9'],
      },
      ['libraries are missing'],
    ),
    (
      'no_device',
      {'ask_driver': lambda: 'no CUDA-capable device'},
      ['does not start (no CUDA-capable device)', '--gpus all'],
    ),
    (
      'no_such_number',
      {
        'ask_driver': lambda: 'no CUDA-capable device',
        'environment': {'CUDA_VISIBLE_DEVICES': '3'},
      },
      ['CUDA_VISIBLE_DEVICES=3', 'unset'],
    ),
    ('unknown', {}, ["TensorFlow's log", 'TF_CPP_MIN_LOG_LEVEL=0']),
  )
  def test_reason(self, differences, parts):
    reason = gpu.why_no_gpu(_machine(**differences))
    self.assertNotIn('\n', reason)
    for part in parts:
      self.assertIn(part, reason)

  def test_one_gpu_of_two_is_enough(self):
    """TensorFlow skips the old one; the reason must lie elsewhere."""
    reason = gpu.why_no_gpu(
      _machine(
        ask_nvidia_smi=lambda: nvidia.Answer(
          [_GTX_1080_TI, _GTX_1080_TI._replace(capability=(5, 2))]
        )
      )
    )
    self.assertNotIn('capability', reason)

  def test_this_machine(self):
    """A machine with a GPU may have a reason, one without never has."""
    reason = gpu.why_no_gpu()
    if tf.config.list_physical_devices('GPU'):
      self.assertIsNone(reason)
    elif not nvidia.is_in_machine() and not nvidia.ask_nvidia_smi().gpus:
      self.assertIsNone(reason)
    else:
      self.assertNotIn('\n', reason or '')


class DescribeDeviceTest(absltest.TestCase):
  def test_gpu(self):
    self.assertEqual(
      'Device: GPU NVIDIA GeForce GTX 1080 Ti, compute capability 6.1, 11 GB',
      gpu.describe_device(_machine(ask_tensorflow=lambda: [_FOUND])),
    )

  def test_gpus_without_nvidia_smi(self):
    self.assertEqual(
      'Device: GPU NVIDIA GeForce GTX 1080 Ti, compute capability 6.1 '
      '(the first of 2)',
      gpu.describe_device(
        _machine(
          ask_tensorflow=lambda: [_FOUND, _FOUND],
          ask_nvidia_smi=lambda: nvidia.Answer([]),
        )
      ),
    )

  def test_cpu(self):
    if tf.config.list_physical_devices('GPU'):
      self.skipTest('What is said of a CPU is asked of TensorFlow, too.')
    self.assertRegex(
      gpu.describe_device(_machine()),
      r'^Device: CPU, \d+ cores?( with bfloat16 units)?$',
    )


if __name__ == '__main__':
  absltest.main()
