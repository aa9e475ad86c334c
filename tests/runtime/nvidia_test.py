"""What a machine is asked about its GPUs, by stand-ins for those it asks."""

import os
import stat
import tempfile

from absl.testing import absltest

from runtime import nvidia

_GTX_1080_TI = nvidia.Gpu(
  'NVIDIA GeForce GTX 1080 Ti', '550.54.15', 11264, (6, 1)
)


class NvidiaTest(absltest.TestCase):
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
      nvidia.Answer(
        [_GTX_1080_TI, nvidia.Gpu('NVIDIA GH200', '550.54.15', None, (9, 0))]
      ),
      nvidia.ask_nvidia_smi(path),
    )

  def test_nvidia_smi_of_old(self):
    """It does not know compute_cap, and says so with an exit status."""
    path = self._nvidia_smi(
      'case $1 in *compute_cap*) echo no valid field; exit 2;; esac\n'
      "echo 'Tesla V100-SXM2-16GB, 470.57.02, 16160'"
    )
    self.assertEqual(
      nvidia.Answer(
        [nvidia.Gpu('Tesla V100-SXM2-16GB', '470.57.02', 16160, None)]
      ),
      nvidia.ask_nvidia_smi(path),
    )

  def test_nvidia_smi_complains(self):
    path = self._nvidia_smi('echo it has failed; echo more; exit 9')
    self.assertEqual(
      nvidia.Answer([], 'it has failed'), nvidia.ask_nvidia_smi(path)
    )

  def test_nvidia_smi_is_missing(self):
    self.assertEqual(nvidia.Answer([]), nvidia.ask_nvidia_smi('/no/nvidia-smi'))

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
        self.assertEqual(expected, nvidia.is_in_machine(self._folder(paths)))

  def _pci(self, vendor, kind):
    device = 'sys/bus/pci/devices/0000:01:00.0'
    return {f'{device}/vendor': f'{vendor}\n', f'{device}/class': f'{kind}\n'}

  def test_missing_libraries(self):
    packages = self._folder(
      {f'nvidia/some/lib/{name}': '' for name in nvidia.LIBRARIES}
    )
    self.assertEmpty(nvidia.missing_libraries(packages))
    os.remove(os.path.join(packages, 'nvidia/some/lib/libcudnn.so.9'))
    if not nvidia._loads('libcudnn.so.9'):  # A machine may have it elsewhere.
      self.assertEqual(['libcudnn.so.9'], nvidia.missing_libraries(packages))

  def test_driver_is_missing(self):
    self.assertEqual(
      'libcuda.so.none is missing', nvidia.ask_driver('libcuda.so.none')
    )


if __name__ == '__main__':
  absltest.main()
