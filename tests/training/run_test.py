"""What a run makes of its options: batches, ends, freezing."""

import itertools

import numpy as np
import tensorflow as tf

from base.errors import InputError
from checkpoints.checkpoint_flags import StartOptions
from datasets import catalog
from datasets import kinds
from datasets.bad_images import BadImages
from datasets.input_pipeline import InputOptions
from runtime.network_flags import NetworkOptions
from training.batches import Batches
from training.epochs import Epochs
from training.learning_rates import LearningRate
from training.optimizers import Optimization
from training.optimizers import UpdateOptions
from training.options import TrainingOptions
from training.run_flags import RunOptions

_DIGITS = catalog.get_dataset('digits', 'train')


def _options(**more):
  return TrainingOptions(
    kinds.DatasetOptions('digits', 'train', None, None),
    InputOptions(4, 8),
    NetworkOptions('mobilenet_v2', 'fast', None, 'NHWC', 'float32', 'false'),
    Optimization('sgd', {}, LearningRate(), 0.0, 0.9, None, **more),
    StartOptions(None, None, None, False),
    RunOptions('run', None, 2.0, 10, 600, 600),
  )


class RunTest(tf.test.TestCase):
  def test_a_step_takes_several_batches(self):
    """From a step on, as those would get them who began there."""
    options = _options(update=UpdateOptions(accumulate_steps=3))
    batches = Batches(_DIGITS, options, BadImages(0), None)
    whole, labels = map(np.array, next(batches.of_steps_from(5)))
    self.assertEqual((12, 8, 8, 3), whole.shape)
    parts = list(itertools.islice(batches.from_step(5), 3))
    self.assertAllEqual(labels, np.concatenate([labels for _, labels in parts]))
    self.assertAllEqual(whole, np.concatenate([images for images, _ in parts]))
    *_, last = itertools.islice(batches.of_steps_from(0), 6)
    self.assertAllEqual(whole, last[0])

  def test_epochs_are_of_steps(self):
    """1,437 images by 12: 119.75 steps in an epoch."""
    options = _options(update=UpdateOptions(accumulate_steps=3))
    epochs = options.find_epochs(1437)
    self.assertEqual(240, epochs.last_step)
    self.assertEqual(120, epochs.steps_of(1.0))
    self.assertEqual(0, epochs.steps_of(0.0))

  def test_freeze_steps(self):
    """1,437 images by 4: 359.25 steps in an epoch."""
    for freeze, last_step, wanted in (
      ({}, None, 0),
      ({'freeze_epochs': 1.0}, None, 360),
      ({'freeze_epochs': 1.0}, 361, 360),
      ({'freeze_part': 1 / 3}, 100, 33),
      ({'freeze_part': 1 / 3, 'freeze_epochs': 1.0}, 3000, 1000),
    ):
      options = _options(**freeze)
      epochs = Epochs(1437, 4, last_step)
      self.assertEqual(wanted, options.find_freeze_steps(epochs))
      finder = options._replace(
        run=options.run._replace(find_learning_rate=True)
      )
      self.assertEqual(0, finder.find_freeze_steps(epochs))
    for freeze, last_step, message in (
      ({'freeze_epochs': 1.0}, 360, 'only the head .* all 360 steps'),
      ({'freeze_part': 1.0}, 5, 'only the head .* all 5 steps'),
      ({'freeze_part': 0.5}, None, 'freeze_part .* set --max_number_of_steps'),
    ):
      with self.assertRaisesRegex(InputError, message):
        _options(**freeze).find_freeze_steps(Epochs(1437, 4, last_step))


if __name__ == '__main__':
  tf.test.main()
