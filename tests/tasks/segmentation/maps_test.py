"""The steps of segmentation, by hand and against the published code."""

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from specs import networks
from tasks.segmentation import maps
from tests.helpers import golden_rule
from tests.helpers import networks as testing
from tests.helpers import segmenters
from tests.helpers import soak

HEADS = 'deeplab_v3_mobilenet_v2_loss'
MULTI_SCALE = 'deeplab_v3_mobilenet_v2_1.0_129_os8_multi_scale'
# Two pixels of two classes each: cross-entropies log(1 + e^-1) and log 2.
LOGITS = tf.constant([[[[1.0, 0.0], [0.0, 0.0]]]])
EASY, HALF = np.log(1 + np.exp(-1.0)), np.log(2.0)


def _loss(logits, labels, **options):
  losses = maps.pixel_losses(logits, labels, **options)
  return maps.mean_of_valid(losses, labels)


class ResizeTest(tf.test.TestCase):
  def test_scaled_keeps_corners(self):
    self.assertEqual(33, maps.scaled(513, 1 / 16))
    self.assertEqual(257, maps.scaled(513, 0.5))
    self.assertEqual(225, maps.scaled(129, 1.75))
    self.assertEqual(32, maps.scaled(512, 1 / 16))  # rounded down

  def test_resize_by_hand(self):
    """Corners stay, the value halfway between two is their mean."""
    values = tf.reshape(tf.constant([0.0, 8.0], tf.float16), [1, 1, 2, 1])
    resized = maps.resize(values, [1, 5])
    self.assertEqual(tf.float32, resized.dtype)
    self.assertAllEqual([0, 2, 4, 6, 8], tf.reshape(resized, [-1]))

  def test_resize_labels_by_hand(self):
    labels = tf.constant([[[0, 1, 255, 3, 4]]], tf.uint8)
    resized = maps.resize_labels(labels, [1, 3])
    self.assertEqual(tf.uint8, resized.dtype)
    self.assertAllEqual([[[0, 255, 4]]], resized)


class LossTest(tf.test.TestCase):
  def test_mean_by_hand(self):
    self.assertAllClose((EASY + HALF) / 2, _loss(LOGITS, [[[0, 1]]]))
    self.assertAllClose((EASY + 1 + HALF) / 2, _loss(LOGITS, [[[1, 1]]]))

  def test_ignored_pixels_do_not_count(self):
    for labels in ([[[0, 255]]], np.array([[[0, 255]]], np.uint8)):
      self.assertAllClose(EASY, _loss(LOGITS, tf.constant(labels)))
      losses = maps.pixel_losses(LOGITS, labels)
      self.assertAllClose([[[EASY, 0.0]]], losses)
    labels = tf.constant([[[0, 7]]])
    losses = maps.pixel_losses(LOGITS, labels, ignore_label=7)
    self.assertAllClose(
      EASY, maps.mean_of_valid(losses, labels, ignore_label=7)
    )

  def test_class_weights_do_not_enter_the_denominator(self):
    weighted = _loss(LOGITS, [[[0, 1]]], class_weights=[1.0, 3.0])
    self.assertAllClose((EASY + 3 * HALF) / 2, weighted)

  def test_nothing_to_learn_from(self):
    """No gradient either, and none that is not a number."""
    labels = tf.constant([[[255, 255]]])
    with tf.GradientTape() as tape:
      tape.watch(LOGITS)
      loss = _loss(LOGITS, labels)
    self.assertEqual(0.0, loss)
    self.assertAllEqual(np.zeros(LOGITS.shape), tape.gradient(loss, LOGITS))

  def test_half_precision_logits_make_a_float32_loss(self):
    loss = _loss(tf.cast(LOGITS, tf.float16), [[[0, 1]]])
    self.assertEqual(tf.float32, loss.dtype)
    self.assertAllClose((EASY + HALF) / 2, loss)

  def test_hardest_by_hand(self):
    losses = tf.constant([[[1.0, 4.0], [0.0, 3.0]], [[2.0, 0.0], [0.0, 0.0]]])

    def hardest(fraction):
      return maps.mean_of_hardest(losses, fraction).numpy()

    self.assertAllClose(3.5, hardest(0.25))  # 2 of 8 pixels
    self.assertAllClose(3.5, hardest(0.3))  # 2.4 are 2
    self.assertAllClose(2.5, hardest(0.75))  # 6, of which 4 are above 0
    self.assertAllClose(2.5, hardest(tf.constant(1.0)))
    self.assertEqual(0.0, hardest(0.1))  # none
    self.assertEqual(0.0, maps.mean_of_hardest(0 * losses, 1.0))

  def test_golden(self):
    description, arrays = testing.load_golden(HEADS)
    expected = description['losses']
    num_classes, seed = description['num_classes'], description['seed']
    logits = tf.constant(
      3 * golden_rule.normal([2, 9, 9, num_classes], seed), tf.float32
    )
    labels = tf.constant(
      segmenters.golden_labels(2, (129, 129), num_classes, seed)
    )
    with tf.GradientTape() as tape:
      tape.watch(logits)
      losses = maps.pixel_losses(logits, labels)
      loss = maps.mean_of_valid(losses, labels)
    gradient = tape.gradient(loss, logits).numpy()
    small = maps.resize_labels(labels, [9, 9])
    weights = 1 + 0.1 * np.arange(num_classes)
    for name, found in {
      'cross_entropy': loss,
      'all_ignored': _loss(logits, tf.fill([2, 129, 129], 255)),
      'labels_downsampled': _loss(logits, small),
      'top_quarter': maps.mean_of_hardest(losses, 0.25),
      'weighted': _loss(logits, labels, class_weights=weights),
    }.items():
      self.assertAllClose(expected[name], found, rtol=1e-5, msg=name)
    self.assertEqual(
      description['valid_pixels'], np.sum(labels != maps.IGNORE_LABEL)
    )
    self.assertLess(
      testing.deviation(testing.sampled(gradient, 512), arrays['gradient']),
      1e-5,
    )
    self.assertAllClose(
      description['gradient']['norm'], np.linalg.norm(gradient), rtol=1e-5
    )


