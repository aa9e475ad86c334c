"""What may be chosen of SSD's loss and detections changes them, by hand."""

import numpy as np
import tensorflow as tf

from specs.ssdlite import Predictions
from tasks.detection import anchors as anchors_lib
from tasks.detection import box_coder
from tasks.detection import hard_example_miner
from tasks.detection import matcher
from tasks.detection import task as detection
from tasks.detection.options import DetectionOptions
from tests.helpers import detection as testing


class OptionsTest(tf.test.TestCase):
  def test_matched_threshold(self):
    """The second anchor is no box's best; it overlaps one by 0.4."""
    overlap = tf.constant([[0.9, 0.4]])
    for threshold, expected in ((0.5, [0, -1]), (0.3, [0, 0])):
      self.assertAllEqual(
        expected, matcher.match(overlap, tf.ones([1]), threshold)
      )

  def test_negatives(self):
    """One positive, then negatives of losses 4, 3, 2, 1."""
    boxes = tf.constant([[[0.0, i, 1.0, i + 1] for i in range(5)]], tf.float32)
    losses = tf.constant([[5.0, 4.0, 3.0, 2.0, 1.0]])
    positive = tf.constant([[True, False, False, False, False]])
    for of_each, least, expected in ((1, 0, 2), (0, 3, 4), (0, 0, 1)):
      chosen = hard_example_miner.mine(boxes, losses, positive, of_each, least)
      self.assertAllEqual([[1] * expected + [0] * (5 - expected)], chosen)

  def test_weights_of_losses(self):
    anchors = anchors_lib.ssdlite_anchors(32, 32)
    random = np.random.default_rng(0)
    predictions = Predictions(
      tf.constant(random.normal(size=[1, len(anchors), 4]), tf.float32),
      tf.constant(random.normal(size=[1, len(anchors), 3]), tf.float32),
    )
    targets = testing.BoxTargets(
      tf.constant([[[0.1, 0.1, 0.7, 0.7]]]),
      tf.constant([[1]], tf.int64),
      tf.constant([[False]]),
      tf.constant([[0.36]]),
      tf.constant([1]),
      tf.constant([[32, 32]]),
      tf.constant([0], tf.int64),
    )
    plain, weighted = (
      detection.make_task(2, 32, options=options).losses(
        predictions, {}, targets
      )
      for options in (
        DetectionOptions(),
        DetectionOptions(localization_weight=2.0, classification_weight=0.5),
      )
    )
    self.assertGreater(plain['localization'], 0.1)
    self.assertAllClose(2 * plain['localization'], weighted['localization'])
    self.assertAllClose(
      0.5 * plain['classification'], weighted['classification']
    )

  def test_iou_threshold(self):
    """Two boxes that overlap by 0.8 of their union are one object, or two."""
    anchors = anchors_lib.ssdlite_anchors(32, 32)
    logits = np.full([1, len(anchors), 2], -20.0, np.float32)
    logits[0, :2, 1] = [3.0, 2.0]
    boxes = np.array([[0.2, 0.2, 0.7, 0.7], [0.2, 0.2, 0.7, 0.6]], np.float32)
    encodings = np.zeros([1, len(anchors), 4], np.float32)
    encodings[0, :2] = box_coder.encode(tf.constant(boxes), anchors[:2])
    predictions = Predictions(tf.constant(encodings), tf.constant(logits))
    for threshold, count in ((0.7, 1), (0.9, 2)):
      task = detection.make_task(
        1, 32, options=DetectionOptions(iou_threshold=threshold)
      )
      found = task.predict(predictions)
      self.assertEqual(count, np.sum(found.scores.numpy() > 0.5))

  def test_which_and_how_many_detections(self):
    """Of scores 0.9, 0.8, 0.7 of one class and 0.6 of the other, all apart."""
    anchors = anchors_lib.ssdlite_anchors(32, 32)
    scores = np.full([1, len(anchors), 3], 1e-9)
    scores[0, :4, 1:] = [[0.9, 1e-9], [0.8, 1e-9], [0.7, 1e-9], [1e-9, 0.6]]
    boxes = [[0.1, left, 0.9, left + 0.1] for left in (0.1, 0.3, 0.5, 0.7)]
    encodings = np.zeros([1, len(anchors), 4], np.float32)
    encodings[0, :4] = box_coder.encode(tf.constant(boxes), anchors[:4])
    predictions = Predictions(
      tf.constant(encodings),
      tf.constant(np.log(scores / (1 - scores)), tf.float32),
    )
    for options, expected in (
      ({}, [0.9, 0.8, 0.7, 0.6]),
      ({'score_threshold': 0.65}, [0.9, 0.8, 0.7]),
      ({'max_detections_per_class': 2}, [0.9, 0.8, 0.6]),
      ({'max_total_detections': 2}, [0.9, 0.8]),
    ):
      task = detection.make_task(2, 32, options=DetectionOptions(**options))
      found = task.predict(predictions)
      count = int(found.count[0])
      self.assertAllClose(expected, found.scores[0, :count])
      self.assertAllEqual(
        np.zeros(100)[: found.scores.shape[1] - count], found.scores[0, count:]
      )


if __name__ == '__main__':
  tf.test.main()
