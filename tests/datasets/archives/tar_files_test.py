"""Archives that are damaged, or that would fill memory, are one line each."""

import os
import tarfile
import tempfile

from absl.testing import absltest
from absl.testing import parameterized

from base.errors import InputError
from datasets.archives import tar_files
from tests.helpers import archives


class TarFilesTest(parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enter_context(tempfile.TemporaryDirectory())
    self.path = os.path.join(self.folder, 'a.tar')

  def read(self):
    return tar_files.read_members(self.path, lambda name: True)

  def overwrite(self, position, data):
    with open(self.path, 'r+b') as file:
      file.seek(position)
      file.write(data)

  @parameterized.parameters('w:gz', 'w:bz2', 'w:xz')
  def test_damaged_in_any_compression(self, mode):
    content = archives.pixels(0, 300_000).tobytes()
    archives.write_tar(self.path, {'x': content}, mode)
    self.assertEqual({'x': content}, self.read())
    self.overwrite(os.path.getsize(self.path) // 2, bytes(1000))
    with self.assertRaisesRegex(
      InputError, f'^{self.path}: no whole tar archive'
    ):
      self.read()

  def write_huge(self):
    """Writes the header of 1 TB: what a few compressed MB may become."""
    member = tarfile.TarInfo('huge')
    member.size = 10**12
    with open(self.path, 'wb') as file:
      file.write(member.tobuf(tarfile.GNU_FORMAT))

  def test_memory_is_not_filled(self):
    self.write_huge()
    for read in self.read, lambda: tar_files.find_parts(self.path):
      with self.assertRaisesRegex(
        InputError, f'^{self.path}: huge: 1000000000000 bytes .* more than 10'
      ):
        read()

  def test_many_members_fill_it_as_well(self):
    with open(self.path, 'wb') as file:
      for name, size in ('a', 1), ('b', (1 << 30) - 1), ('c', 1):
        member = tarfile.TarInfo(name)
        member.size = size
        file.write(member.tobuf(tarfile.GNU_FORMAT))
        file.seek(-size % 512 + size, os.SEEK_CUR)  # Takes no space on disk.
      file.truncate()
    with self.assertRaisesRegex(InputError, 'c: 1073741825 bytes up to here'):
      self.read()

  def test_the_damaged_one_of_several_is_named(self):
    inner = archives.tar_bytes({'1.jpg': b'x' * 600})
    archives.write_tar(self.path, {'good.tar': inner, 'bad.tar': b'x' * 2048})
    with self.assertRaisesRegex(
      InputError, f'^{self.path}: bad.tar: no whole tar archive'
    ):
      tar_files.find_nested_parts(self.path)


if __name__ == '__main__':
  absltest.main()
