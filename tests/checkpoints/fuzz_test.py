"""Damaged bytes in the files of a run: said in a line, or they do not matter.

Each case takes a whole folder and damages one of its files. What is read then
is what was written, or an InputError; TensorFlow's checksums find the rest.
"""

import os
import random
import resource
import shutil
import time
from unittest import mock

import numpy as np
import tensorflow as tf

from base import errors
from base.errors import InputError
from checkpoints import reader
from checkpoints import run_info
from datasets import labels
from tests.helpers import checkpoints as checkpoint_testing

_COUNT = 2000 if 'TWINSLIM_SOAK' in os.environ else 200
_MOST_MEMORY = 300_000  # KiB more than before
_INFO = {
  'model_name': 'mobilenet_v2',
  'implementation': 'slim',
  'depth_multiplier': 0.35,
  'image_size': 96,
  'use_grayscale': False,
  'category_ids': [1, 2, 90],
  'dataset_dir': '/photos',
  'moving_average_decay': None,
}


def _damage(content, rng):
  """Returns the bytes of a file after one mishap."""
  size = len(content)
  start = rng.randrange(size)
  end = min(size, start + rng.choice((1, 1, 4, 64, size)))
  noise = rng.randbytes(end - start)
  return rng.choice(
    (
      content[:start]
      + bytes([content[start] ^ 1 << rng.randrange(8)])
      + content[start + 1 :],
      content[:start],  # cut off
      content[:start] + noise + content[end:],
      content[:start] + bytes(end - start) + content[end:],
      content[:start] + content[end:],
      content[:start] + noise + content[start:],
      noise,
      b'',
    )
  )


class FuzzTest(checkpoint_testing.TestCase):
  def setUp(self):
    super().setUp()
    self.written = {}
    for step in (10, 20):
      variables = {
        **checkpoint_testing.TinyModel(scale=step).variables_by_name,
        'global_step': tf.Variable(step, dtype=tf.int64),
      }
      self.save(variables, step)
      self.written[step] = {
        name: variable.numpy() for name, variable in variables.items()
      }
    run_info.write_run_info(self.folder, _INFO)
    labels.write_folder(self.folder, ('ant', 'bee', 'caf\u00e9'))
    self.copy = f'{self.folder}_damaged'
    self.tell = self.enterContext(mock.patch.object(errors, 'tell'))

  def test_a_damaged_file(self):
    rng = random.Random(0)
    names = sorted(os.listdir(self.folder))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused = 0
    for number in range(_COUNT):
      name = names[number % len(names)]
      began = time.process_time()
      shutil.copytree(self.folder, self.copy, dirs_exist_ok=True)
      self._damage_file(name, rng)
      try:
        refused += self._read(name)
      except Exception as error:
        raise AssertionError(f'case {number}, {name}') from error
      self.assertLess(time.process_time() - began, 10)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    self.assertLess(after - before, _MOST_MEMORY)
    self.assertBetween(refused, _COUNT // 5, _COUNT)

  def _damage_file(self, name, rng):
    with open(os.path.join(self.folder, name), 'rb') as file:
      content = file.read()
    with open(os.path.join(self.copy, name), 'wb') as file:
      file.write(_damage(content, rng))

  def _read(self, name):
    """Reads it as programs do; returns whether anything was said of it."""
    self.tell.reset_mock()
    refused = False
    # One of two checkpoints is good.
    checkpoint = reader.open_newest(self.copy)
    wanted = self.written[checkpoint.step]
    self.assertEqual(sorted(wanted), sorted(checkpoint.values))
    for variable, value in wanted.items():
      np.testing.assert_array_equal(value, checkpoint.values[variable])
    for read, file_name in (
      (run_info.read_run_info, run_info.FILE_NAME),
      (labels.read_folder, labels.FILE_NAME),
    ):
      try:
        read(self.copy)
      except InputError as error:
        self.assertEqual(name, file_name)
        self.assertIn(file_name, str(error))
        refused = True
    return refused or self.tell.called


if __name__ == '__main__':
  tf.test.main()
