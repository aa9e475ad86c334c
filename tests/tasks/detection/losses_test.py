"""The multibox loss, by hand and against the published one."""

import numpy as np
import tensorflow as tf

from specs.ssdlite import Predictions
from tasks.detection import losses as losses_lib
from tasks.detection.targets import Targets
from tests.helpers import detection
from tests.helpers import networks as testing

# Three anchors: a match of weight 1, one of weight 0.5, and the background.
TARGETS = Targets(
  match=tf.constant([[0, 1, -1]]),
  box_encodings=tf.constant(
    [[[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]]
  ),
  box_weights=tf.constant([[1.0, 0.5, 0.0]]),
  classes=tf.constant([[2, 1, 0]]),
  class_weights=tf.constant([[1.0, 0.5, 1.0]]),
)
ANCHORS = tf.constant(
  [[0.0, 0.0, 0.2, 0.2], [0.3, 0.3, 0.5, 0.5], [0.6, 0.6, 0.9, 0.9]]
)


def _softplus(value):
  return np.log1p(np.exp(value))


class LossesTest(tf.test.TestCase):
  def test_golden(self):
    heads = detection.heads()
    matched = heads.arrays['targets/matched']
    location = losses_lib.localization_losses(
      heads.predictions.box_encodings, heads.targets
    ).numpy()
    classification = losses_lib.classification_losses(
      heads.predictions.class_logits, heads.targets
    ).numpy()
    for key, values in (
      ('location', testing.sampled(location, 256)),
      ('classification', testing.sampled(classification, 256)),
      ('location_matched', detection.of_matched(location, matched)),
    ):
      expected = heads.arrays[f'loss/{key}']
      self.assertLessEqual(testing.deviation(values, expected), 1e-5, key)
    sums = heads.description['loss']
    self.assertAllClose(sums['sum_location'], location.sum(), rtol=1e-5)
    self.assertAllClose(
      sums['sum_classification'], classification.sum(), rtol=1e-5
    )

  def test_golden_after_mining_and_its_gradients(self):
    heads = detection.heads()
    predictions = heads.predictions
    with tf.GradientTape() as tape:
      tape.watch(predictions)
      losses = losses_lib.multibox_losses(
        predictions, heads.targets, heads.anchors
      )
      loss = sum(losses.values())
    for key, value in losses.items():
      self.assertAllClose(heads.description['loss'][key], value, rtol=1e-5)
    gradients = tape.gradient(loss, predictions)
    rows = gradients.box_encodings.numpy().reshape(-1, 4)
    self.assertAllClose(
      heads.arrays['gradients/box_encodings'],
      rows[rows.any(-1)],
      rtol=0,
      atol=1e-6,
    )
    for key, gradient in (
      ('box_encodings', gradients.box_encodings),
      ('class_predictions', gradients.class_logits),
    ):
      self.assertAllClose(
        heads.description['gradients'][key]['norm'],
        np.linalg.norm(gradient),
        rtol=1e-5,
      )

  def test_golden_by_xla(self):
    heads = detection.heads()
    losses = tf.function(losses_lib.multibox_losses, jit_compile=True)(
      heads.predictions, heads.targets, heads.anchors
    )
    for key, value in losses.items():
      self.assertAllClose(heads.description['loss'][key], value, rtol=1e-5)

  def test_localization(self):
    encodings = tf.constant(
      # errors 0.5, 1, -2 and 0; 3; what has no match does not count
      [[[1.5, 1.0, -2.0, 0.0], [0.0, 0.0, 0.0, 3.0], [9.0, 9.0, 9.0, 9.0]]]
    )
    self.assertAllClose(
      [[0.125 + 0.5 + 1.5, 0.5 * 2.5, 0.0]],
      losses_lib.localization_losses(encodings, TARGETS),
    )

  def test_classification(self):
    logits = tf.constant([[[1.0, 0.0, 2.0], [0.0, 3.0, 0.0], [4.0, 0.0, -1.0]]])
    self.assertAllClose(
      [
        [
          _softplus(1.0) + _softplus(0.0) + _softplus(-2.0),
          0.5 * (2 * _softplus(0.0) + _softplus(-3.0)),
          _softplus(-4.0) + _softplus(0.0) + _softplus(-1.0),
        ]
      ],
      losses_lib.classification_losses(logits, TARGETS),
    )

  def test_normalizer(self):
    """The weights' sum over the batch, not the number of its images."""
    predictions = Predictions(tf.zeros([1, 3, 4]), tf.zeros([1, 3, 3]))
    one = losses_lib.multibox_losses(predictions, TARGETS, ANCHORS)
    self.assertAllClose(0.5 / 1.5, one['localization'])
    self.assertAllClose(
      2.5 * 3 * np.log(2) / 1.5, one['classification'], rtol=1e-5
    )
    two = losses_lib.multibox_losses(
      *tf.nest.map_structure(
        lambda value: tf.concat([value, value], 0), (predictions, TARGETS)
      ),
      ANCHORS,
    )
    self.assertAllClose(one, two)

  def test_only_the_chosen_count(self):
    """Two matched anchors predict one box: the one of the lower loss goes."""
    anchors = tf.gather(ANCHORS, [0, 0, 2])
    targets = TARGETS._replace(box_encodings=tf.ones([1, 3, 4]))
    predictions = Predictions(tf.zeros([1, 3, 4]), tf.zeros([1, 3, 3]))
    with tf.GradientTape() as tape:
      tape.watch(predictions)
      losses = losses_lib.multibox_losses(predictions, targets, anchors)
      loss = sum(losses.values())
    self.assertAllClose(4 * 0.5 / 1.5, losses['localization'])
    self.assertAllClose(6 * np.log(2) / 1.5, losses['classification'])
    encodings, logits = tape.gradient(loss, predictions)
    self.assertAllEqual([[True, False, False]], encodings.numpy().any(-1))
    self.assertAllEqual([[True, False, True]], logits.numpy().any(-1))

  def test_nothing_matched(self):
    """The normalizer is 1, and the worst three negatives count."""
    targets = TARGETS._replace(
      match=tf.constant([[-1, -1, -1]]),
      box_weights=tf.zeros([1, 3]),
      classes=tf.zeros([1, 3], tf.int32),
      class_weights=tf.ones([1, 3]),
    )
    predictions = Predictions(tf.zeros([1, 3, 4]), tf.zeros([1, 3, 2]))
    losses = losses_lib.multibox_losses(predictions, targets, ANCHORS)
    self.assertAllEqual(0.0, losses['localization'])
    self.assertAllClose(6 * np.log(2), losses['classification'], rtol=1e-5)


if __name__ == '__main__':
  tf.test.main()
