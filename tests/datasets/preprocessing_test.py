"""Preprocessing against arithmetic by hand."""

import colorsys

import numpy as np
import tensorflow as tf

from base.errors import InputError
from datasets import preprocessing
from specs import networks
from tests.helpers import image_files


def _signed(image):
  return image.astype(np.float32) / 127.5 - 1


def _train(image, count, image_size=32):
  """Returns `count` results of one image, each of another seed."""
  results = []
  for i in range(count):
    top, left, height, width = preprocessing.random_window(
      *image.shape[:2], 'inception', [7, i]
    )
    results.append(
      preprocessing.preprocess_for_train(
        image[top : top + height, left : left + width],
        image_size,
        'inception',
        preprocessing.random_changes('inception', [7, i]),
      )
    )
  return np.stack(results)


def _flat(colour):
  return np.broadcast_to(np.array(colour, np.uint8), [40, 40, 3])


class EvalTest(tf.test.TestCase):
  def test_to_uint8(self):
    self.assertAllEqual(
      [0, 64, 128, 191, 255],
      preprocessing.to_uint8(tf.constant([0.0, 0.25, 0.5, 0.75, 1.0])),
    )

  def test_central_crop(self):
    image = image_files.noise(0, 16, 32)
    actual = preprocessing.preprocess_for_eval(image, 14, 'inception')
    # Rows 1 to 14 as they are; columns 2 to 29, every second one of them.
    self.assertAllClose(_signed(image[1:15, 2:30:2]), actual, atol=1e-6)
    self.assertEqual(tf.float32, actual.dtype)

  def test_window_of_the_central_crop(self):
    for height, width in ((100, 80), (7, 13), (1, 1), (333, 501)):
      places = np.moveaxis(np.indices([height, width]), 0, -1)
      cropped = tf.image.central_crop(places, 0.875).numpy()
      top, left, *size = preprocessing.evaluation_window(
        height, width, 'inception'
      )
      self.assertAllEqual([top, left], cropped[0, 0])
      self.assertAllEqual(size, cropped.shape[:2])
      whole = preprocessing.evaluation_window(height, width, 'lenet')
      self.assertEqual((0, 0, height, width), whole)

  def test_height_and_width(self):
    image = image_files.noise(0, 16, 32)
    actual = preprocessing.preprocess_for_eval(image, (14, 7), 'inception')
    self.assertAllClose(_signed(image[1:15, 2:30:4]), actual, atol=1e-6)

  def test_types_as_slim_took_them(self):
    image = image_files.noise(0, 16, 32)
    expected = preprocessing.preprocess_for_eval(image, 14, 'inception')
    for same in (image / np.float32(255), image * np.uint16(257)):
      self.assertAllClose(
        expected,
        preprocessing.preprocess_for_eval(same, 14, 'inception'),
        atol=1e-6,
      )

  def test_bilinear_without_aligned_corners(self):
    image = image_files.noise(1, 4, 4)
    actual = preprocessing.preprocess_for_eval(image, 8, 'lenet')
    self.assertAllClose(_signed(image), actual[::2, ::2], atol=1e-6)
    between = (image[:3, 1:2].astype(np.float32) + image[1:, 1:2]) / 2
    self.assertAllClose(_signed(between), actual[1:7:2, 2:3], atol=1e-6)
    self.assertAllClose(_signed(image[3]), actual[7, ::2], atol=1e-6)

  def test_lenet_is_the_same_in_training(self):
    image = image_files.noise(2, 8, 8)
    self.assertAllEqual(
      preprocessing.preprocess_for_eval(image, 20, 'lenet'),
      preprocessing.to_signed(
        preprocessing.preprocess_for_train(
          image, 20, 'lenet', np.zeros([5], np.float32)
        )
      ),
    )
    self.assertAllEqual(
      np.zeros([5]), preprocessing.random_changes('lenet', [1])
    )
    self.assertEqual(
      (0, 0, 8, 9), preprocessing.random_window(8, 9, 'lenet', [1])
    )

  def test_slims_names(self):
    image = image_files.noise(3)
    for name in ('inception_v3', *networks.NETWORKS):
      self.assertAllEqual(
        preprocessing.preprocess_for_eval(image, 8, 'inception'),
        preprocessing.preprocess_for_eval(image, 8, name),
      )

  def test_unknown_name(self):
    with self.assertRaisesRegex(InputError, 'unknown preprocessing vgg'):
      preprocessing.preprocess_for_eval(image_files.noise(0), 8, 'vgg')
    with self.assertRaisesRegex(InputError, 'unknown preprocessing vgg'):
      preprocessing.preprocess_for_train(
        image_files.noise(0), 8, 'vgg', np.zeros([5], np.float32)
      )
    with self.assertRaisesRegex(InputError, 'unknown preprocessing vgg'):
      preprocessing.random_window(8, 8, 'vgg', [1])

  def test_grayscale(self):
    image = _signed(_flat([255, 0, 0]))
    grey = preprocessing.to_grayscale(image)
    self.assertAllClose(np.full([40, 40, 3], 2 * 0.2989 - 1), grey, atol=1e-3)


