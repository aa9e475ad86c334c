"""Downloads from a server that breaks off, damages, or is not there."""

import contextlib
import hashlib
import io
import os
import tempfile
from unittest import mock

from absl.testing import absltest

from base.errors import InputError
from datasets.archives import downloads
from datasets.archives.downloads import PublishedFile
from tests.helpers import archives
from tests.helpers import file_server
from tests.helpers import image_files

_CONTENT = archives.pixels(0, 3_000_000).tobytes()
_MD5 = hashlib.md5(_CONTENT).hexdigest()


class DownloadsTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enter_context(tempfile.TemporaryDirectory())
    # Whatever proxy this machine has is not for its own server.
    self.enter_context(mock.patch.dict(os.environ, {'no_proxy': '127.0.0.1'}))

  def fetch(self, url, md5=_MD5, **options):
    """Fetches a file in silence; returns what is in the folder then."""
    published = PublishedFile('a.bin', url + 'a.bin', md5)
    with (
      contextlib.redirect_stdout(io.StringIO()),
      contextlib.redirect_stderr(io.StringIO()),
    ):
      downloads.fetch([published], self.folder, **options)
    return self.files()

  def files(self):
    found = {}
    for name in os.listdir(self.folder):
      with open(os.path.join(self.folder, name), 'rb') as file:
        found[name] = file.read()
    return found

  def test_downloads_once(self):
    with file_server.serve(_CONTENT) as (url, ranges):
      for _ in range(2):
        self.assertEqual({'a.bin': _CONTENT}, self.fetch(url))
      self.assertEqual([None], ranges)

  def test_goes_on_where_it_ended(self):
    with file_server.serve(_CONTENT, breaks_after=1_234_567) as (url, ranges):
      with self.assertRaisesRegex(
        InputError, 'ended after 1234567 of 3000000 bytes.; run this again'
      ):
        self.fetch(url)
      self.assertEqual({'a.bin.part': _CONTENT[:1_234_567]}, self.files())
      self.assertEqual({'a.bin': _CONTENT}, self.fetch(url))
      self.assertEqual([None, 'bytes=1234567-'], ranges)

  def test_begins_again_without_ranges(self):
    image_files.write(self.folder, 'a.bin.part', b'other')
    with file_server.serve(_CONTENT, has_ranges=False) as (url, ranges):
      self.assertEqual({'a.bin': _CONTENT}, self.fetch(url))
      self.assertEqual(['bytes=5-'], ranges)

  def test_part_that_is_as_long_as_the_file(self):
    image_files.write(self.folder, 'a.bin.part', bytes(len(_CONTENT)))
    with file_server.serve(_CONTENT) as (url, ranges):
      self.assertEqual({'a.bin': _CONTENT}, self.fetch(url))
      self.assertEqual([f'bytes={len(_CONTENT)}-', None], ranges)

  def test_other_content_is_removed(self):
    image_files.write(self.folder, 'a.bin.part', b'part of another file')
    with file_server.serve(_CONTENT) as (url, _):
      with self.assertRaisesRegex(InputError, f'not {_MD5}.*was removed'):
        self.fetch(url)
      self.assertEqual({}, self.files())
      self.assertEqual({'a.bin': _CONTENT}, self.fetch(url))

  def test_file_on_disk(self):
    image_files.write(self.folder, 'a.bin', b'mine')
    with self.assertRaisesRegex(InputError, 'or another file: see --check_md5'):
      self.fetch('http://127.0.0.1:9/')
    for options in {'check_md5': False}, {'md5': None}:
      self.assertEqual(
        {'a.bin': b'mine'}, self.fetch('http://127.0.0.1:9/', **options)
      )

  def test_file_that_cannot_be_read(self):
    # Root reads files whatever their mode, but no folder.
    path = os.path.join(self.folder, 'a')
    os.mkdir(path)
    published = PublishedFile('a', 'http://127.0.0.1:9/a', _MD5)
    with self.assertRaisesRegex(InputError, f'^{path}: Is a directory$'):
      downloads.check(published, path)

  def test_no_network(self):
    """All files that are missing are named, and where they come from."""
    image_files.write(self.folder, 'b', b'')
    published = [
      PublishedFile(name, f'http://127.0.0.1:9/x/{name}') for name in 'abc'
    ]
    with (
      contextlib.redirect_stdout(io.StringIO()),
      self.assertRaisesRegex(
        InputError,
        r'x/a cannot be downloaded \(Connection refused\); run this again, or '
        rf'put a, c from http://127.0.0.1:9/x/ into {self.folder}$',
      ),
    ):
      downloads.fetch(published, self.folder)

  def test_file_that_the_server_has_not(self):
    with file_server.serve(b'') as (url, _):
      image_files.write(self.folder, 'a.bin.part', b'x')
      self.assertEqual({'a.bin': b''}, self.fetch(url, md5=None))


if __name__ == '__main__':
  absltest.main()
