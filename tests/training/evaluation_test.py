"""Metrics by hand and by scikit-learn."""

from unittest import mock

import numpy as np
from sklearn import metrics as sklearn_metrics
import tensorflow as tf

from base.errors import InputError
from runtime import inference
from tasks import classification
from tasks.classification_evaluator import ClassificationEvaluator
from tests.helpers import networks as testing
from training import evaluation


def _evaluate(logits, labels, batch_size=4):
  """Evaluates a network whose images are its logits."""
  logits, labels = np.float32(logits), np.int64(labels)
  batches = tf.data.Dataset.from_tensor_slices((logits, labels))
  task = classification.make_task(logits.shape[1])
  return evaluation.evaluate(
    tf.identity,
    batches.batch(batch_size),
    task.make_evaluator(),
    'model.ckpt-7',
  )


class EvaluateTest(tf.test.TestCase):
  def test_by_hand(self):
    logits = np.log(
      [[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.125, 0.125, 0.75]]
    )
    metrics = _evaluate(logits, [0, 0, 2], batch_size=2)
    self.assertAlmostEqual(2 / 3, metrics['Accuracy'])
    self.assertAlmostEqual(np.log([2, 4, 4 / 3]).mean(), metrics['loss'], 6)
    self.assertEqual(3, metrics['num_examples'])
    self.assertGreater(metrics['images_per_second'], 0)
    self.assertLen(metrics, 4)

  def test_by_scikit_learn_in_batches_of_any_size(self):
    generator = np.random.default_rng(0)
    logits = generator.normal(size=[23, 12])
    labels = generator.integers(12, size=23)
    all_labels = np.arange(12)
    probabilities = tf.nn.softmax(logits).numpy()
    for batch_size in (23, 5, 1):
      metrics = _evaluate(logits, labels, batch_size)
      self.assertAlmostEqual(
        sklearn_metrics.accuracy_score(labels, logits.argmax(axis=1)),
        metrics['Accuracy'],
      )
      self.assertAlmostEqual(
        sklearn_metrics.top_k_accuracy_score(
          labels, logits, k=5, labels=all_labels
        ),
        metrics['Recall_5'],
      )
      self.assertAlmostEqual(
        sklearn_metrics.log_loss(labels, probabilities, labels=all_labels),
        metrics['loss'],
        5,
      )
      self.assertEqual(23, metrics['num_examples'])

  def test_constant_logits_are_right_by_chance_only(self):
    metrics = _evaluate(np.zeros([10, 10]), np.arange(10))
    self.assertAlmostEqual(0.1, metrics['Accuracy'])
    self.assertAlmostEqual(0.5, metrics['Recall_5'])

  def test_refuses_logits_that_are_not_finite(self):
    for value in (np.nan, np.inf):
      logits = np.zeros([6, 3])
      logits[5, 1] = value
      with self.assertRaisesRegex(InputError, 'model.ckpt-7.*not finite'):
        _evaluate(logits, np.zeros(6))

  def test_refuses_to_evaluate_on_nothing(self):
    with self.assertRaisesRegex(InputError, 'nothing to evaluate'):
      _evaluate(np.zeros([0, 3]), np.zeros(0))

  def test_speed_leaves_out_the_first_batch_of_each_size(self):
    seconds = [0.0, 9.0, 10.0, 12.0, 20.0]  # 9 to compile, 1, 2, 8 to compile.
    with mock.patch.object(
      evaluation.time, 'perf_counter', side_effect=seconds
    ):
      metrics = _evaluate(np.zeros([14, 3]), np.zeros(14), batch_size=4)
    self.assertAlmostEqual(8 / 3, metrics['images_per_second'])
    with mock.patch.object(
      evaluation.time, 'perf_counter', side_effect=[0.0, 2.0]
    ):
      metrics = _evaluate(np.zeros([3, 3]), np.zeros(3), batch_size=4)
    self.assertAlmostEqual(3 / 2, metrics['images_per_second'])


class BatchStatisticsTest(tf.test.TestCase):
  def check(self, implementation):
    generator = np.random.default_rng(0)
    images = generator.uniform(-1, 1, [8, 32, 32, 3]).astype(np.float32)
    labels = generator.integers(10, size=8)
    model = testing.ruled_model(
      'mobilenet_v2_035', 10, implementation, final_endpoint='layer_4'
    )
    before = {
      name: variable.numpy()
      for name, variable in model.variables_by_name.items()
    }
    losses = []
    for use_batch_statistics in (False, True):
      logits_fn = inference.make_inference_fn(
        model, 32, use_batch_statistics=use_batch_statistics
      )
      evaluator = ClassificationEvaluator(10)
      metrics = evaluation.evaluate(logits_fn, [(images, labels)], evaluator)
      losses.append(metrics['loss'])
    for name, variable in model.variables_by_name.items():
      self.assertAllEqual(before[name], variable)
    # Training without dropout computes with batch statistics.
    no_dropout = model.twin(implementation, dropout_keep_prob=1.0)
    for is_training, loss in zip((False, True), losses):
      logits, _ = testing.run_eagerly(no_dropout, images, is_training)
      probabilities = tf.nn.softmax(logits.astype(np.float64)).numpy()
      expected = -np.log(probabilities[np.arange(8), labels]).mean()
      self.assertAllClose(expected, loss, rtol=1e-4)
    self.assertNotAllClose(*losses, rtol=0.01)

  def test_slim(self):
    self.check('slim')

  def test_fast(self):
    self.check('fast')


if __name__ == '__main__':
  tf.test.main()