class TrainTest(tf.test.TestCase):
  def test_follows_from_the_seed(self):
    image = image_files.noise(0)
    once, again = _train(image, 4), _train(image, 4)
    self.assertAllEqual(once, again)
    for i in range(3):
      self.assertNotAllClose(once[i], once[i + 1])
    self.assertAllInRange(once, 0, 1)

  def test_flip(self):
    ramp = np.broadcast_to(np.arange(50, 200)[:, np.newaxis], [150, 150, 3])
    results = _train(ramp.astype(np.uint8), 60)
    flipped = np.mean(results[:, :, 0] > results[:, :, -1])
    self.assertBetween(flipped, 0.3, 0.7)

  def test_changes_come_in_order(self):
    window = image_files.noise(4, 20, 30)
    changes = preprocessing.random_changes('inception', [3, 8])
    flip, brightness, saturation, hue, contrast = changes
    image = tf.constant(
      preprocessing.preprocess_for_train(window, 16, 'lenet', changes)
    )
    if flip > 0:
      image = tf.image.flip_left_right(image)
    image = tf.image.adjust_brightness(image, brightness)
    image = tf.image.adjust_saturation(image, saturation)
    image = tf.image.adjust_hue(image, hue)
    image = tf.image.adjust_contrast(image, contrast)
    self.assertAllClose(
      tf.clip_by_value(image, 0, 1),
      preprocessing.preprocess_for_train(window, 16, 'inception', changes),
      atol=1e-5,
    )

  def test_flipped_or_not(self):
    window = image_files.noise(5, 8, 8)
    straight, flipped = (
      preprocessing.preprocess_for_train(
        window, 8, 'inception', np.array([flip, 0, 1, 0, 1], np.float32)
      )
      for flip in (-0.5, 0.5)
    )
    self.assertAllClose(window / 255, straight, atol=1e-5)
    self.assertAllClose(window[:, ::-1] / 255, flipped, atol=1e-5)

  def test_brightness_alone_changes_a_grey_area(self):
    shift = _train(_flat([128] * 3), 60)[:, 0, 0] - 128 / 255
    self.assertAllInRange(shift, -32.5 / 255, 32.5 / 255)
    self.assertLess(shift.min(), -20 / 255)
    self.assertGreater(shift.max(), 20 / 255)

  def test_contrast_alone_changes_the_range_of_greys(self):
    stripes = np.where(np.arange(120) // 4 % 2, 153, 102)  # 0.6 and 0.4
    stripes = np.broadcast_to(stripes[:, np.newaxis], [120, 120, 3])
    results = _train(stripes.astype(np.uint8), 60, image_size=120)
    ranges = np.ptp(results, axis=(1, 2, 3)) / 0.2
    self.assertAllInRange(ranges, 0.49, 1.51)
    self.assertLess(ranges.min(), 0.65)
    self.assertGreater(ranges.max(), 1.35)

  def test_hue_and_saturation(self):
    colour = np.array([140, 110, 120])
    hue, saturation, _ = colorsys.rgb_to_hsv(*colour / 255)
    turns, ratios = [], []
    for pixel in _train(_flat(colour), 100)[:, 0, 0]:
      new_hue, new_saturation, value = colorsys.rgb_to_hsv(*pixel)
      turns.append((new_hue - hue + 0.5) % 1 - 0.5)
      # Brightness came first: it moved the value, not the difference.
      before = saturation * (140 / 255) / value
      ratios.append(new_saturation / before)
    self.assertAllInRange(np.array(turns), -0.201, 0.201)
    self.assertLess(min(turns), -0.15)
    self.assertGreater(max(turns), 0.15)
    self.assertAllInRange(np.array(ratios), 0.49, 1.51)
    self.assertLess(min(ratios), 0.65)
    self.assertGreater(max(ratios), 1.35)

  def test_tiny_images(self):
    for height, width in (1, 1), (1, 9), (9, 1), (2, 3):
      results = _train(image_files.noise(0, height, width), 5)
      self.assertAllInRange(results, 0, 1)
      preprocessing.preprocess_for_eval(
        image_files.noise(0, height, width), 8, 'inception'
      )


if __name__ == '__main__':
  tf.test.main()
