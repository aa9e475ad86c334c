"""Every kind of image file, against colours known beforehand."""

from unittest import mock

from absl.testing import absltest
from absl.testing import parameterized
import numpy as np
from PIL import Image
import tensorflow as tf

from base.errors import InputError
from datasets import images
from datasets import jpegs
from tests.helpers import image_files

_NOISE = image_files.noise(0)


def _jpeg_flat(colour, mode='RGB', **options):
  return image_files.encode(
    Image.new(mode, (16, 16), colour), 'JPEG', quality=100, **options
  )


class ReadImageTest(parameterized.TestCase):
  def check_flat(self, encoded, colour, tolerance=0):
    image = images.read_image(encoded, 'flat')
    self.assertEqual(np.uint8, image.dtype)
    self.assertEqual(3, image.shape[-1])
    difference = image.astype(int) - np.array(colour)
    self.assertLessEqual(np.abs(difference).max(), tolerance)

  @parameterized.parameters('PNG', 'BMP', 'GIF')
  def test_lossless_formats(self, image_format):
    few_colours = _NOISE // 128 * 255
    encoded = image_files.encode(few_colours, image_format)
    np.testing.assert_array_equal(few_colours, images.read_image(encoded, 'x'))

  def test_lossless_webp(self):
    encoded = image_files.encode(_NOISE, 'WEBP', lossless=True)
    np.testing.assert_array_equal(_NOISE, images.read_image(encoded, 'x'))

  def test_jpeg_is_as_tensorflow_decodes_it(self):
    smooth = np.linspace(0, 255, 32 * 32 * 3).reshape(32, 32, 3)
    encoded = image_files.encode(smooth.astype(np.uint8), 'JPEG')
    expected = tf.io.decode_jpeg(encoded, dct_method='INTEGER_ACCURATE')
    np.testing.assert_allclose(
      expected.numpy().astype(int), images.read_image(encoded, 'x'), atol=2
    )

  @parameterized.parameters(None, 'tiff_lzw', 'tiff_adobe_deflate')
  def test_tiff(self, compression):
    image = Image.fromarray(_NOISE)
    encoded = image_files.encode(image, 'TIFF', compression=compression)
    np.testing.assert_array_equal(_NOISE, images.read_image(encoded, 'x'))
    self.assertIsNone(images.plain_format(encoded))

  def test_tiff_of_16_bits_and_of_none(self):
    deep = Image.new('I;16', (4, 4), 0xAB12)
    self.check_flat(image_files.encode(deep, 'TIFF'), [0xAB] * 3)
    for mode in ('I', 'F'):
      encoded = image_files.encode(Image.new(mode, (4, 4)), 'TIFF')
      with self.assertRaisesRegex(InputError, 'x: pixels of 32 bits'):
        images.read_image(encoded, 'x')

  @parameterized.parameters(range(1, 9))
  def test_tiff_is_turned_upright_once(self, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    files = [
      image_files.encode(Image.fromarray(_NOISE), image_format, exif=exif)
      for image_format in ('PNG', 'TIFF')
    ]
    np.testing.assert_array_equal(
      *(images.read_image(encoded, 'x') for encoded in files)
    )

  def test_first_page_of_a_tiff(self):
    red, blue = (Image.new('RGB', (4, 4), name) for name in ('red', 'blue'))
    encoded = image_files.encode(
      red, 'TIFF', save_all=True, append_images=[blue]
    )
    self.check_flat(encoded, [255, 0, 0])

  def test_first_frame_of_a_gif(self):
    red, blue = (Image.new('RGB', (4, 4), name) for name in ('red', 'blue'))
    encoded = image_files.encode(
      red, 'GIF', save_all=True, append_images=[blue]
    )
    self.check_flat(encoded, [255, 0, 0])

  def test_first_picture_of_several_in_a_jpeg(self):
    red, blue = (Image.new('RGB', (16, 16), name) for name in ('red', 'blue'))
    encoded = image_files.encode(
      red, 'MPO', save_all=True, append_images=[blue]
    )
    self.check_flat(encoded, [255, 0, 0], tolerance=2)
    self.assertEqual('jpg', images.plain_format(encoded))

  def test_grey(self):
    self.check_flat(_jpeg_flat(77, 'L'), [77] * 3)
    black_and_white = Image.new('1', (4, 4), 1)
    self.check_flat(image_files.encode(black_and_white), [255] * 3)

  def test_palette(self):
    image = Image.new('P', (2, 2), 1)
    image.putpalette([9, 9, 9, 10, 200, 30])
    self.check_flat(image_files.encode(image), [10, 200, 30])
    self.check_flat(image_files.encode(image, transparency=1), [255] * 3)
    self.check_flat(
      image_files.encode(image, transparency=b'\xff\x7f'),
      [132, 227, 142],
      tolerance=1,
    )  # Half white.

  def test_alpha_shows_white(self):
    def encode(mode, colour):
      return image_files.encode(Image.new(mode, (2, 2), colour))

    self.check_flat(encode('RGBA', (10, 20, 30, 255)), [10, 20, 30])
    self.check_flat(encode('RGBA', (10, 20, 30, 0)), [255] * 3)
    self.check_flat(encode('RGBA', (0, 100, 200, 51)), [204, 224, 244])
    self.check_flat(encode('LA', (100, 51)), [224] * 3)

  def test_a_colour_that_stands_for_transparent(self):
    image = Image.new('RGB', (2, 2), (1, 2, 3))
    encoded = image_files.encode(image, transparency=(1, 2, 3))
    self.check_flat(encoded, [255] * 3)

  def test_16_bits_keep_the_upper_8(self):
    values = np.array([[0, 255, 256, 0x1234, 0x80FF, 65535]], np.uint16)
    upper = [0, 0, 1, 0x12, 0x80, 255]
    grey = tf.io.encode_png(values[..., np.newaxis]).numpy()
    colour = np.stack([values, values[:, ::-1], values * 0], -1)
    rgb = images.read_image(tf.io.encode_png(colour).numpy(), 'x')
    np.testing.assert_array_equal(upper, rgb[0, :, 0])
    np.testing.assert_array_equal(upper[::-1], rgb[0, :, 1])
    for channel in range(3):
      np.testing.assert_array_equal(
        upper, images.read_image(grey, 'x')[0, :, channel]
      )

  @parameterized.parameters(
    ((0, 255, 255, 0), (255, 0, 0)),
    ((255, 0, 0, 0), (0, 255, 255)),
    ((0, 0, 0, 255), (0, 0, 0)),
    ((0, 0, 0, 0), (255, 255, 255)),
    ((0, 255, 0, 102), (153, 0, 153)),
  )
  def test_cmyk(self, ink, colour):
    encoded = _jpeg_flat(ink, 'CMYK')
    self.assertIn(b'Adobe', encoded)  # These are stored inverted.
    self.check_flat(encoded, colour, tolerance=2)
    self.check_flat(
      encoded, tf.io.decode_jpeg(encoded, channels=3).numpy(), tolerance=2
    )

  @parameterized.parameters(
    (1, lambda x: x),
    (2, lambda x: x[:, ::-1]),
    (3, lambda x: x[::-1, ::-1]),
    (4, lambda x: x[::-1]),
    (5, lambda x: x.transpose(1, 0, 2)),
    (6, lambda x: np.rot90(x, -1)),
    (7, lambda x: x[::-1, ::-1].transpose(1, 0, 2)),
    (8, lambda x: np.rot90(x)),
  )
  def test_exif_rotation(self, orientation, upright):
    exif = Image.Exif()
    exif[0x0112] = orientation
    encoded = image_files.encode(_NOISE, exif=exif)
    np.testing.assert_array_equal(
      upright(_NOISE), images.read_image(encoded, 'x')
    )

  def test_exif_rotation_of_a_jpeg(self):
    exif = Image.Exif()
    exif[0x0112] = 6
    left_white = np.zeros([16, 32, 3], np.uint8)
    left_white[:, :16] = 255
    image = images.read_image(
      image_files.encode(left_white, 'JPEG', exif=exif), 'x'
    )
    self.assertEqual((32, 16, 3), image.shape)
    self.assertGreater(image[:16].min(), 250)  # Turned to the right: on top.
    self.assertLess(image[16:].max(), 5)

  def test_unreadable_exif_does_not_matter(self):
    encoded = image_files.encode(_NOISE, exif=b'Exif\0\0nonsense')
    np.testing.assert_array_equal(_NOISE, images.read_image(encoded, 'x'))


class WindowTest(parameterized.TestCase):
  def check_windows(self, encoded):
    whole = images.read_image(encoded, 'x')
    height, width = whole.shape[:2]
    random = np.random.RandomState(0)
    corners = [
      (0, 0, height, width),
      (0, 0, 1, 1),
      (height - 1, width - 1, 1, 1),
      (0, width - 3, height, 3),
    ]
    for _ in range(20):
      rows, columns = random.randint(1, height), random.randint(1, width)
      corners.append(
        (
          random.randint(height - rows + 1),
          random.randint(width - columns + 1),
          rows,
          columns,
        )
      )
    for window in corners:
      top, left, rows, columns = window
      choose_window = mock.Mock(return_value=window)
      np.testing.assert_array_equal(
        whole[top : top + rows, left : left + columns],
        images.read_image(encoded, 'x', choose_window=choose_window),
      )
      for call in choose_window.mock_calls:
        self.assertEqual(mock.call(height, width), call)

  @parameterized.product(subsampling=(0, 1, 2), progressive=(False, True))
  def test_part_of_a_jpeg_is_as_in_the_whole(self, subsampling, progressive):
    encoded = image_files.encode(
      image_files.noise(1, 75, 103),
      'JPEG',
      quality=90,
      subsampling=subsampling,
      progressive=progressive,
    )
    with mock.patch.object(images, '_to_rgb', side_effect=images._to_rgb) as p:
      self.check_windows(encoded)
      p.assert_called_once()  # Only for the whole.

  def test_part_of_other_images(self):
    noise = image_files.noise(2, 40, 60)
    exif = Image.Exif()
    exif[0x0112] = 6
    for encoded in (
      image_files.encode(noise),
      image_files.encode(noise, 'JPEG', exif=exif),
      image_files.encode(noise, 'JPEG') + b'more',
      image_files.encode(Image.fromarray(noise).convert('L'), 'JPEG'),
      image_files.encode(Image.fromarray(noise).convert('CMYK'), 'JPEG'),
      image_files.encode(
        Image.fromarray(noise),
        'MPO',
        save_all=True,
        append_images=[Image.new('RGB', (60, 40))],
      ),
    ):
      self.check_windows(encoded)

  def test_what_tensorflow_cannot_decode_goes_to_pillow(self):
    encoded = image_files.encode(image_files.noise(3, 40, 60), 'JPEG')
    with mock.patch.object(
      jpegs,
      'decode_window',
      side_effect=tf.errors.InvalidArgumentError(None, None, 'pages'),
    ):
      self.check_windows(encoded)


class PlainFormatTest(absltest.TestCase):
  def test_plain(self):
    self.assertEqual('jpg', images.plain_format(_jpeg_flat((1, 2, 3))))
    self.assertEqual('jpg', images.plain_format(_jpeg_flat(7, 'L')))
    self.assertEqual('png', images.plain_format(image_files.encode(_NOISE)))

  def test_not_plain(self):
    exif = Image.Exif()
    exif[0x0112] = 3
    for encoded in (
      _jpeg_flat((0, 9, 9, 9), 'CMYK'),
      _jpeg_flat((1, 2, 3), exif=exif),
      image_files.encode(_NOISE, 'BMP'),
      image_files.encode(Image.new('RGBA', (2, 2))),
      image_files.encode(Image.new('P', (2, 2))),
      image_files.encode(Image.new('L', (2, 2)), transparency=0),
    ):
      self.assertIsNone(images.plain_format(encoded))

  def test_encode_png_round_trip(self):
    encoded = images.encode_png(_NOISE)
    np.testing.assert_array_equal(_NOISE, tf.io.decode_png(encoded).numpy())


if __name__ == '__main__':
  absltest.main()
