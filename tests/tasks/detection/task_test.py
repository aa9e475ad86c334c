"""The detector's Task: targets in, losses, metrics and detections out."""

import numpy as np
import tensorflow as tf

from specs.ssdlite import Predictions
from tasks.detection import anchors as anchors_lib
from tasks.detection import losses as losses_lib
from tasks.detection import targets as targets_lib
from tasks.detection import task as task_lib
from tests.helpers import detection
from tests.helpers import networks as testing
from tests.helpers import soak

IMAGE_SIZE = 64
NUM_CLASSES = 3
SIZE = (60, 120)  # of the original image
ANT = (6, 12, 36, 72)
BEE = (30, 60, 54, 114)
THERE = [
  (SIZE, [(ANT, 0, False, None), (BEE, 2, False, None)]),
  (SIZE, [(BEE, 1, False, None), (ANT, 0, True, None)]),
  (SIZE, []),
]
# The same by hand, what is a crowd's or filling at weight 0.
GROUNDTRUTH = targets_lib.Groundtruth(
  tf.constant(
    [
      [[0.1, 0.1, 0.6, 0.6], [0.5, 0.5, 0.9, 0.95]],
      [[0.5, 0.5, 0.9, 0.95], [0.1, 0.1, 0.6, 0.6]],
      [[0, 0, 0, 0], [0, 0, 0, 0]],
    ],
    tf.float32,
  ),
  tf.constant([[0, 2], [1, 0], [0, 0]]),
  tf.constant([[1, 1], [1, 0], [0, 0]], tf.float32),
)


def _anchors():
  return tf.constant(anchors_lib.ssdlite_anchors(IMAGE_SIZE, IMAGE_SIZE))


def _assigned():
  return targets_lib.assign(GROUNDTRUTH, _anchors())


def _perfect():
  """Returns Predictions of exactly what is there, crowds aside."""
  assigned = _assigned()
  classes = np.where(assigned.box_weights > 0, assigned.classes, 0)
  logits = np.full([*classes.shape, 1 + NUM_CLASSES], -20, np.float32)
  np.put_along_axis(logits, classes[..., np.newaxis], 9, -1)
  return Predictions(assigned.box_encodings, tf.constant(logits))


def _random():
  rng = np.random.default_rng(0)
  shape = [len(THERE), len(_anchors())]
  return Predictions(
    tf.constant(rng.normal(0, 1, [*shape, 4]), tf.float32),
    tf.constant(rng.normal(0, 1, [*shape, 1 + NUM_CLASSES]), tf.float32),
  )


class TaskTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.task = task_lib.make_task(
      NUM_CLASSES, IMAGE_SIZE, ('ant', 'bee', 'cat')
    )
    self.targets = detection.box_targets(THERE)

  def test_groundtruth(self):
    for one, other in zip(task_lib.groundtruth(self.targets), GROUNDTRUTH):
      self.assertEqual(other.dtype, one.dtype)
      self.assertAllClose(other, one)

  def test_losses(self):
    for predictions in (_perfect(), _random()):
      losses = self.task.losses(predictions, {}, self.targets)
      expected = losses_lib.multibox_losses(
        predictions, _assigned(), _anchors()
      )
      self.assertAllClose(expected, losses)
    self.assertGreater(losses['localization'], 0.1)
    self.assertGreater(losses['classification'], 0.1)

  def test_metrics_of_perfect_predictions(self):
    metrics = self.task.metrics(_perfect(), self.targets)
    self.assertAllClose({'class_accuracy': 1, 'box_overlap': 1}, metrics)

  def test_metrics_by_hand(self):
    """Half of the anchors are of another class; boxes are half as high.

    That the background is likelier does not matter.
    """
    predictions, weights = _perfect(), _assigned().box_weights
    matched = np.argwhere(weights > 0)
    self.assertGreater(len(matched), 3)
    logits = predictions.class_logits.numpy()
    logits[..., 0] = 30
    for image, anchor in matched[: len(matched) // 2]:
      wrong = 1 + _assigned().classes[image, anchor] % NUM_CLASSES
      logits[image, anchor, wrong] = 10
    encodings = predictions.box_encodings - [0, 0, 5 * np.log(2), 0]
    metrics = self.task.metrics(Predictions(encodings, logits), self.targets)
    right = len(matched) - len(matched) // 2
    self.assertAllClose(
      {'class_accuracy': right / len(matched), 'box_overlap': 0.5},
      metrics,
      rtol=1e-5,
    )

  def test_metrics_without_objects(self):
    targets = detection.box_targets([(SIZE, [])] * len(THERE))
    metrics = self.task.metrics(_random(), targets)
    self.assertAllEqual({'class_accuracy': 0, 'box_overlap': 0}, metrics)

  def test_predict(self):
    found = self.task.predict(_perfect())
    self.assertAllEqual([2, 1, 0], found.count)
    self.assertAllEqual([0, 2], np.sort(found.classes[0, :2]))
    self.assertEqual(1, found.classes[1, 0])
    self.assertAllClose(GROUNDTRUTH.boxes[1, 0], found.boxes[1, 0], atol=1e-5)

  def test_evaluator(self):
    evaluator = self.task.make_evaluator()
    predictions = _perfect()
    for image in range(len(THERE)):  # in batches of one
      one = slice(image, image + 1)
      evaluator.add(
        Predictions(*(values[one] for values in predictions)),
        detection.BoxTargets(*(values[one] for values in self.targets)),
      )
    metrics = evaluator.result()
    for name in ('mAP', 'AR_100', 'AP50_voc', 'AP_ant', 'AP_bee', 'AP_cat'):
      self.assertAlmostEqual(1.0, metrics[name], places=5, msg=name)
    self.assertIn('mAP_medium', metrics)
    self.assertNotIn('mAP_large', metrics)

  @soak.slow
  def test_trains_in_a_graph(self):
    """The network by name, a batch size that is not known, and by XLA."""
    model = testing.ruled_model(
      'ssdlite_mobilenet_v2_035', NUM_CLASSES, 'fast', image_size=IMAGE_SIZE
    )
    images = np.float32(
      np.random.default_rng(0).uniform(-1, 1, [3, IMAGE_SIZE, IMAGE_SIZE, 3])
    )
    outputs, end_points = model(tf.constant(images))
    expected = self.task.losses(outputs, end_points, self.targets)

    def losses_and_metrics(outputs, targets):
      return (
        self.task.losses(outputs, {}, targets),
        self.task.metrics(outputs, targets),
      )

    for compiled in (False, True):
      function = tf.function(
        losses_and_metrics, autograph=False, jit_compile=compiled
      )
      if not compiled:
        function = function.get_concrete_function(
          *tf.nest.map_structure(
            lambda values: tf.TensorSpec(
              [None, *values.shape[1:]], values.dtype
            ),
            (outputs, self.targets),
          )
        )
      losses, metrics = function(outputs, self.targets)
      self.assertAllClose(expected, losses, rtol=1e-4)
      for value in metrics.values():
        self.assertEqual([], value.shape)


if __name__ == '__main__':
  tf.test.main()