class PredictionTest(tf.test.TestCase):
  def test_by_hand(self):
    logits = tf.constant([[[[0.0, 4.0]], [[4.0, 0.0]]]])
    found = maps.probabilities(logits, [5, 1])
    high = 1 / (1 + np.exp(-np.array([-4.0, -2.0, 0.0, 2.0, 4.0])))
    self.assertAllClose(high, found[0, :, 0, 0])
    self.assertAllClose(1 - high, found[0, :, 0, 1])
    # Of equal ones it is the first class.
    predictions = maps.likeliest(found)
    self.assertEqual(tf.int32, predictions.dtype)
    self.assertAllEqual([[[1], [1], [0], [0], [0]]], predictions)

  def test_golden(self):
    description, arrays = testing.load_golden(HEADS)
    num_classes, seed = description['num_classes'], description['seed']
    logits = 3 * golden_rule.normal([2, 9, 9, num_classes], seed)
    resized = maps.resize(logits, [129, 129])
    self.assertLess(
      testing.deviation(
        testing.sampled(resized.numpy(), 512), arrays['upsampled']
      ),
      1e-5,
    )
    predictions = maps.likeliest(resized)
    self.assertAllEqual(arrays['predictions'], predictions[:, ::4, ::4])
    confusion = maps.confusion_matrix(
      segmenters.golden_labels(2, (129, 129), num_classes, seed),
      predictions,
      num_classes,
    )
    self.assertAllEqual(arrays['confusion'], confusion)
    self.assertAllClose(description['mean_iou'], maps.mean_iou(confusion))


