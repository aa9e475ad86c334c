"""Checkpoints are known by their variables, without a model.json."""

import tempfile

from absl.testing import absltest
import numpy as np
import tensorflow as tf

from base.errors import InputError
from checkpoints import reader
from checkpoints import run_info
from inspection import checkpoints
from inspection import tables
from runtime.model import Model
from tests.helpers import checkpoints as files

_NAME = 'mobilenet_v1_025'
_CLASSES = 7


class CheckpointsTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enter_context(tempfile.TemporaryDirectory())
    model = Model(_NAME, _CLASSES)
    model(tf.zeros([1, 32, 32, 3]))
    self.variables = model.variables_by_name

  def inspect(self, variables, model_name=None):
    path = files.save(variables, self.folder)
    return checkpoints.inspect(reader.open_checkpoint(path), model_name)

  def test_network_width_classes_and_step(self):
    average = 'MobilenetV1/Logits/Conv2d_1c_1x1/biases/ExponentialMovingAverage'
    report = self.inspect(
      {
        **self.variables,
        'global_step': tf.Variable(7, dtype=tf.int64),
        average: tf.Variable(tf.zeros([_CLASSES])),
      }
    )
    self.assertEqual(_CLASSES, report.num_classes)
    self.assertEqual(7, report.step)
    self.assertEqual(('ExponentialMovingAverage', 'global_step'), report.also)
    best, second, *_ = report.fits
    self.assertEqual((_NAME, len(self.variables), 0, 0), best)
    self.assertGreater(second.other_shape, 0)
    self.assertEqual((), report.warnings)
    trained = {
      name: variable
      for name, variable in self.variables.items()
      if '/moving_' not in name
    }
    averages = len(self.variables) - len(trained)
    self.assertEqual(2 * 27, averages)  # of 27 batch norms
    # As published with 1000 classes, each of 256 weights and a bias.
    self.assertEqual(
      470_072 - 993 * 257,
      sum(variable.shape.num_elements() for variable in trained.values()),
    )
    self.assertEqual(len(self.variables), report.num_variables)

  def test_values_that_are_not_finite_are_named(self):
    name, variable = next(iter(self.variables.items()))
    value = variable.numpy()
    value.flat[0] = np.nan
    # The project's own writer refuses to.
    path = tf.compat.v1.train.Saver(
      {**self.variables, name: tf.Variable(value)}
    ).save(None, f'{self.folder}/model.ckpt')
    report = checkpoints.inspect(reader.open_checkpoint(path), _NAME)
    self.assertLen(report.warnings, 1)
    self.assertStartsWith(report.warnings[0], name)

  def test_another_network(self):
    run_info.write_run_info(self.folder, {'batch_norm_epsilon': 0.01})
    report = self.inspect(self.variables, 'mobilenet_v1_050')
    (fit,) = report.fits
    self.assertIn(
      '\nnot as in slim: batch_norm_epsilon 0.01\n',
      tables.checkpoint_table(report),
    )
    self.assertGreater(fit.other_shape, fit.fits)
    self.assertEqual(0, fit.missing)

  def test_an_unknown_network(self):
    with self.assertRaisesRegex(InputError, 'mobilenet_v9'):
      self.inspect(self.variables, 'mobilenet_v9')


if __name__ == '__main__':
  absltest.main()
