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


def _shares(windows, height, width):
  """Area, aspect ratio and place of windows, as parts of what is possible."""
  top, left, rows, columns = windows.T
  return (
    rows * columns / (height * width),
    columns / rows,
    top / np.maximum(height - rows, 1),
    left / np.maximum(width - columns, 1),
  )


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

  def test_windows_are_drawn_as_tensorflow_draws_them(self):
    # In tiny images it shows that TensorFlow's leave out the last place.
    for height, width in (375, 500), (500, 375), (200, 900):
      expected, actual = [], []
      for i in range(2000):
        begin, size, _ = tf.raw_ops.StatelessSampleDistortedBoundingBox(
          image_size=[height, width, 3],
          bounding_boxes=tf.zeros([1, 0, 4]),
          min_object_covered=0.0,
          seed=[5, i],
          area_range=[0.05, 1],
          aspect_ratio_range=[3 / 4, 4 / 3],
          use_image_if_no_bounding_boxes=True,
        )
        expected.append([*begin.numpy()[:2], *size.numpy()[:2]])
        actual.append(
          preprocessing.random_window(height, width, 'inception', [5, i])
        )
      self.assert_same_windows(expected, actual, height, width)

  def assert_same_windows(self, expected, actual, height, width):
    """Asserts that 2000 windows of an image are drawn as 2000 others."""
    actual, expected = np.array(actual), np.array(expected)
    self.assertAllInRange(actual[:, :2], 0, max(height, width))
    self.assertAllLessEqual(actual[:, 0] + actual[:, 2], height)
    self.assertAllLessEqual(actual[:, 1] + actual[:, 3], width)
    for share in _shares(actual, height, width):
      self.assertAllInRange(share, 0, 1.4)
    for ours, theirs in zip(
      _shares(actual, height, width), _shares(expected, height, width)
    ):
      quantiles = np.linspace(0.01, 0.99, 9)
      # The quantiles of 2000 draws scatter by 0.011 where they are widest.
      self.assertAllClose(
        np.quantile(theirs, quantiles),
        np.quantile(ours, quantiles),
        rtol=0,
        atol=0.05,
      )
      self.assertAllClose(theirs.mean(), ours.mean(), rtol=0, atol=0.03)

  def test_graphs_draw_the_same_windows(self):
    height, width = 375, 500
    rows, columns = np.mgrid[:height, :width]
    image = np.stack([rows, columns, columns], -1).astype(np.float32)
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
      tf.compat.v1.set_random_seed(1)
      window = preprocessing.sample_window(tf.constant(image), 'inception')
      self.assertEqual([None, None, 3], window.shape.as_list())
      window = tf.concat(
        [tf.cast(window[0, 0, :2], tf.int32), tf.shape(window)[:2]], axis=0
      )
      drawn = [session.run(window) for _ in range(2000)]
    self.assert_same_windows(
      [
        preprocessing.random_window(height, width, 'inception', [5, i])
        for i in range(2000)
      ],
      drawn,
      height,
      width,
    )

  def test_windows_show_some_of_a_box(self):
    image = np.zeros([100, 100, 3], np.uint8)
    image[80:90, 20:40] = 255
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
      tf.compat.v1.set_random_seed(2)
      window = preprocessing.sample_window(
        tf.constant(image),
        'inception',
        boxes=tf.constant([[[0.8, 0.2, 0.9, 0.4]]]),
      )
      shown = tf.reduce_sum(tf.cast(window[..., 0] > 0, tf.int32))
      counts = [session.run(shown) for _ in range(200)]
    self.assertGreaterEqual(min(counts), 0.1 * 10 * 20)
    self.assertLess(min(counts), 10 * 20)

  def test_graphs_draw_the_same_changes(self):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
      tf.compat.v1.set_random_seed(3)
      changes = preprocessing.sample_changes('inception')
      drawn = np.array([session.run(changes) for _ in range(2000)])
      none = session.run(preprocessing.sample_changes('lenet'))
    self.assertAllEqual(np.zeros([5]), none)
    low = np.array([-1, -32 / 255, 0.5, -0.2, 0.5])
    high = np.array([1, 32 / 255, 1.5, 0.2, 1.5])
    for share in (drawn - low).T / (high - low)[:, np.newaxis]:
      quantiles = np.linspace(0.01, 0.99, 9)
      self.assertAllClose(quantiles, np.quantile(share, quantiles), atol=0.05)
    self.assertAllInRange(np.corrcoef(drawn.T) - np.eye(5), -0.1, 0.1)

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

  def test_changes_do_not_depend_on_each_other_or_on_the_window(self):
    drawn = np.array(
      [
        [
          *preprocessing.random_changes('inception', [2, i]),
          *preprocessing.random_window(300, 400, 'inception', [2, i]),
        ]
        for i in range(2000)
      ]
    )
    # Of the window only the size: its place depends on it.
    correlations = np.corrcoef(drawn[:, [0, 1, 2, 3, 4, 7]].T)
    self.assertAllInRange(correlations - np.eye(6), -0.1, 0.1)
    low, high = drawn[:, :5].min(0), drawn[:, :5].max(0)
    self.assertAllClose([-1, -32 / 255, 0.5, -0.2, 0.5], low, atol=0.01)
    self.assertAllClose([1, 32 / 255, 1.5, 0.2, 1.5], high, atol=0.01)

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
