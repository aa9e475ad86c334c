"""Short runs on digits: right when evaluated, in every precision."""

import os

import numpy as np
import tensorflow as tf

from base.errors import InputError
from checkpoints import reader
from checkpoints import restore
from checkpoints import writer as writer_lib
from datasets import catalog
from datasets import input_pipeline
from datasets.input_pipeline import InputOptions
from runtime import inference
from runtime.model import Model
from tasks import classification
from tests.helpers import checkpoints as checkpoint_testing
from tests.helpers import event_files
from tests.helpers import soak
from tests.helpers import states
from training import averages as moving_averages
from training import evaluation
from training import learning_rates
from training import loop
from training import loss_scale as loss_scaling
from training import optimizers
from training import settling
from training import state as training_state
from training import step as training_step
from training.epochs import Epochs

_SIZE = 32
_BATCH_SIZE = 32
_NEVER = 3600
_SHORT = {'final_endpoint': 'layer_2'}  # of a network that need not learn


def _state(compute_dtype=tf.float32, average_decay=None, seed=1, **options):
  tf.random.set_seed(seed)
  model = Model(
    'mobilenet_v2_035', 10, 'fast', compute_dtype=compute_dtype, **options
  )
  model.build(_SIZE)
  rate = tf.Variable(0.0, trainable=False)
  global_step = training_state.make_global_step()
  averages = average_decay and moving_averages.make_averages(
    model.variables_by_name, average_decay, global_step
  )
  return training_state.TrainState(
    model,
    model.trainable_variables_by_name,
    optimizers.make_optimizer('rmsprop', rate),
    rate,
    global_step,
    averages,
    loss_scaling.make_loss_scale() if compute_dtype == tf.float16 else None,
  )


def _batches_from(step):
  return input_pipeline.training_batches(
    catalog.get_dataset('digits', 'train'),
    InputOptions(_BATCH_SIZE, _SIZE),
    first_step=step,
  )


def _accuracy(model, batches, use_batch_statistics):
  logits_fn = inference.make_inference_fn(
    model, _SIZE, use_batch_statistics=use_batch_statistics
  )
  evaluator = classification.ClassificationEvaluator(10)
  return evaluation.evaluate(logits_fn, batches, evaluator)['Accuracy']


def _train(state, folder, steps, settle=lambda: False):
  """Trains at a constant rate; returns the checkpoint's path."""
  step = training_step.make_train_step(
    state,
    classification.make_task(10),
    learning_rates.make_learning_rate_fn(
      learning_rates.LearningRate(0.01, 'fixed'), 1437, 32
    ),
    4e-5,
    training_step.settling_decay(0.997),
  )
  return loop.run(
    step,
    _batches_from(int(state.global_step)),
    state,
    writer_lib.make_writer(states.variables_of(state), folder),
    loop.Schedule(Epochs(1437, _BATCH_SIZE, steps), 10, _NEVER, _NEVER),
    loop.Hooks(settle=settle),
  )


def _values(variables_by_name):
  return {
    name: variable.numpy() for name, variable in variables_by_name.items()
  }


@soak.slow
class PrecisionTest(checkpoint_testing.TestCase):
  def test_half_precisions_learn(self):
    for compute_dtype in (tf.float16, tf.bfloat16):
      folder = os.path.join(self.folder, compute_dtype.name)
      state = _state(compute_dtype, final_endpoint='layer_8')
      path = _train(state, folder, steps=40)
      reader = tf.train.load_checkpoint(path)
      self.assertEqual(
        compute_dtype == tf.float16, reader.has_tensor('loss_scale')
      )
      for name, dtype in reader.get_variable_to_dtype_map().items():
        if name not in ('global_step', 'loss_scale_good_steps'):
          self.assertEqual(tf.float32, dtype)
      scalars = event_files.scalars(folder)
      self.assertGreater(scalars['Accuracy'][40], 0.25)  # By chance: 0.1.
      self.assertLess(
        scalars['cross_entropy'][40], 0.75 * scalars['cross_entropy'][10]
      )


