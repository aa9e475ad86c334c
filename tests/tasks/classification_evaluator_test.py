"""What an evaluator of classifiers tells: by hand, and by scikit-learn."""

import numpy as np
from sklearn import metrics as sklearn_metrics
import tensorflow as tf

from datasets.sized_labels import SizedLabels
from tasks import classification_details
from tasks.classification_evaluator import ClassificationEvaluator

_NAMES = ('ant', 'bee', 'cat')
_LOGITS = np.log(
  np.float32(
    [[0.9, 0.05, 0.05], [0.2, 0.6, 0.2], [0.1, 0.7, 0.2], [0.4, 0.3, 0.3]]
  )
)
_LABELS = np.array([0, 1, 0, 1])


def _evaluator(sizes=None, names=_NAMES):
  """Returns one that has had the four examples, in two batches."""
  evaluator = ClassificationEvaluator(3, names)
  for batch in (slice(0, 3), slice(3, 4)):
    targets = tf.constant(_LABELS[batch])
    if sizes is not None:
      targets = SizedLabels(targets, tf.constant(sizes[batch], tf.int32))
    evaluator.add(tf.constant(_LOGITS[batch]), targets)
  return evaluator


def _section(details, name):
  (section,) = [one for one in details.sections if one.name == name]
  return section


class EvaluatorTest(tf.test.TestCase):
  def test_errors_are_the_confidences_of_what_is_wrong(self):
    errors = ClassificationEvaluator(3).add(
      tf.constant(_LOGITS), tf.constant(_LABELS)
    )
    self.assertAllClose([np.nan, np.nan, 0.7, 0.4], errors)

  def test_recall_that_is_always_1_is_left_out(self):
    for num_classes, there in ((2, False), (5, False), (6, True)):
      evaluator = ClassificationEvaluator(num_classes)
      evaluator.add(tf.eye(num_classes), tf.range(num_classes, dtype=tf.int64))
      self.assertEqual(there, 'Recall_5' in evaluator.result())
      self.assertLen(evaluator.result(), 3 if there else 2)

  def test_captions(self):
    """Numbered over all batches; numbers where there are no names."""
    self.assertEqual('ant, taken for bee (0.70)', _evaluator().caption(2))
    self.assertEqual('bee, taken for ant (0.40)', _evaluator().caption(3))
    unnamed = _evaluator(names=None)
    self.assertEqual('0, taken for 1 (0.70)', unnamed.caption(2))

  def test_classes(self):
    """Of cat there is nothing: no number, and no warning."""
    table = _section(_evaluator().details(), 'classes').table
    self.assertEqual(
      [
        ('ant', 0.5, 0.5, 0.5, 2),
        ('bee', 0.5, 0.5, 0.5, 2),
        ('cat', None, None, None, 0),
      ],
      table.rows[:3],
    )
    for row in table.rows[3:]:
      self.assertEqual((0.5, 0.5, 0.5, 4), row[1:])

  def test_classes_by_scikit_learn(self):
    generator = np.random.default_rng(0)
    logits = generator.normal(size=[50, 4]).astype(np.float32)
    labels = generator.integers(4, size=50)
    evaluator = ClassificationEvaluator(4, ['a', 'b', 'b', 'macro avg'])
    evaluator.add(tf.constant(logits), tf.constant(labels))
    rows = _section(evaluator.details(), 'classes').table.rows
    *parts, support = zip(*(row[1:] for row in rows[:4]))
    expected = sklearn_metrics.precision_recall_fscore_support(
      labels, logits.argmax(1)
    )
    self.assertAllClose(expected[:3], parts)
    self.assertAllEqual(expected[3], support)

  def test_confusion(self):
    details = _evaluator().details()
    matrix = _section(details, 'confusion').chart
    self.assertAllEqual([[1, 1, 0], [1, 1, 0], [0, 0, 0]], matrix.counts)
    self.assertEqual(
      [('ant', 'bee', 1, 0.5), ('bee', 'ant', 1, 0.5)],
      _section(details, 'confused').table.rows,
    )

  def test_calibration_by_hand(self):
    """0.9: right, gap 0.1; 0.6: right, 0.4; 0.7: wrong; 0.4: wrong."""
    details = _evaluator().details()
    error = (0.1 + 0.4 + 0.7 + 0.4) / 4
    self.assertAllClose(error, details.headline['calibration error'])
    rows = _section(details, 'calibration').table.rows
    self.assertAllClose(
      [(0.4, 0, 1), (0.6, 1, 1), (0.7, 0, 1), (0.9, 1, 1)], rows
    )

  def test_calibration_error_weighs_bins_by_their_images(self):
    """A probability that was rounded to above 1 is one."""
    bins = classification_details.reliability(
      np.array([1.0000001, 0.95, 0.45, 1.0]), np.array([1, 1, 0, 1])
    )
    self.assertAllEqual([1, 3], bins.counts)
    self.assertAllClose([0.45, 2.95 / 3], bins.confidences)
    self.assertAllClose(
      (0.45 + 0.05) / 4, classification_details.calibration_error(bins)
    )

  def test_sizes(self):
    """By the shorter side: 31 is below 32, which is below 64."""
    sizes = np.array([[31, 90], [32, 40], [63, 63], [70, 64]])
    section = _section(_evaluator(sizes).details(), 'sizes')
    self.assertEqual(
      [('16 to 31', 1.0, 1), ('32 to 63', 0.5, 2), ('64 to 127', 0.0, 1)],
      section.table.rows,
    )
    self.assertEqual([1.0, 0.5, 0.0], section.chart.values)

  def test_all_of_one_size(self):
    details = _evaluator(np.full([4, 2], 8)).details()
    section = _section(details, 'sizes')
    self.assertIn('8 to 15 pixels', section.text)
    self.assertIsNone(section.table)

  def test_sizes_that_are_not_known(self):
    names = [one.name for one in _evaluator().details().sections]
    self.assertNotIn('sizes', names)


if __name__ == '__main__':
  tf.test.main()
