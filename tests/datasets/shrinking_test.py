"""Images that are shrunk as they are decoded, and batches of them."""

from absl.testing import parameterized
import numpy as np
from PIL import Image
import tensorflow as tf

from datasets import catalog
from datasets import example_cache
from datasets import image_files as opening
from datasets import images
from datasets import preprocessing
from datasets import shrinking
from datasets.input_pipeline import InputOptions
from tests.helpers import batches as batches_testing
from tests.helpers import image_files

_EXIF_ORIENTATION = 0x0112


def _smooth(height, width):
  """Returns an image whose shrunk pixels are known: a plane in each colour."""
  rows, columns = np.ogrid[:height, :width]
  planes = [rows + 0 * columns, 0 * rows + columns, (rows + columns) // 2]
  return (np.stack(planes, axis=-1) * 255 // max(height, width)).astype('uint8')


def _exif(orientation):
  exif = Image.Exif()
  exif[_EXIF_ORIENTATION] = orientation
  return exif


class RatioTest(parameterized.TestCase):
  @parameterized.parameters(
    (3000, 4000, 224, 8),  # 375 x 500, as most photographs of ImageNet
    (4032, 3024, 224, 8),
    (2999, 4000, 224, 4),
    (6000, 8000, 224, 8),
    (375, 500, 224, 1),
    (375, 500, 112, 1),  # Half of it would be 187.5.
    (376, 500, 112, 2),
    (200, 4000, 96, 1),  # The shorter side decides.
    (3000, 4000, None, 1),
  )
  def test_by_hand(self, height, width, image_size, ratio):
    smallest_side = image_size and shrinking.smallest_side(image_size)
    self.assertEqual(ratio, shrinking.ratio(height, width, smallest_side))

  def test_windows_are_as_large_as_those_of_imagenet(self):
    """By slim's own rule: 5 % of the area, aspect ratios of 3/4 to 4/3."""
    for image_size in 96, 160, 224:
      side = shrinking.smallest_side(image_size)
      windows = [
        preprocessing.random_window(side, side * 4 // 3, 'inception', [seed])
        for seed in range(300)
      ]
      least = min(min(height, width) for _, _, height, width in windows)
      # sqrt(0.05 * 3/4) of sqrt(375 * 500), to 224.
      self.assertGreater(least / image_size, 0.98 * 83.85 / 224)


class ShrunkImageTest(parameterized.TestCase):
  def shrunk(self, encoded, smallest_side, window=None):
    choose_window = window and (lambda height, width: window)
    return images.read_image(
      encoded, 'x', choose_window=choose_window, smallest_side=smallest_side
    )

  def check_windows(self, encoded, smallest_side):
    """Windows are those of the whole image; returns that."""
    whole = self.shrunk(encoded, smallest_side)
    height, width = whole.shape[:2]
    for window in (
      (0, 0, height, width),
      (height - 1, width - 1, 1, 1),
      (0, width - 3, height, 3),
      (3, 2, height // 2, width // 2),
    ):
      top, left, rows, columns = window
      np.testing.assert_array_equal(
        whole[top : top + rows, left : left + columns],
        self.shrunk(encoded, smallest_side, window),
      )
    return whole

  @parameterized.product(
    subsampling=(0, 1, 2), progressive=(False, True), ratio=(2, 4, 8)
  )
  def test_jpegs_are_as_tensorflow_shrinks_them(
    self, subsampling, progressive, ratio
  ):
    encoded = image_files.encode(
      image_files.noise(1, 175, 203),
      'JPEG',
      subsampling=subsampling,
      progressive=progressive,
    )
    whole = self.check_windows(encoded, 175 // ratio)
    np.testing.assert_array_equal(
      tf.raw_ops.DecodeJpeg(
        contents=encoded, channels=3, ratio=ratio, dct_method='INTEGER_ACCURATE'
      ),
      whole,
    )

  @parameterized.parameters('PNG', 'BMP', 'WEBP')
  def test_others_are_averaged(self, image_format):
    pixels = image_files.noise(2, 80, 120)
    options = {'lossless': True} if image_format == 'WEBP' else {}
    whole = self.check_windows(
      image_files.encode(pixels, image_format, **options), 20
    )
    mean = pixels.reshape(20, 4, 30, 4, 3).mean((1, 3))
    np.testing.assert_allclose(mean, whole, atol=0.51)

  @parameterized.parameters(
    ({'exif': _exif(6)},),
    ({'exif': _exif(4)},),
    ({'mode': 'L'},),
    ({'mode': 'CMYK'},),
    ({'after': b'more'},),
  )
  def test_jpegs_that_pillow_decodes(self, how):
    pixels = _smooth(160, 200)
    image = Image.fromarray(pixels).convert(how.get('mode', 'RGB'))
    exif = {'exif': how['exif']} if 'exif' in how else {}
    encoded = image_files.encode(image, 'JPEG', quality=95, **exif)
    encoded += how.get('after', b'')
    whole = self.check_windows(encoded, 40)
    expected = images.read_image(encoded, 'x')
    height, width = expected.shape[0] // 4, expected.shape[1] // 4
    self.assertEqual((height, width, 3), whole.shape)
    mean = expected.reshape(height, 4, width, 4, 3).mean((1, 3))
    np.testing.assert_allclose(mean, whole, atol=3)
    self.assertGreater(np.ptp(whole), 100)

  def test_sizes_of_files(self):
    pixels = image_files.noise(3, 40, 60)
    for orientation, size in ((1, (40, 60)), (3, (40, 60)), (8, (60, 40))):
      encoded = image_files.encode(pixels, 'JPEG', exif=_exif(orientation))
      self.assertEqual(size, images.read_size(encoded, 'x'))


class BatchesTest(batches_testing.TestCase):
  def setUp(self):
    super().setUp()
    for number in range(3):
      exif = {'exif': _exif(6)} if number else {}
      encoded = image_files.encode(
        image_files.noise(number, 70 + number, 130), 'JPEG', **exif
      )
      image_files.write(self.folder, f'bee/9{number}.jpg', encoded)

  def train(self, cache=None, first_step=0, count=9, shrink_images=True):
    return batches_testing.concatenated(
      batches_testing.training(
        self.get_dataset(),
        5,
        16,
        first_step=first_step,
        cache=cache,
        shrink_images=shrink_images,
      ),
      count,
    )[0]

  def test_nothing_hangs_on_what_is_in_memory(self):
    straight = self.train()
    self.assertNotAllEqual(straight, self.train(shrink_images=False))
    small, large = (example_cache.ExampleCache(size) for size in (8_000, 2**20))
    for cache in small, large:
      self.assertAllEqual(straight, self.train(cache))
      # Resumed by a process that has all of it, a part, or nothing.
      self.assertAllEqual(straight[20:], self.train(cache, 4, 5))
    self.assertAllEqual(straight[20:], self.train(None, 4, 5))

  def test_memory_holds_images_shrunk(self):
    cache = example_cache.ExampleCache(2**20)
    self.train(cache)
    shapes = {
      cache.get(index, None).image.shape
      for index in range(self.get_dataset().num_examples)
    }
    # At 16 pixels a side keeps 27: 70 and more are halved, 16 x 24 are not.
    self.assertEqual({(16, 24, 3), (35, 65, 3), (65, 36, 3)}, shapes)

  def test_evaluation_and_files_are_prepared_alike(self):
    dataset = self.get_dataset()
    evaluated, _ = batches_testing.concatenated(
      batches_testing.evaluation(dataset, 4, 16, shrink_images=True)
    )
    for index, path in ((-1, 'bee/92.jpg'), (0, 'ant/00.png')):
      path = f'{self.folder}/{path}'
      options = InputOptions(1, 16, 'inception', shrink_images=True)
      opened = opening.open_image(path, options)
      self.assertAllEqual(opened.prepared, evaluated[index])
    whole, _ = batches_testing.concatenated(
      batches_testing.evaluation(dataset, 4, 16)
    )
    self.assertNotAllEqual(whole[-1], evaluated[-1])
    self.assertAllEqual(whole[0], evaluated[0])

  def test_records_and_labels_of_another_offset_shrink_too(self):
    encoded = image_files.encode(_smooth(160, 200), 'JPEG')
    records = self.get_records([encoded] * 2, [1, 1], labels_offset=1)
    example = catalog.shrunk(records, 23).read(1)
    self.assertEqual((40, 50, 3), example.image.shape)
    self.assertEqual(0, example.target)
    self.assertEqual((160, 200), example.size)
    digits = catalog.get_dataset('digits', 'train')
    self.assertIs(digits, catalog.shrunk(digits, 2))


if __name__ == '__main__':
  tf.test.main()
