"""The task of segmenters: metrics, loss and pictures by hand."""

import numpy as np
import tensorflow as tf

from base.errors import InputError
from tasks.segmentation import drawing
from tasks.segmentation import task as segmentation


class TaskTest(tf.test.TestCase):
  def test_evaluator_over_two_batches_by_hand(self):
    """Classes 0 and 1 of three; the third neither occurs nor is predicted."""
    evaluator = segmentation.make_task(
      3, ('sky', 'sea', 'sun')
    ).make_evaluator()
    labels = np.array([[[0, 0], [1, 255]], [[1, 1], [0, 255]]], np.uint8)
    predicted = np.array([[[0, 1], [1, 0]], [[1, 1], [0, 1]]])
    for i in range(2):
      evaluator.add(
        tf.one_hot(predicted[i : i + 1], 3), tf.constant(labels[i : i + 1])
      )
    # Of six pixels five are right; class 0: 2 of 3, class 1: 3 of 4.
    self.assertAllClose(
      {
        'mIOU': (2 / 3 + 3 / 4) / 2,
        'pixel_accuracy': 5 / 6,
        'IoU_sky': 2 / 3,
        'IoU_sea': 3 / 4,
      },
      evaluator.result(),
    )

  def test_loss_and_metric_of_small_logits(self):
    """Logits of one position, 1 and 0, spread over all pixels."""
    task = segmentation.make_task(2)
    logits = tf.constant([[[[1.0, 0.0]]]])
    labels = tf.constant([[[0, 1], [0, 255]]], tf.uint8)
    loss = task.losses(logits, {}, labels)['cross_entropy']
    right = np.log(1 + np.exp(-1.0))
    self.assertAllClose((2 * right + right + 1) / 3, loss)
    self.assertAllClose(2 / 3, task.metrics(logits, labels)['pixel_accuracy'])

  def test_labels_at_the_size_of_the_logits(self):
    """Of five pixels the corners and the middle: all right, or two wrong."""
    labels = tf.constant([[[0, 1, 0, 1, 255]]], tf.uint8)
    logits = tf.constant([[[[1.0, 0.0]] * 3]])
    right = np.log(1 + np.exp(-1.0))
    for upsample_logits, expected in ((True, right + 0.5), (False, right)):
      task = segmentation.make_task(2, upsample_logits=upsample_logits)
      loss = task.losses(logits, {}, labels)['cross_entropy']
      self.assertAllClose(expected, loss)

  def test_weights_and_hardest_pixels(self):
    """Of two pixels, of losses log 2 and 3 log 2, the half that is harder."""
    logits = tf.zeros([1, 1, 2, 2])
    labels = tf.constant([[[0, 1]]], tf.uint8)
    for fraction, expected in ((1.0, 2.0), (0.5, 3.0)):
      task = segmentation.make_task(
        2, label_weights=(1.0, 3.0), hardest_fraction=fraction
      )
      loss = task.losses(logits, {}, labels)['cross_entropy']
      self.assertAllClose(expected * np.log(2), loss)
    with self.assertRaisesRegex(InputError, 'label_weights: 3 numbers, .* 2'):
      segmentation.make_task(2, label_weights=(1, 1, 1))

  def test_nothing_but_ignored_pixels(self):
    task = segmentation.make_task(2)
    logits, labels = tf.ones([1, 1, 1, 2]), tf.fill([1, 2, 2], 255)
    self.assertEqual(0.0, task.metrics(logits, labels)['pixel_accuracy'])
    self.assertEqual(0.0, task.losses(logits, {}, labels)['cross_entropy'])

  def test_details(self):
    """Of [[0, 0], [1, 255]] two of three are right; the third class is not."""
    evaluator = segmentation.make_task(
      3, ('sky', 'sea', 'sun')
    ).make_evaluator()
    labels = tf.constant([[[0, 0], [1, 255]]], tf.uint8)
    evaluator.add(tf.one_hot([[[0, 1], [1, 0]]], 3), labels)
    details = evaluator.details()
    self.assertAllClose(
      {'mIOU': 0.5, 'pixel_accuracy': 2 / 3}, details.headline
    )
    (section,) = details.sections
    self.assertEqual(
      [('sky', 0.5, 2, 1), ('sea', 0.5, 1, 2)], section.table.rows
    )
    self.assertEqual(['sky', 'sea'], section.chart.names)
    self.assertEqual([0.5, 0.5], section.chart.values)
    self.assertAllEqual(drawing.palette()[:2], section.chart.colors)
    self.assertEqual('mIOU 0.50', evaluator.caption(0))

  def test_errors(self):
    """The first image is all wrong, the second half right, of one batch."""
    labels = np.array([[[0, 0]], [[0, 1]]], np.uint8)
    logits = tf.one_hot([[[1, 1]], [[0, 0]]], 2)
    evaluator = segmentation.make_task(2).make_evaluator()
    # IoU of the second: 1 of 2, and 0 of 1.
    self.assertAllClose([1.0, 1 - 0.5 / 2], evaluator.add(logits, labels))

  def test_picture(self):
    labels, logits = np.array([[0, 1]], np.uint8), np.float32([[[1, 0]] * 2])
    image = np.full([1, 2, 3], 100, np.uint8)
    picture = segmentation.make_task(2).draw(image, logits, labels)
    self.assertEqual([1, 4, 3], list(picture.shape))
    red = np.round(0.4 * 100 + 0.6 * drawing.palette()[1])
    self.assertAllEqual([[100] * 3, red, [100] * 3, [100] * 3], picture[0])


if __name__ == '__main__':
  tf.test.main()