class MultiScaleTest(parameterized.TestCase, tf.test.TestCase):
  def test_sizes(self):
    """What the network sees; logits of a constant stay what they are."""
    seen = []

    def network(images):
      seen.append(tuple(images.shape[1:3]))
      return tf.fill([1, 5, 3, 2], tf.math.log([3.0, 1.0])[0])

    found = maps.multi_scale_probabilities(
      network, tf.zeros([1, 65, 33, 3]), 16, scales=(0.5, 1.25), flip=False
    )
    self.assertEqual([(33, 17), (81, 41)], seen)
    self.assertAllClose(np.full([1, 65, 33, 2], 0.5), found)

  def test_mirrored_by_hand(self):
    """A network that tells left from right: the mirror image takes it back."""

    def network(images):
      del images
      return tf.constant([[[[0.0, 4.0], [0.0, 0.0], [4.0, 0.0]]]])

    images = tf.zeros([1, 1, 3, 3])
    high, low = 1 / (1 + np.exp([-4.0, 4.0]))
    for mirrored, expected in (
      (False, [low, 0.5, high]),
      (True, [high, 0.5, low]),
    ):
      found = maps.probabilities_at_scale(network, images, 1.0, 1, mirrored)
      self.assertAllClose(expected, found[0, 0, :, 0])
    found = maps.multi_scale_probabilities(network, images, 1, [1.0])
    self.assertAllClose([0.5, 0.5, 0.5], found[0, 0, :, 0])

  def test_small_logits_are_enlarged_to_those_of_scale_1(self):
    """As published: from 4 to 5 by interpolation, then to the image's 17.

    At scale 0.5, the golden's smallest, the first step would make no
    difference: all of the logits are among those in between.
    """
    four = [0.0, 9.0, 1.0, 4.0]
    five = [0.0, 6.75, 5.0, 1.75, 4.0]  # at 0, 0.75, 1.5, 2.25, 3
    logits, enlarged = (
      tf.constant([[[[value, 0.0] for value in row]]]) for row in (four, five)
    )
    found = maps.probabilities_at_scale(
      lambda images: logits, tf.zeros([1, 1, 17, 3]), 0.75, 4
    )
    self.assertAllClose(maps.probabilities(enlarged, [1, 17]), found)

  @parameterized.parameters(*networks.IMPLEMENTATIONS)
  def test_golden(self, implementation):
    self.check_golden(implementation=implementation)

  @soak.slow  # minutes, without AVX-512
  def test_golden_in_nchw(self):
    self.check_golden(implementation='fast', data_format='NCHW')

  def check_golden(self, **options):
    description, arrays = testing.load_golden(MULTI_SCALE)
    stride = description['output_stride']
    model = segmenters.deeplab_v3(
      description['num_classes'], output_stride=stride, **options
    )
    images = tf.constant(testing.golden_images(description))

    def network(images):
      return model(images)[0]

    for number, (scale, mirrored) in enumerate(description['order']):
      found = maps.probabilities_at_scale(
        network, images, scale, stride, mirrored
      )
      self.assertLess(
        testing.deviation(
          testing.sampled(found.numpy(), 256), arrays[f'probabilities/{number}']
        ),
        3e-4,
        (scale, mirrored),
      )
    found = maps.multi_scale_probabilities(
      network, images, stride, description['scales'], description['flip']
    )
    self.assertLess(
      testing.deviation(
        testing.sampled(found.numpy(), 1024), arrays['mean_probabilities']
      ),
      3e-4,
    )
    predictions = maps.likeliest(found).numpy()
    self.assertLessEqual(
      np.sum(predictions[:, ::5, ::5] != arrays['predictions']),
      description['close_calls'],
    )
    histogram = np.bincount(
      predictions.reshape(-1), minlength=description['num_classes']
    )
    self.assertLessEqual(
      np.abs(histogram - description['histogram']).sum(),
      2 * description['close_calls'],
    )


class MeanIouTest(tf.test.TestCase):
  def test_golden_by_hand(self):
    """Intersections 2, 2, -, 2 over unions 5, 4, -, 3."""
    small = testing.load_golden(HEADS)[0]['small']
    labels = np.where(small['weights'], small['labels'], 255)
    confusion = maps.confusion_matrix(
      labels, small['predictions'], small['num_classes']
    )
    self.assertEqual(tf.int64, confusion.dtype)
    self.assertAllEqual(small['confusion'], confusion)
    self.assertAllClose(
      [2 / 5, 2 / 4, np.nan, 2 / 3], maps.class_ious(confusion)
    )
    self.assertAllClose(small['mean_iou'], maps.mean_iou(confusion))

  def test_a_class_that_is_only_predicted_counts(self):
    self.assertAllClose(0.25, maps.mean_iou(np.array([[1, 1], [0, 0]])))

  def test_nothing_counted(self):
    self.assertEqual(0.0, maps.mean_iou(np.zeros([3, 3], np.int64)))

  def test_large_counts_are_exact(self):
    """Where float32 would lose a pixel: VOC has 268 million."""
    large = np.array([[2**24, 1], [0, 2**24 + 1]], np.int64)
    more = maps.confusion_matrix([0, 1, 255], [1, 1, 0], 2).numpy()
    self.assertAllEqual([[2**24, 2], [0, 2**24 + 2]], large + more)

  def test_a_label_that_is_no_class(self):
    with self.assertRaisesRegex(tf.errors.InvalidArgumentError, 'out of bound'):
      maps.confusion_matrix([3], [0], 2)


if __name__ == '__main__':
  tf.test.main()
