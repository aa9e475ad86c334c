"""Files of state dicts: what is read of them, and what is refused in a line.

What needs PyTorch is skipped without it.
"""

import importlib.util
import os
import pathlib
import sys
import tempfile
from unittest import mock

from absl.testing import absltest
from absl.testing import parameterized
import numpy as np

from base.errors import InputError
from checkpoints.importing import torch_files
from tests.helpers.torch_files import write

_HAS_TORCH = importlib.util.find_spec('torch') is not None
_needs_torch = absltest.skipUnless(_HAS_TORCH, 'PyTorch is not installed')
_VALUES = np.array([[0.5, -2.0], [3.0, 0.25]])  # exact in every precision


class _Runs:
  """Makes a folder where it is unpickled."""

  def __init__(self, path):
    self.path = path

  def __reduce__(self):
    return os.mkdir, (self.path,)


class FilesTest(parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enter_context(tempfile.TemporaryDirectory())
    self.path = os.path.join(self.folder, 'weights')

  def write_bytes(self, content):
    pathlib.Path(self.path).write_bytes(content)

  def check_refused(self, message):
    with self.assertRaises(InputError) as caught:
      torch_files.read_state_dict(self.path)
    self.assertRegex(str(caught.exception), f'^{self.path}{message}')
    self.assertNotIn('\n', str(caught.exception))

  def check_values(self, tensors, name='fc.weight'):
    self.assertEqual(np.float32, tensors[name].dtype)
    np.testing.assert_array_equal(_VALUES, tensors[name])


class SafetensorsTest(FilesTest):
  @parameterized.parameters('float16', 'bfloat16', 'float32', 'float64')
  def test_floats_of_any_precision(self, dtype):
    write(self.path, {'fc.weight': _VALUES.astype(np.dtype(dtype))})
    self.check_values(torch_files.read_state_dict(self.path))

  @parameterized.parameters('int8', 'bool')
  def test_other_numbers(self, dtype):
    write(self.path, {'fc.weight': _VALUES.astype(np.dtype(dtype))})
    self.check_refused(f': fc.weight is of {dtype}, not of float16, ')

  def test_numbers_that_numpy_has_not(self):
    header = '{"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}}'.ljust(
      64
    )
    self.write_bytes((64).to_bytes(8, 'little') + header.encode() + b'11')
    self.check_refused(' is not a .safetensors file, or is damaged: .*float8')

  def test_counters_need_not_be_floats(self):
    name = 'bn.num_batches_tracked'
    write(self.path, {name: np.int64(7), 'fc.weight': _VALUES})
    self.assertIsNone(torch_files.read_state_dict(self.path)[name])

  @parameterized.parameters('module.', 'module._orig_mod.', 'model.')
  def test_what_wraps_all_names(self, prefix):
    tensors = {'fc.weight': _VALUES, 'conv.weight': _VALUES}
    write(self.path, {prefix + name: tensors[name] for name in tensors})
    self.assertEqual(set(tensors), set(torch_files.read_state_dict(self.path)))

  def test_averages_count_beside_what_wraps(self):
    write(self.path, {'n_averaged': np.int64(9), 'module.fc.weight': _VALUES})
    tensors = torch_files.read_state_dict(self.path)
    self.assertEqual({'n_averaged', 'fc.weight'}, set(tensors))

  def test_of_some_names_nothing_is_taken_off(self):
    given = {'backbone.conv.weight': _VALUES, 'head.fc.weight': _VALUES}
    write(self.path, given)
    self.assertEqual(set(given), set(torch_files.read_state_dict(self.path)))

  def test_truncated(self):
    write(self.path, {'fc.weight': _VALUES})
    content = pathlib.Path(self.path).read_bytes()
    for size in (len(content) - 1, len(content) // 2, 12):
      self.write_bytes(content[:size])
      self.check_refused(' is not a .safetensors file, or is damaged: ')

  @parameterized.parameters(b'', b'12345678', b'GIF89a-------')
  def test_neither(self, content):
    self.write_bytes(content)
    self.check_refused(' is neither a .safetensors nor a .pth file$')

  def test_no_file(self):
    self.check_refused(' cannot be read: No such file')

  def test_library_is_missing(self):
    write(self.path, {'fc.weight': _VALUES})
    with mock.patch.dict(sys.modules, {'safetensors': None}):
      with self.assertRaisesRegex(InputError, 'safetensors.*EXTRAS=export'):
        torch_files.read_state_dict(self.path)

  def test_pytorch_is_missing(self):
    self.write_bytes(b'PK\3\4 and so on')
    with mock.patch.dict(sys.modules, {'torch': None}):
      self.check_refused(': .* pip install torch, or .*safetensors')


@_needs_torch
class PthTest(FilesTest):
  def save(self, content):
    import torch

    torch.save(content, self.path)

  def tensor(self, dtype='float32'):
    import torch

    return torch.from_numpy(_VALUES).to(getattr(torch, dtype))

  @parameterized.parameters('float16', 'bfloat16', 'float32', 'float64')
  def test_floats_of_any_precision(self, dtype):
    self.save({'fc.weight': self.tensor(dtype)})
    self.check_values(torch_files.read_state_dict(self.path))

  def test_parameters(self):
    import torch

    self.save({'fc.weight': torch.nn.Parameter(self.tensor())})
    self.check_values(torch_files.read_state_dict(self.path))

  def test_averages_before_weights(self):
    other = {'fc.weight': 2 * self.tensor()}
    wanted = {'module.fc.weight': self.tensor()}
    meta = {'epoch': 3, 'meta': {'classes': ['ant', 'bee']}}
    for content in (
      {**meta, 'state_dict': wanted},
      {**meta, 'model': wanted},
      {**meta, 'state_dict': other, 'state_dict_ema': wanted},
      {**meta, 'model': other, 'model_ema': wanted},
    ):
      self.save(content)
      self.check_values(torch_files.read_state_dict(self.path))

  def test_more_than_tensors(self):
    import torch

    marker = os.path.join(self.folder, 'marker')
    for content in (
      torch.nn.Linear(2, 2),
      {'fc.weight': self.tensor(), 'more': _Runs(marker)},
      {'fc.weight': _VALUES},
      {'fc.weight': self.tensor(), 'name': 'ant'},
      {0: self.tensor()},
    ):
      self.save(content)
      self.check_refused(' holds more than tensors')
    self.assertFalse(os.path.exists(marker))

  def test_no_state_dict(self):
    for content in ([self.tensor()], self.tensor()):
      self.save(content)
      self.check_refused(' has no state dict')

  def test_other_numbers(self):
    self.save({'fc.weight': self.tensor('int8')})
    self.check_refused(': fc.weight is of int8')

  def test_sparse(self):
    self.save({'fc.weight': self.tensor().to_sparse()})
    self.check_refused(': fc.weight, of .*, is no plain array')

  def test_damaged(self):
    self.save({'fc.weight': self.tensor()})
    content = pathlib.Path(self.path).read_bytes()
    for damaged in (
      content[: len(content) // 2],
      b'PK\3\4 and so on',
      b'\x80',
      b'\x80\2}q\0.',
      b'\x80\2X',
    ):
      self.write_bytes(damaged)
      self.check_refused(' .*damaged|.* has no state dict')

  def test_script(self):
    import torch

    torch.jit.script(torch.nn.Linear(2, 2)).save(self.path)
    self.check_refused(
      ' is not a .pth file, .* TorchScript archives [^\n]*load`*$'
    )


del FilesTest  # has no cases

if __name__ == '__main__':
  absltest.main()
