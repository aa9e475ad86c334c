"""Validations: what they evaluate, and which checkpoint they keep."""

import json
import os
from unittest import mock

import tensorflow as tf

from base.errors import InputError
from checkpoints import reader
from datasets import catalog
from datasets import kinds
from tasks.task import Task
from tests.helpers import checkpoints as checkpoint_testing
from tests.helpers import event_files
from training import averages as moving_averages
from training import state as training_state
from training import validation
from training.epochs import Epochs


class _Model(tf.Module):
  """Its outputs are its weight, of which training makes 100 more."""

  def __init__(self):
    super().__init__()
    self.variables_by_name = {'w': tf.Variable(0.0)}

  def __call__(self, images, is_training):
    value = self.variables_by_name['w'] + (100.0 if is_training else 0.0)
    return value * images, {}


class _Evaluator:
  """The mean output, and its opposite."""

  def __init__(self):
    self._outputs = []

  def add(self, outputs, targets):
    del targets
    self._outputs += list(outputs.numpy())

  def result(self):
    mean = float(sum(self._outputs) / len(self._outputs))
    return {'loss': -mean, 'score': mean}


_EPOCHS = Epochs(10, 5, 100, 1.0)
_TASK = Task(None, None, _Evaluator, None, best_by='score')


class ValidationTest(checkpoint_testing.TestCase):
  def setUp(self):
    super().setUp()
    self.state = training_state.TrainState(
      _Model(), {}, None, None, training_state.make_global_step()
    )
    self.weight = self.state.model.variables_by_name['w']

  def make(self, patience=None, epochs=_EPOCHS, task=_TASK):
    return validation.Validator(
      self.state,
      task,
      lambda: iter([(tf.ones([2]), None), (tf.ones([1]), None)]),
      epochs,
      self.folder,
      patience,
      lambda folder: open(os.path.join(folder, 'info'), 'w').close(),
    )

  def validate(self, validator, step, weight):
    self.state.global_step.assign(step)
    self.weight.assign(weight)
    return validator.validate()

  def best(self):
    """Returns step and weight of the checkpoint in best/, the only one."""
    folder = os.path.join(self.folder, 'best')
    self.assertIn('info', os.listdir(folder))
    self.assertLen([n for n in os.listdir(folder) if n.endswith('.index')], 1)
    opened = reader.open_checkpoint(folder)
    return [float(reader.read(opened, name)) for name in ('global_step', 'w')]

  def test_keeps_the_best(self):
    """An equal one is no better; each is in TensorBoard's log."""
    validator = self.make()
    for step, weight, is_best in (
      (2, 0.5, True),
      (4, 0.25, False),
      (6, 0.75, True),
      (8, 0.75, False),
    ):
      validated = self.validate(validator, step, weight)
      self.assertEqual(('score', weight, is_best, None), validated)
    self.assertEqual([6, 0.75], self.best())
    with open(os.path.join(self.folder, 'best', 'best.json')) as file:
      self.assertEqual(
        {
          'metric': 'score',
          'value': 0.75,
          'step': 6,
          'epoch': 3.0,
          'metrics': {'loss': -0.75, 'score': 0.75},
          'last_validated': 8,
        },
        json.load(file),
      )
    self.assertEqual(
      'Best: score 0.7500, step 6, in ' + os.path.join(self.folder, 'best'),
      validator.describe_best(),
    )
    scalars = event_files.scalars(os.path.join(self.folder, 'validation'))
    self.assertEqual({2: 0.5, 4: 0.25, 6: 0.75, 8: 0.75}, scalars['score'])

  def test_evaluates_the_moving_averages(self):
    """And leaves the weights, whatever goes wrong."""
    averages = moving_averages.make_averages(
      self.state.model.variables_by_name, 0.5, self.state.global_step
    )
    self.state = self.state._replace(averages=averages)
    averages.average(self.weight).assign(3.0)
    validator = self.make()
    self.assertEqual(3.0, self.validate(validator, 2, 7.0).value)
    self.assertEqual(7.0, self.weight.numpy())
    self.assertEqual([2, 7.0], self.best())
    opened = reader.open_checkpoint(os.path.join(self.folder, 'best'))
    self.assertEqual(3.0, reader.read(opened, 'w/ExponentialMovingAverage'))
    averages.average(self.weight).assign(float('nan'))
    with self.assertRaisesRegex(InputError, 'step 4: logits are not finite'):
      self.validate(validator, 4, 7.0)
    self.assertEqual(7.0, self.weight.numpy())

  def test_enough_is_where_the_best_is_old(self):
    validator = self.make(patience=2.0)
    self.assertIsNone(validator.enough())
    for step, weight in ((2, 0.5), (4, 0.4)):
      self.assertIsNone(self.validate(validator, step, weight).enough)
    enough = self.validate(validator, 6, 0.4).enough
    self.assertRegex(enough, 'score has not risen for 2 epochs: .*=2')
    self.assertEqual(enough, self.make(patience=2.0).enough())
    self.assertIsNone(self.validate(validator, 8, 0.6).enough)

  def test_enough_counts_whole_epochs(self):
    """Of 100 images by 32: the best after epoch 5, 5.12 in truth."""
    validator = self.make(patience=3.0, epochs=Epochs(100, 32, None, 1.0))
    self.validate(validator, 16, 0.5)
    self.assertIsNone(self.validate(validator, 22, 0.4).enough)
    self.assertIn('for 3 epochs', self.validate(validator, 25, 0.4).enough)

  def test_a_run_that_goes_on_knows_its_best(self):
    self.validate(self.make(), 6, 0.5)
    resumed = self.make()
    self.assertEqual(6, resumed.best.step)
    self.assertFalse(self.validate(resumed, 8, 0.4).is_best)
    self.assertEqual([6, 0.5], self.best())
    self.assertTrue(self.validate(resumed, 10, 0.75).is_best)
    self.assertEqual([10, 0.75], self.best())
    self.state.global_step.assign(0)  # another run, which begins here
    self.assertIsNone(self.make().best)

  def test_what_was_interrupted_is_made_up(self):
    self.assertIsNone(self.make().make_up())  # Nothing is trained yet.
    self.state.global_step.assign(4)
    self.weight.assign(0.5)
    self.assertTrue(self.make().make_up().is_best)
    self.assertIsNone(self.make().make_up())
    self.validate(self.make(), 6, 0.4)
    self.assertIsNone(self.make().make_up())  # It was no better, but it was.
    for step, is_due in ((7, False), (8, True), (99, False), (100, True)):
      self.state.global_step.assign(step)
      self.assertEqual(is_due, self.make().make_up() is not None, step)

  def test_what_is_not_a_number_is_worst(self):
    evaluator = mock.Mock()
    validator = self.make(task=_TASK._replace(make_evaluator=lambda: evaluator))
    for step, score, is_best in (
      (2, float('nan'), True),
      (4, float('nan'), False),
      (6, 0.25, True),
      (8, float('nan'), False),
    ):
      evaluator.result.return_value = {'score': score}
      self.assertEqual(is_best, self.validate(validator, step, 0.0).is_best)
    self.assertEqual([6, 0.0], self.best())

  def test_damaged(self):
    self.validate(self.make(), 6, 0.5)
    path = os.path.join(self.folder, 'best', 'best.json')
    for text in ('{', '[1]', '{"value": 3}'):
      with open(path, 'w') as file:
        file.write(text)
      with self.assertRaisesRegex(InputError, f'{path} is damaged .*delete it'):
        self.make()

  def test_held_out_is_validation_rather_than_test(self):
    for split, count in (('train', 3), ('test', 2), ('validation', 1)):
      path = f'{self.folder}/mnist_{split}.tfrecord'
      with tf.io.TFRecordWriter(path) as writer:
        for _ in range(count):
          writer.write(b'')
    options = kinds.DatasetOptions('mnist', 'train', self.folder, 0.2)
    trained = catalog.get_dataset('mnist', 'train', self.folder)
    held_out = validation.open_held_out(kinds.LABELS, options, trained)
    self.assertEqual(
      ('validation', 1), (held_out.split_name, held_out.num_examples)
    )

  def test_held_out(self):
    options = kinds.DatasetOptions('digits', 'train', None, 0.2)
    trained = catalog.get_dataset('digits', 'train')
    held_out = validation.open_held_out(kinds.LABELS, options, trained)
    self.assertEqual(360, held_out.num_examples)
    with self.assertRaisesRegex(InputError, 'validation has other classes'):
      validation.open_held_out(
        kinds.LABELS, options, trained._replace(num_classes=9)
      )


if __name__ == '__main__':
  tf.test.main()
