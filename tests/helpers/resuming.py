"""Training that goes on from a checkpoint, against training that went on."""

import tensorflow as tf

from checkpoints import reader
from checkpoints import restore
from checkpoints import writer as writer_lib
from tasks.task import Task
from tests.helpers import checkpoints as checkpoint_testing
from tests.helpers import golden_rule
from tests.helpers import states
from training import state as training_state
from training import step as training_step
from training.learning_rates import LearningRate
from training.optimizers import Optimization


def make_state(model, optimizer='rmsprop', average_decay=None, **options):
  """Returns the TrainState of a run, by default of seed 7."""
  optimization = Optimization(
    optimizer, {'opt_epsilon': 0.1}, LearningRate(), 0.0, 0.9, average_decay
  )
  return training_state.make_state(
    model, optimization, **{'seed': 7, **options}
  )


def make_step(state, task, **options):
  """Returns a train_step whose rate depends on the step."""
  return training_step.make_train_step(
    state,
    task,
    lambda step: 0.05 / tf.cast(step + 1, tf.float32),
    weight_decay=0.01,
    **options,
  )


def batches(count, batch, size=32, num_classes=5):
  """Returns so many of images, by rule, and labels."""
  return [
    (
      tf.constant(golden_rule.images(batch, size, size, seed)),
      tf.constant(golden_rule.labels(batch, num_classes, seed)),
    )
    for seed in range(count)
  ]


def task_of(loss):
  """Returns the Task that trains outputs to have a small loss."""
  return Task(
    losses=lambda outputs, end_points, targets: {'loss': loss(outputs)},
    metrics=lambda outputs, targets: {},
    make_evaluator=None,
    predict=None,
  )


class TestCase(checkpoint_testing.TestCase):
  """Saves, spoils, restores and repeats."""

  def check_resume(self, state, task, batches, **options):
    """What follows a checkpoint follows from it alone, bit for bit.

    Half of the batches come before it.
    """
    step = make_step(state, task, **options)
    variables, half = states.variables_of(state), len(batches) // 2
    losses = [float(step(*batch).loss) for batch in batches[:half]]
    path = writer_lib.save(writer_lib.make_writer(variables, self.folder), half)

    def go_on():
      results = [step(*batch) for batch in batches[half:]]
      return tf.nest.map_structure(float, results), states.values(state)

    expected_results, expected = go_on()
    for variable in variables.values():
      variable.assign(tf.ones_like(variable) * 3)
    restore.all_of_run(
      state.model,
      reader.open_checkpoint(path),
      training_state.state_by_name(state),
    )
    results, found = go_on()
    self.assertEqual(expected_results, results)
    for name, value in expected.items():
      self.assertAllEqual(value, found[name], name)
    losses += [result.loss for result in results]
    self.assertLen(set(losses), len(batches))
