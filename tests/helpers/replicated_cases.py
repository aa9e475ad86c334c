"""Two replicas against one: the cases of tests/training/replicas_test.py.

They need a processor that is divided into two devices, which only a process
can have in which TensorFlow has not begun: python -m this module.
"""

import os
import unittest

import numpy as np
import tensorflow as tf

from datasets import catalog
from datasets import input_pipeline
from datasets.input_pipeline import InputOptions
from runtime import replicas
from runtime import strategy
from runtime.model import Model
from runtime.strategy import StrategyOptions
from tasks import classification
from tests.helpers import states
from training import loss_scale as loss_scaling
from training import settling
from training import state as training_state
from training import step as training_step
from training.learning_rates import LearningRate
from training.optimizers import Optimization
from training.optimizers import OPTIMIZERS
from training.optimizers import UpdateOptions

_SOAK = 'TWINSLIM_SOAK' in os.environ
TWO = strategy.make_workers(StrategyOptions(num_clones=2))
_ARGUMENTS = {'opt_epsilon': 1e-2}
_SHAPES = {'body/weights': (3, 4), 'head/weights': (4, 3), 'head/biases': (3,)}


class _Tiny(tf.Module):
  """Two layers on an image's mean, and an average of it, as batch norm has."""

  network_name = 'tiny'

  def __init__(self):
    super().__init__()
    random = np.random.default_rng(0)
    self.trainable_variables_by_name = {
      f'Tiny/{name}': tf.Variable(random.normal(size=shape).astype('f'))
      for name, shape in _SHAPES.items()
    }
    self.moving_mean = tf.Variable(
      [0.0] * 3,
      trainable=False,
      synchronization=tf.VariableSynchronization.ON_READ,
      aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
    )

  @property
  def variables_by_name(self):
    return {
      **self.trainable_variables_by_name,
      'Tiny/body/moving_mean': self.moving_mean,
    }

  def __call__(self, images, is_training, freeze_body=False, **options):
    features = tf.reduce_mean(images, [1, 2])
    if is_training and not freeze_body:
      mean = tf.reduce_mean(features, 0)
      self.moving_mean.assign_add(0.1 * mean)
    body, weights, biases = self.trainable_variables_by_name.values()
    return tf.nn.tanh(features @ body) @ weights + biases, {}


class _OverflowsOnOne(_Tiny):
  """Its gradients are infinite for the replica with the brightest image."""

  def __call__(self, images, is_training, **options):
    logits, end_points = super().__call__(images, is_training)
    factor = tf.where(tf.reduce_max(images) > 2.0, np.inf, 1.0)
    return logits + factor * (logits - tf.stop_gradient(logits)), end_points


class _Inferring(Model):
  """Its batch norm takes its averages, also in training."""

  def __call__(self, images, is_training=False, **options):
    options.pop('batch_norm_decay', None)
    return super().__call__(images, False, **options)


def _optimization(name='momentum', average_decay=None, **options):
  return Optimization(
    name,
    _ARGUMENTS,
    LearningRate(),
    0.0,
    None,
    average_decay,
    UpdateOptions(**options),
  )


def _batches(count, size=8):
  random = np.random.default_rng(1)
  for _ in range(count):
    images = random.uniform(-1, 1, [size, 2, 2, 3]).astype('f')
    yield tf.constant(images), tf.constant(random.integers(3, size=size))


def _rate(step):
  return 0.05 / (1.0 + tf.cast(step, tf.float32))


def _train(
  workers,
  make_model,
  batches,
  optimization,
  num_classes=3,
  is_float16=False,
  **options,
):
  """Returns (each step's loss, finite and metrics; all values at the end)."""
  with workers.scope():
    tf.random.set_seed(0)
    model = make_model()
    state = training_state.make_state(
      model, optimization, is_float16=is_float16
    )
    training_state.state_by_name(state)
    step = training_step.make_train_step(
      state,
      classification.make_task(num_classes),
      _rate,
      update=optimization.update,
      **options,
    )
    results = []
    for batch in batches:
      result = step(*workers.split(batch))
      results.append(
        [result.loss, float(result.finite), *result.metrics.values()]
      )
    return np.array(results), states.values(state), state