class SettlingTest(checkpoint_testing.TestCase):
  @soak.slow
  def test_evaluation_is_right_after_a_short_run(self):
    """Within 2 points of the accuracy with the statistics of the whole set.

    What slim's users complained of; with the moving averages of the weights as
    with the weights themselves. The mean of three runs: rounding decides what a
    run learns, and one may be as far off by chance.
    """
    held_out = catalog.get_dataset('digits', 'validation')
    batches = list(
      input_pipeline.evaluation_batches(held_out, InputOptions(360, _SIZE))
    )
    self.assertLen(batches, 1)
    found = []
    for seed in (1, 2, 3):
      state = _state(average_decay=0.99, seed=seed)
      path = _train(
        state,
        os.path.join(self.folder, str(seed)),
        60,
        settling.make_settle(state, _batches_from, 0.997),
      )
      for average_decay in (None, 0.99):
        restore.for_evaluation(
          state.model, reader.open_checkpoint(path), average_decay
        )
        found += [
          _accuracy(state.model, batches, use_batch_statistics)
          for use_batch_statistics in (False, True)
        ]
    means = np.mean(np.reshape(found, [3, 2, 2]), 0)
    for averages, statistics in means:
      self.assertGreater(statistics, 0.5)
      self.assertGreater(averages, statistics - 0.02)

  def test_measures_the_mean_over_the_latest_batches(self):
    """Of 2 steps; those of the weights' averages with these weights."""
    state = _state(average_decay=0.9, **_SHORT)
    variables = state.model.variables_by_name
    stem = 'MobilenetV2/Conv/BatchNorm/moving_mean'
    images = np.stack(
      [
        tf.cast(batch, tf.float32) / 127.5 - 1
        for batch, _ in _batches_from(3).take(2)
      ]
    )
    state.global_step.assign(5)
    weights = variables['MobilenetV2/Conv/weights']
    state.averages.average(weights).assign(2.0 * weights)
    before = _values(variables)
    settle = settling.make_settle(state, _batches_from, 0.997, num_batches=2)
    self.assertTrue(settle())

    means = [
      tf.reduce_mean(tf.nn.conv2d(batch, weights, 2, 'SAME'), [0, 1, 2])
      for batch in images
    ]
    mean = (means[0] + means[1]) / 2
    self.assertGreater(np.abs(mean).max(), 0.01)
    self.assertAllClose(mean, variables[stem], atol=1e-5)
    self.assertAllClose(
      2.0 * mean, state.averages.average(variables[stem]), atol=1e-5
    )
    for name, value in _values(variables).items():
      if 'moving' not in name:
        self.assertAllEqual(before[name], value)
    self.assertAllEqual(2.0 * weights, state.averages.average(weights))

  def test_leaves_settled_averages_alone(self):
    """(1 + step) / (10 + step) reaches 0.9 at step 80."""
    state = _state(**_SHORT)
    variables = state.model.variables_by_name
    before = _values(variables)
    settle = settling.make_settle(state, _batches_from, 0.9)
    for step in (80, 1000):
      state.global_step.assign(step)
      self.assertFalse(settle())
      self.assertAllClose(before, _values(variables), 0, 0)
    state.global_step.assign(79)
    self.assertTrue(settle())
    stem = 'MobilenetV2/Conv/BatchNorm/moving_mean'
    self.assertNotAllClose(before[stem], variables[stem])

  def test_ctrl_c_leaves_the_weights(self):
    """While those averaged stand in their place."""
    state = _state(average_decay=0.9, **_SHORT)
    weights = state.model.variables_by_name['MobilenetV2/Conv/weights']
    state.averages.average(weights).assign(2.0 * weights)
    before = _values(state.model.variables_by_name)

    def interrupted_batches(step):
      del step
      self.assertNotAllClose(before['MobilenetV2/Conv/weights'], weights)
      raise KeyboardInterrupt

    with self.assertRaises(KeyboardInterrupt):
      settling.make_settle(state, interrupted_batches, 0.997)()
    self.assertAllClose(before, _values(state.model.variables_by_name), 0, 0)

  def test_takes_all_batches_after_few_steps_too(self):
    """Up to one that cannot be read, which such a run may never meet."""
    state = _state(**_SHORT)
    state.global_step.assign(1)
    taken = []

    def batches_from(step):
      for images, labels in _batches_from(step):
        if len(taken) == self.limit:
          raise InputError('a.jpg is damaged')
        taken.append(step)
        yield images, labels

    settle = settling.make_settle(state, batches_from, 0.997)
    for self.limit, expected in ((99, 20), (2, 2)):
      taken.clear()
      self.assertTrue(settle())
      self.assertEqual([0] * expected, taken)


if __name__ == '__main__':
  tf.test.main()
