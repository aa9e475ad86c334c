"""Training goes on with what other libraries' weights need."""

import os
import tempfile
from unittest import mock

from absl.testing import absltest

from checkpoints import run_info
from checkpoints.checkpoint_flags import StartOptions
from datasets import kinds
from datasets.input_pipeline import InputOptions
from runtime.network_flags import NetworkOptions
from training import beginning
from training.learning_rates import LearningRate
from training.optimizers import Optimization
from training.options import TrainingOptions
from training.run_flags import RunOptions


class ComputationTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    folder = self.enter_context(tempfile.TemporaryDirectory())
    self.start, self.train_dir = f'{folder}/start', f'{folder}/run'
    os.mkdir(self.start)
    os.mkdir(self.train_dir)
    self.write(self.start, batch_norm_epsilon=1e-5, model_name='mobilenet_v1')

  def write(self, folder, **info):
    run_info.write_run_info(folder, info)

  def options(self, path=None, **network):
    return TrainingOptions(
      kinds.DatasetOptions('digits', 'train', None, None),
      InputOptions(4, 8, shrink_images=None),
      NetworkOptions(
        'mobilenet_v2', 'fast', None, 'NHWC', 'float32', 'false', **network
      ),
      Optimization('sgd', {}, LearningRate(), 0.0, 0.9, None),
      StartOptions(path, None, None, False),
      RunOptions(self.train_dir, None, 2.0, 10, 600, 600),
      flags={'batch_norm_epsilon': None},
    )

  def find(self, path, **network):
    options = self.options(path, **network)
    with mock.patch('builtins.print') as told:
      found = beginning.with_computation(options)
    return found, [call.args[0] for call in told.call_args_list]

  def test_of_the_checkpoint(self):
    """Whichever way it is named; what tells networks apart stays as it is."""
    for path in (
      self.start,
      f'{self.start}/model.ckpt',
      f'{self.start}/model.ckpt.index',
    ):
      options, told = self.find(path)
      self.assertEqual(1e-5, options.network.batch_norm_epsilon)
      self.assertEqual('mobilenet_v2', options.network.model_name)
      self.assertEqual({'batch_norm_epsilon': 1e-5}, options.flags)
      self.assertEqual(
        [f'As in {self.start}/model.json: batch_norm_epsilon 1e-05'], told
      )

  def test_flags_come_first(self):
    options, told = self.find(self.start, batch_norm_epsilon=0.1)
    self.assertEqual(0.1, options.network.batch_norm_epsilon)
    self.assertEmpty(told)

  def test_images_are_shrunk_as_the_run_began(self):
    """A run of before, which does not say so, shrank none; new ones do."""

    def shrinks(given=None, kind=kinds.LABELS):
      options = self.options(self.start)
      options = options._replace(
        input=options.input._replace(shrink_images=given)
      )
      return beginning.with_shrinking(options, kind).input.shrink_images

    self.write(self.start, num_examples=7)
    self.write(self.train_dir, num_examples=7)
    self.assertTrue(shrinks())  # No checkpoint: it has not begun.
    self.assertFalse(shrinks(kind=kinds.BOXES))
    with open(f'{self.train_dir}/model.ckpt-3.index', 'wb'):
      pass
    self.assertFalse(shrinks())
    self.assertTrue(shrinks(True))
    self.write(self.train_dir, num_examples=7, shrink_images=True)
    self.assertTrue(shrinks())
    self.assertFalse(shrinks(False))

  def test_a_run_goes_on_as_it_was(self):
    """With the checkpoint's name or without."""
    self.write(self.train_dir, input_normalization='imagenet')
    with open(f'{self.train_dir}/model.ckpt-3.index', 'wb'):
      pass
    for path in None, self.start:
      network = self.find(path)[0].network
      self.assertEqual('imagenet', network.input_normalization)
      self.assertIsNone(network.batch_norm_epsilon)

  def test_nothing_to_go_on_with(self):
    for path in None, f'{self.train_dir}/model.ckpt':
      options, told = self.find(path)
      self.assertIsNone(options.network.batch_norm_epsilon)
      self.assertEmpty(told)


if __name__ == '__main__':
  absltest.main()