class TestCase(tf.test.TestCase):
  def check_same(self, model, make_batches, optimization, tolerance, **options):
    """Returns the values that two replicas come to, as one does."""
    one, of_one, _ = _train(
      strategy.ALONE, model, make_batches(), optimization, **options
    )
    two, of_two, state = _train(
      TWO, model, make_batches(), optimization, **options
    )
    self.assertAllClose(one, two, tolerance, tolerance)
    self.assertEqual(set(of_one), set(of_two))
    for name, value in of_one.items():
      self.assertAllClose(value, of_two[name], tolerance, tolerance, name)
    self._check_replicas_agree(state)
    return of_two

  def _check_replicas_agree(self, state):
    for name, variable in state.model.variables_by_name.items():
      first, second = TWO.strategy.experimental_local_results(variable)
      self.assertAllEqual(first.numpy(), second.numpy(), name)


class StepsTest(TestCase):
  def test_optimizers(self):
    """With weight decay."""
    for name in OPTIMIZERS if _SOAK else ('adam', 'rmsprop'):
      with self.subTest(name=name):
        self.check_same(
          _Tiny,
          lambda: _batches(3),
          _optimization(name),
          1e-6,
          weight_decay=0.1,
        )

  def test_everything_at_once(self):
    optimization = _optimization(
      'adam',
      average_decay=0.9,
      clip_gradients_norm=0.1,
      head_learning_rate_multiplier=3.0,
      accumulate_steps=2,
    )
    values = self.check_same(
      _Tiny,
      lambda: _batches(4),
      optimization,
      1e-6,
      weight_decay=0.1,
      freeze_steps=2,
    )
    self.assertIn('Tiny/body/weights/ExponentialMovingAverage', values)
    self.assertNotAllClose(np.zeros(3), values['Tiny/body/moving_mean'])

  def test_overflow_on_one_replica(self):
    """It skips the step on both, and halves the loss scale."""

    def batches():
      first, second = _batches(2)
      images = first[0].numpy()
      images[-1, 0, 0, 0] = 3.0  # The second replica's.
      return [(tf.constant(images), first[1]), second]

    results, values, state = _train(
      TWO, _OverflowsOnOne, batches(), _optimization(), is_float16=True
    )
    self.assertAllEqual([0, 1], results[:, 1])
    self.assertEqual(loss_scaling.INITIAL_SCALE / 2, values['loss_scale'])
    self.assertEqual(2, values['global_step'])
    self._check_replicas_agree(state)

  def test_settle(self):
    """Measures over all replicas; both then have the mean."""
    averages = []
    for workers in (strategy.ALONE, TWO):
      with workers.scope():
        state = training_state.make_state(_Tiny(), _optimization())
        settle = settling.make_settle(
          state, lambda step: _batches(6), 0.9, num_batches=6, workers=workers
        )
        self.assertTrue(settle())
        averages.append(state.model.moving_mean.numpy())
    self.assertAllClose(*averages, 1e-6, 1e-6)
    self._check_replicas_agree(state)


class NetworksTest(TestCase):
  def check_network(self, implementation, make_model, sync_batch_norm=False):
    dataset = catalog.get_dataset('digits', 'train')

    def batches():
      return input_pipeline.training_batches(
        dataset, InputOptions(32, 32)
      ).take(20)

    return self.check_same(
      # Few layers, and smooth ones: at a kink, rounding decides a gradient.
      lambda: make_model(
        'mobilenet_v2_035',
        10,
        implementation,
        dropout_keep_prob=1.0,
        activation_fn=tf.nn.tanh,
        final_endpoint='layer_2',
        sync_batch_norm=sync_batch_norm and not replicas.is_one(),
      ).build(32),
      batches,
      _optimization('rmsprop'),
      1e-4,
      num_classes=10,
      weight_decay=4e-5,
    )

  @unittest.skipUnless(_SOAK, 'the other networks tell more in less time')
  def test_batch_norm_set_aside(self):
    for implementation in ('slim', 'fast'):
      with self.subTest(implementation=implementation):
        self.check_network(implementation, _Inferring)

  def test_batch_norm_synchronised(self):
    for implementation in ('slim', 'fast'):
      with self.subTest(implementation=implementation):
        self.check_network(implementation, Model, sync_batch_norm=True)


if __name__ == '__main__':
  tf.test.main()
