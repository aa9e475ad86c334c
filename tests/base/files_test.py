"""Files are there whole or not at all, and nothing is left of half ones."""

import os
import subprocess
import sys
import tempfile

from absl.testing import absltest

from base import files
from base.errors import InputError
from tests.helpers import full_disks
from tests.helpers import programs

_KILLED = """
import os, signal, sys
from base import files
with files.write_whole(sys.argv[1]) as partial:
  with open(partial, 'w') as file:
    file.write('half')
  os.kill(os.getpid(), signal.SIGKILL)
"""


class FilesTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enter_context(tempfile.TemporaryDirectory())
    self.path = os.path.join(self.folder, 'a.txt')

  def test_leftovers_of_killed_processes_go(self):
    subprocess.run(
      [sys.executable, '-c', _KILLED, self.path],
      env=programs.environment(),
      check=False,
    )
    self.assertLen(os.listdir(self.folder), 1)
    # This process runs: its own stay.
    with files.write_whole(self.path) as partial:
      self.assertLen(os.listdir(self.folder), 2)
      files.make_folder(self.folder, 'here')
      self.assertLen(os.listdir(self.folder), 1)
      with open(partial, 'w') as file:
        file.write('whole')
    self.assertEqual(['a.txt'], os.listdir(self.folder))

  def test_what_looks_like_a_leftover_and_is_none_stays(self):
    for name in ('.partial', '.partial-x', '.partial-other-host-1-abc'):
      os.mkdir(os.path.join(self.folder, name))
    files.make_folder(self.folder, 'here')
    self.assertLen(os.listdir(self.folder), 3)

  def test_a_full_disk_keeps_what_was_there(self):
    files.write_bytes(self.path, b'old')
    with full_disks.largest_file(1000):
      with self.assertRaisesRegex(InputError, 'a.txt cannot be written: File'):
        files.write_bytes(self.path, bytes(2000))
    self.assertEqual(['a.txt'], os.listdir(self.folder))
    with open(self.path, 'rb') as file:
      self.assertEqual(b'old', file.read())

  def test_a_folder_takes_anothers_place_when_it_is_whole(self):
    path = os.path.join(self.folder, 'former')
    with files.write_whole_folder(path) as partial:
      files.write_bytes(os.path.join(partial, 'a'), b'1')
      self.assertFalse(os.path.exists(path))
    self.assertEqual(['a'], os.listdir(path))
    with self.assertRaisesRegex(InputError, 'a mismatch'):
      with files.write_whole_folder(path + os.sep) as partial:
        files.write_bytes(os.path.join(partial, 'b'), b'2')
        raise InputError('a mismatch')
    self.assertEqual(['a'], os.listdir(path))
    with files.write_whole_folder(path) as partial:
      files.write_bytes(os.path.join(partial, 'b'), b'2')
    self.assertEqual(['b'], os.listdir(path))
    self.assertEqual(['former'], os.listdir(self.folder))

  def test_room(self):
    files.check_room(self.folder, 2000, 'a checkpoint')
    with full_disks.largest_file(1000):
      files.check_room(self.folder, 1000, 'a checkpoint')
      with self.assertRaisesRegex(
        InputError,
        f'{self.folder} has no room for a checkpoint of 2.0 MB: File too large',
      ):
        files.check_room(self.folder, 2_000_000, 'a checkpoint')
    self.assertEqual([], os.listdir(self.folder))


if __name__ == '__main__':
  absltest.main()
