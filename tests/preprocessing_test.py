"""Preprocessing against arithmetic by hand."""

import colorsys

import numpy as np
import tensorflow as tf

from datasets import preprocessing
from errors import InputError
from tests import image_files


def _signed(image):
  return image.astype(np.float32) / 127.5 - 1


def _train(image, count, image_size=32):
  """Returns `count` results of one image, each of another seed."""
  def preprocess(i):
    return preprocessing.preprocess_for_train(
        image, image_size, 'inception', tf.stack([7, i]))
  return np.stack(list(
      tf.data.Dataset.range(count).map(preprocess).as_numpy_iterator()))


def _flat(colour):
  return np.broadcast_to(np.array(colour, np.uint8), [40, 40, 3])


class EvalTest(tf.test.TestCase):

  def test_central_crop(self):
    image = image_files.noise(0, 16, 32)
    actual = preprocessing.preprocess_for_eval(image, 14, 'inception')
    # Rows 1 to 14 as they are; columns 2 to 29, every second one of them.
    self.assertAllClose(_signed(image[1:15, 2:30:2]), actual, atol=1e-6)
    self.assertEqual(tf.float32, actual.dtype)

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
        preprocessing.preprocess_for_train(image, 20, 'lenet', [1, 2]))

  def test_slims_names(self):
    image = image_files.noise(3)
    self.assertAllEqual(
        preprocessing.preprocess_for_eval(image, 8, 'inception'),
        preprocessing.preprocess_for_eval(image, 8, 'mobilenet_v2'))

  def test_unknown_name(self):
    with self.assertRaisesRegex(InputError, 'unknown preprocessing vgg'):
      preprocessing.preprocess_for_eval(image_files.noise(0), 8, 'vgg')
    with self.assertRaisesRegex(InputError, 'unknown preprocessing vgg'):
      preprocessing.preprocess_for_train(image_files.noise(0), 8, 'vgg', [0, 0])

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
    self.assertAllInRange(once, -1, 1)

  def test_crop(self):
    height, width = 300, 400
    place = np.indices([height, width]).transpose(1, 2, 0)
    image = np.concatenate([place, place[..., :1]], -1)
    areas, aspects = [], []
    for i in range(200):
      crop = preprocessing._random_crop(image, [0, i]).numpy()
      rows, columns = crop.shape[:2]
      self.assertAllEqual([rows - 1, columns - 1],
                          crop[-1, -1, :2] - crop[0, 0, :2])
      areas.append(rows * columns / (height * width))
      aspects.append(columns / rows)
    self.assertAllInRange(np.array(areas), 0.049, 1.0)
    self.assertLess(min(areas), 0.15)
    self.assertGreater(max(areas), 0.85)
    self.assertAllInRange(np.array(aspects), 0.74, 1.35)
    self.assertLess(min(aspects), 0.8)
    self.assertGreater(max(aspects), 1.25)

  def test_flip(self):
    ramp = np.broadcast_to(np.arange(50, 200)[:, np.newaxis], [150, 150, 3])
    results = _train(ramp.astype(np.uint8), 60)
    flipped = np.mean(results[:, :, 0] > results[:, :, -1])
    self.assertBetween(flipped, 0.3, 0.7)

  def test_brightness_alone_changes_a_grey_area(self):
    shift = (_train(_flat([128] * 3), 60)[:, 0, 0] - (128 / 127.5 - 1)) / 2
    self.assertAllInRange(shift, -32.5 / 255, 32.5 / 255)
    self.assertLess(shift.min(), -20 / 255)
    self.assertGreater(shift.max(), 20 / 255)

  def test_contrast_alone_changes_the_range_of_greys(self):
    stripes = np.where(np.arange(120) // 4 % 2, 153, 102)  # 0.6 and 0.4
    stripes = np.broadcast_to(stripes[:, np.newaxis], [120, 120, 3])
    results = _train(stripes.astype(np.uint8), 60, image_size=120)
    ranges = np.ptp(results, axis=(1, 2, 3)) / 2 / 0.2
    self.assertAllInRange(ranges, 0.49, 1.51)
    self.assertLess(ranges.min(), 0.65)
    self.assertGreater(ranges.max(), 1.35)

  def test_hue_and_saturation(self):
    colour = np.array([140, 110, 120])
    hue, saturation, _ = colorsys.rgb_to_hsv(*colour / 255)
    turns, ratios = [], []
    for pixel in _train(_flat(colour), 100)[:, 0, 0] / 2 + 0.5:
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
      self.assertAllInRange(results, -1, 1)
      preprocessing.preprocess_for_eval(
          image_files.noise(0, height, width), 8, 'inception')


if __name__ == '__main__':
  tf.test.main()
