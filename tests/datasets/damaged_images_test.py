"""Image files that cannot be read: what is said of each."""

import struct
import warnings
import zlib

from absl.testing import absltest
from absl.testing import parameterized
import numpy as np

from base.errors import InputError
from datasets import images
from tests.helpers import image_files

_NOISE = image_files.noise(0)


def _top_left(height, width):
  return 0, 0, (height + 1) // 2, (width + 1) // 2


class BadImageTest(parameterized.TestCase):
  def check_message(self, encoded, pattern, **options):
    with self.assertRaisesRegex(InputError, pattern) as caught:
      images.read_image(encoded, 'cat/1.jpg', **options)
    self.assertStartsWith(str(caught.exception), 'cat/1.jpg: ')
    self.assertNotIn('\n', str(caught.exception))

  def test_empty(self):
    self.check_message(b'', 'empty')

  @parameterized.parameters(
    b'x',
    b'hello, this is text' * 100,
    b'GIF89a',
    b'\xff\xd8\xff',
    b'BM',
    b'\x89PNG\r\n\x1a\n',
  )
  def test_not_an_image(self, encoded):
    self.check_message(encoded, 'not a JPEG|damaged')

  @parameterized.parameters('JPEG', 'PNG', 'BMP', 'GIF', 'WEBP', 'TIFF')
  def test_truncated(self, image_format):
    encoded = image_files.encode(image_files.noise(0, 64, 64), image_format)
    encoded = encoded[: len(encoded) // 2]
    self.check_message(encoded, 'damaged')
    self.check_message(encoded, 'damaged', choose_window=_top_left)

  def test_corrupt(self):
    encoded = bytearray(image_files.encode(_NOISE))
    encoded[len(encoded) // 2] ^= 0xFF
    self.check_message(bytes(encoded), 'damaged')

  @parameterized.parameters('TGA', 'PPM', 'ICO')
  def test_other_formats_are_not_decoded(self, image_format):
    self.check_message(image_files.encode(_NOISE, image_format), 'not a JPEG')

  def test_pixel_limit(self):
    encoded = image_files.encode(image_files.noise(0, 10, 20))
    images.read_image(encoded, 'x', max_pixels=200)
    self.check_message(encoded, '20 x 10 pixels', max_pixels=199)
    self.check_message(
      image_files.encode(image_files.noise(0, 10, 20), 'JPEG'),
      '20 x 10 pixels',
      max_pixels=199,
      choose_window=_top_left,
    )

  def test_pixel_limit_is_read_from_the_header(self):
    header = b'IHDR' + struct.pack('>IIBBBBB', 60000, 60000, 8, 2, 0, 0, 0)
    encoded = (
      b'\x89PNG\r\n\x1a\n'
      + struct.pack('>I', 13)
      + header
      + struct.pack('>I', zlib.crc32(header))
      + struct.pack('>I', 0)
      + b'IDAT'
      + struct.pack('>I', zlib.crc32(b'IDAT'))
    )
    with warnings.catch_warnings():
      warnings.simplefilter('error')  # Pillow would warn of a bomb.
      self.check_message(encoded, '60000 x 60000 pixels')

  def test_random_damage_is_always_an_input_error(self):
    random = np.random.RandomState(0)
    for image_format in ('JPEG', 'PNG', 'BMP', 'GIF', 'WEBP', 'TIFF'):
      encoded = image_files.encode(_NOISE, image_format)
      for _ in range(200):
        damaged = bytearray(encoded)
        for place in random.randint(0, len(encoded), 5):
          damaged[place] = random.randint(256)
        for choose_window in None, _top_left:
          try:
            images.read_image(
              bytes(damaged), 'x', max_pixels=10**6, choose_window=choose_window
            )
          except InputError:
            pass


if __name__ == '__main__':
  absltest.main()
