"""What suppression leaves, class by class."""

import numpy as np
import tensorflow as tf

from tasks.detection import non_maximum_suppression

# 1 overlaps 0 by 0.61, 2 overlaps 0 by 0.59; 1 and 2 overlap by more.
BOXES = tf.constant(
  [[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 0.61, 1.0], [0.0, 0.0, 0.59, 1.0]]
)


def _left(scores):
  """Returns [(box, class)] of what is left, of scores [boxes, classes]."""
  found = non_maximum_suppression.by_class(BOXES, tf.constant(scores))
  kept = np.flatnonzero(found.scores)
  return list(zip(found.anchors.numpy()[kept], found.classes.numpy()[kept]))


class NonMaximumSuppressionTest(tf.test.TestCase):
  def test_more_than_the_limit(self):
    self.assertEqual([(0, 0), (2, 0)], _left([[0.9], [0.8], [0.7]]))

  def test_what_is_suppressed_suppresses_nothing(self):
    """2 would go by 1, which has gone by 0."""
    self.assertEqual([(0, 0), (2, 0)], _left([[0.9], [0.5], [0.4]]))
    self.assertEqual([(1, 0)], _left([[0.4], [0.9], [0.5]]))

  def test_classes_are_apart(self):
    self.assertEqual(
      [(0, 0), (2, 0), (1, 1)], _left([[0.9, 0.1], [0.1, 0.8], [0.5, 0.7]])
    )

  def test_scores_as_low_as_nothing(self):
    self.assertEqual([(1, 0)], _left([[1e-8], [2e-8], [0.0]]))

  def test_a_hundred_of_a_class(self):
    left = tf.linspace(0.0, 0.9, 150)
    boxes = tf.stack([left, left, left + 1e-3, left + 1e-3], -1)
    scores = tf.linspace([0.9, 0.2], [0.1, 0.8], 150)
    found = non_maximum_suppression.by_class(boxes, scores)
    self.assertAllEqual(
      [*range(100), *range(149, 49, -1)], found.anchors.numpy()
    )
    self.assertAllEqual([0] * 100 + [1] * 100, found.classes)


if __name__ == '__main__':
  tf.test.main()
