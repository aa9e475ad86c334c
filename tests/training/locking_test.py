"""A second trainer is told who the first is; a killed one is not in the way."""

import os
import subprocess
import sys
import tempfile

from absl.testing import absltest

from base.errors import InputError
from tests.helpers import programs
from training import locking

_HOLDER = """
import sys, time
from training import locking
with locking.hold(sys.argv[1]):
  print('held', flush=True)
  time.sleep(600)
"""


class LockingTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    folder = self.enter_context(tempfile.TemporaryDirectory())
    self.folder = os.path.join(folder, 'run')

  def hold(self):
    """Returns whether the folder can be held, and holds it no more."""
    with locking.hold(self.folder):
      pass

  def test_another_process(self):
    with subprocess.Popen(
      [sys.executable, '-c', _HOLDER, self.folder],
      env=programs.environment(),
      stdout=subprocess.PIPE,
      text=True,
    ) as process:
      try:
        self.assertEqual('held\n', process.stdout.readline())
        with self.assertRaisesRegex(
          InputError, f'process {process.pid} on .* training in {self.folder}'
        ):
          self.hold()
      finally:
        process.kill()  # Nothing of it can run any more.
      process.wait()
    self.assertEqual([locking.FILE_NAME], os.listdir(self.folder))
    self.hold()
    self.assertEqual([], os.listdir(self.folder))

  def test_leaves_no_folder_without_a_run(self):
    self.hold()
    self.assertFalse(os.path.exists(self.folder))
    with self.assertRaisesRegex(ValueError, 'the run'):
      with locking.hold(self.folder):
        with open(os.path.join(self.folder, 'model.ckpt'), 'w'):
          pass
        raise ValueError('what the run raises')
    self.assertEqual(['model.ckpt'], os.listdir(self.folder))

  def test_a_folder_that_cannot_be_made(self):
    with open(self.folder, 'w'):
      pass
    with self.assertRaisesRegex(InputError, 'train_dir .* cannot be written'):
      self.hold()


if __name__ == '__main__':
  absltest.main()
