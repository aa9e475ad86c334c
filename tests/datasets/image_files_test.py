"""What a user names: files, folders, and what is no image."""

import contextlib
import io
import os
import sys
import tempfile
import types
from unittest import mock

from absl.testing import absltest
import numpy as np
from PIL import Image
from PIL import ImageFile

from base.errors import InputError
from datasets import image_files
from datasets import image_folder
from datasets import images
from datasets.input_pipeline import InputOptions
from tests.helpers import image_files as testing

_HEIC = b'\0\0\0\x18ftypheic\0\0\0\0mif1heic'


class _OneColor(ImageFile.StubImageFile):
  """What Pillow makes of a HEIC file, where the package is there."""

  format = 'HEIF'

  def _open(self):
    self._size, self._mode = (6, 4), 'RGB'

  def _load(self):
    return self

  def load(self):
    image = Image.new('RGB', self.size, (9, 200, 30))
    self.__class__, self.__dict__ = image.__class__, image.__dict__
    return image.load()


def _pillow_heif():
  """Returns a package pillow_heif, of which only the name is real."""

  def register():
    Image.register_open(
      'HEIF', _OneColor, lambda prefix: prefix[4:12] == b'ftypheic'
    )

  return types.SimpleNamespace(register_heif_opener=register)


class ImageFilesTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enter_context(tempfile.TemporaryDirectory())

  def have_heif(self, package):
    """package: None if it is not installed."""
    self.enter_context(mock.patch.dict(sys.modules, pillow_heif=package))
    images._reads_heif.cache_clear()
    self.addCleanup(images._reads_heif.cache_clear)

  def write(self, name, data=b''):
    return testing.write(self.folder, name, data)

  def find(self, *paths):
    """Returns (names of files found, what was said)."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
      found = image_files.find_images(paths)
    return [os.path.relpath(path, self.folder) for path in found], (
      said.getvalue()
    )

  def test_folders_say_what_they_skip(self):
    self.have_heif(None)
    for name in ('b.TIF', 'a/c.tiff', 'a/d.jpg', '.hidden', '5.heic'):
      self.write(name)
    for name in ('1.pdf', '2.mov', '3', '4.txt'):
      self.write(name)
    found, said = self.find(self.folder)
    self.assertEqual(['a/c.tiff', 'a/d.jpg', 'b.TIF'], found)
    heic, others = said.splitlines()
    self.assertEndsWith(
      heic,
      f': {self.folder}: skipped 1 HEIC image: 5.heic; pip install '
      'pillow-heif, or convert to JPEG',
    )
    self.assertEndsWith(
      others,
      f': {self.folder}: skipped 4 files that are no images: 1.pdf, 2.mov, 3, '
      '...',
    )

  def test_nothing_is_said_of_images(self):
    path = self.write('a.jpg')
    self.assertEqual((['a.jpg'], ''), self.find(path, self.folder))

  def test_an_address_of_the_web(self):
    url = 'https://example.org/photo.jpg'
    with self.assertRaisesRegex(InputError, f'{url} .* download it first'):
      image_files.find_images([url])

  def test_heic_without_the_package(self):
    self.have_heif(None)
    path = self.write('class/photo.heic', _HEIC)
    with self.assertRaisesRegex(
      InputError,
      f'^{path}: a HEIC image: pip install pillow-heif, or convert to JPEG$',
    ):
      image_files.open_image(path, InputOptions(1, 8, 'lenet'))
    for list_images in (
      lambda: image_files.find_images([self.folder]),
      lambda: image_folder.load(self.folder, 'train', 0),
    ):
      with self.assertRaisesRegex(InputError, 'no images.*HEIC: pip install'):
        list_images()

  def test_heic_with_the_package(self):
    self.have_heif(_pillow_heif())
    path = self.write('photo.HEIC', _HEIC)
    self.assertEqual((['photo.HEIC'], ''), self.find(self.folder))
    opened = image_files.open_image(path, InputOptions(1, 8, 'lenet'))
    expected = np.full([4, 6, 3], [9, 200, 30], np.uint8)
    np.testing.assert_array_equal(expected, opened.pixels)


if __name__ == '__main__':
  absltest.main()
