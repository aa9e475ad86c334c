"""What is said of a GPU that is there and not used, and of the device."""

import os
import stat
import tempfile

from absl.testing import absltest
from absl.testing import parameterized
import tensorflow as tf

from runtime import gpu

_GTX_1080_TI = gpu.Gpu('NVIDIA GeForce GTX 1080 Ti', '550.54.15', 11264, (6, 1))
_FOUND = {
  'device_name': 'NVIDIA GeForce GTX 1080 Ti',
  'compute_capability': (6, 1),
}


def _machine(**differences):
  """Returns a machine where CUDA works and TensorFlow still finds no GPU."""
  machine = gpu.Machine(
    ask_tensorflow=lambda: [],
    ask_nvidia_smi=lambda: gpu.Answer([_GTX_1080_TI]),
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
        'ask_nvidia_smi': lambda: gpu.Answer([]),
        'is_in_machine': lambda: False,
      },
    ),
    (
      'nvidia_smi_is_left_over',
      {
        'ask_nvidia_smi': lambda: gpu.Answer([], 'No devices were found'),
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
        'ask_nvidia_smi': lambda: gpu.Answer(
          [
            gpu.Gpu('GTX 750', '550.54.15', 2048, (5, 0)),
            gpu.Gpu('GTX 980', '550.54.15', 4096, (5, 2)),
          ]
        )
      },
      ['(GTX 750, GTX 980)', 'is 5.2', 'needs 6.0'],
    ),
    (
      'driver_too_old',
      {
        'ask_nvidia_smi': lambda: gpu.Answer(
          [_GTX_1080_TI._replace(driver='525.60.9')]
        )
      },
      ['525.60.9', '525.60.13', 'update'],
    ),
    (
      'driver_missing',
      {
        'ask_nvidia_smi': lambda: gpu.Answer([]),
        'ask_driver': lambda: 'libcuda.so.1 is missing',
      },
      ['(NVIDIA)', 'libcuda.so.1 is missing', '525.60.13', '--gpus all'],
    ),
    (
      'driver_fails',
      {
        'ask_nvidia_smi': lambda: gpu.Answer([], 'version mismatch'),
        'ask_driver': lambda: 'unknown error',
      },
      ['version mismatch', 'restart'],
    ),
    (
      'libraries_missing',
      {'missing_libraries': lambda: list(gpu._LIBRARIES)},
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
        'ask_nvidia_smi': lambda: gpu.Answer([]),
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
        ask_nvidia_smi=lambda: gpu.Answer(
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
    elif not gpu.is_in_machine() and not gpu.ask_nvidia_smi().gpus:
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
          ask_nvidia_smi=lambda: gpu.Answer([]),
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


class AskTest(absltest.TestCase):
  def _folder(self, files):
    """Returns a new folder with files: their paths and their texts."""
    folder = self.enterContext(tempfile.TemporaryDirectory())
    for path, text in files.items():
      path = os.path.join(folder, path)
      os.makedirs(os.path.dirname(path), exist_ok=True)
      with open(path, 'w', encoding='utf-8') as file:
        file.write(text)
    return folder

  def _nvidia_smi(self, script):
    """Returns the path of a stand-in for nvidia-smi."""
    path = os.path.join(self._folder({'smi': f'#!/bin/sh\n{script}'}), 'smi')
    os.chmod(path, stat.S_IRWXU)
    return path

  def test_nvidia_smi(self):
    path = self._nvidia_smi(
      "echo 'NVIDIA GeForce GTX 1080 Ti, 550.54.15, 11264, 6.1'\n"
      "echo 'NVIDIA GH200, 550.54.15, [N/A], 9.0'"
    )
    self.assertEqual(
      gpu.Answer(
        [_GTX_1080_TI, gpu.Gpu('NVIDIA GH200', '550.54.15', None, (9, 0))]
      ),
      gpu.ask_nvidia_smi(path),
    )

  def test_nvidia_smi_of_old(self):
    """It does not know compute_cap, and says so with an exit status."""
    path = self._nvidia_smi(
      'case $1 in *compute_cap*) echo no valid field; exit 2;; esac\n'
      "echo 'Tesla V100-SXM2-16GB, 470.57.02, 16160'"
    )
    self.assertEqual(
      gpu.Answer([gpu.Gpu('Tesla V100-SXM2-16GB', '470.57.02', 16160, None)]),
      gpu.ask_nvidia_smi(path),
    )

  def test_nvidia_smi_complains(self):
    path = self._nvidia_smi('echo it has failed; echo more; exit 9')
    self.assertEqual(gpu.Answer([], 'it has failed'), gpu.ask_nvidia_smi(path))

  def test_nvidia_smi_is_missing(self):
    self.assertEqual(gpu.Answer([]), gpu.ask_nvidia_smi('/no/nvidia-smi'))

  def test_is_in_machine(self):
    for paths, expected in (
      ({}, False),
      ({'dev/nvidia0': ''}, True),
      ({'proc/driver/nvidia/gpus/0000:01:00.0/information': ''}, True),
      (self._pci('0x10de', '0x030000'), True),
      (self._pci('0x10de', '0x040300'), False),  # its sound
      (self._pci('0x8086', '0x030000'), False),
    ):
      with self.subTest(paths=paths):
        self.assertEqual(expected, gpu.is_in_machine(self._folder(paths)))

  def _pci(self, vendor, kind):
    device = 'sys/bus/pci/devices/0000:01:00.0'
    return {f'{device}/vendor': f'{vendor}\n', f'{device}/class': f'{kind}\n'}

  def test_missing_libraries(self):
    packages = self._folder(
      {f'nvidia/some/lib/{name}': '' for name in gpu._LIBRARIES}
    )
    self.assertEmpty(gpu.missing_libraries(packages))
    os.remove(os.path.join(packages, 'nvidia/some/lib/libcudnn.so.9'))
    if not gpu._loads('libcudnn.so.9'):  # A machine may have it elsewhere.
      self.assertEqual(['libcudnn.so.9'], gpu.missing_libraries(packages))

  def test_driver_is_missing(self):
    self.assertEqual(
      'libcuda.so.none is missing', gpu.ask_driver('libcuda.so.none')
    )


if __name__ == '__main__':
  absltest.main()
