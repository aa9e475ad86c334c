"""Targets, against arithmetic by hand and the published ones."""

import numpy as np
import tensorflow as tf

from tasks.detection import targets as targets_lib
from tests.helpers import detection

ANCHORS = tf.constant(
  [[0.0, 0.0, 0.4, 0.4], [0.0, 0.0, 0.4, 0.2], [0.5, 0.5, 1.0, 1.0]]
)


class TargetsTest(tf.test.TestCase):
  def test_golden(self):
    heads = detection.heads()
    expected, targets = heads.arrays, heads.targets
    self.assertAllEqual(expected['targets/match'], targets.match)
    matched = expected['targets/matched']
    self.assertAllEqual(matched, np.argwhere(targets.is_positive))

    def of_matched(values):
      return detection.of_matched(values, matched)

    self.assertAllClose(
      expected['targets/reg_targets'],
      of_matched(targets.box_encodings),
      rtol=0,
      atol=1e-5,
    )
    for key, values in (
      ('reg_weights', targets.box_weights),
      ('cls_weights', targets.class_weights),
      ('classes', targets.classes),
    ):
      self.assertAllEqual(expected[f'targets/{key}'], of_matched(values), key)
    unmatched = ~targets.is_positive.numpy()
    for values, expected in (
      (targets.box_encodings, 0),
      (targets.box_weights, 0),
      (targets.classes, 0),
      (targets.class_weights, 1),
    ):
      values = values.numpy()[unmatched]
      self.assertAllEqual(np.full_like(values, expected), values)

  def test_by_hand(self):
    """An image with one object of weight 0.25, and one without."""
    groundtruth = targets_lib.Groundtruth(
      tf.constant([[[0.0, 0.0, 0.4, 0.4]], [[0.0] * 4]]),
      tf.constant([[4], [0]]),
      tf.constant([[0.25], [0.0]]),
    )
    targets = targets_lib.assign(groundtruth, ANCHORS)
    self.assertAllEqual([[0, 0, -1], [-1, -1, -1]], targets.match)
    self.assertAllEqual([[5, 5, 0], [0, 0, 0]], targets.classes)
    self.assertAllEqual([[0.25, 0.25, 0.0], [0.0] * 3], targets.box_weights)
    self.assertAllEqual([[0.25, 0.25, 1.0], [1.0] * 3], targets.class_weights)
    # Twice as wide as the second anchor, and half its width to the right.
    self.assertAllClose(
      [0.0, 10 * 0.5, 0.0, 5 * np.log(2)],
      targets.box_encodings[0, 1],
      rtol=1e-5,
      atol=1e-5,
    )
    self.assertAllEqual(np.zeros([3, 4]), targets.box_encodings[1])

  def test_no_box_in_the_batch(self):
    targets = targets_lib.assign(
      targets_lib.Groundtruth(
        tf.zeros([2, 0, 4]), tf.zeros([2, 0], tf.int32), tf.zeros([2, 0])
      ),
      ANCHORS,
    )
    self.assertAllEqual(np.zeros([2, 3, 4]), targets.box_encodings)
    self.assertAllEqual(np.zeros([2, 3]), targets.classes)
    self.assertAllEqual(np.ones([2, 3]), targets.class_weights)


if __name__ == '__main__':
  tf.test.main()
