"""NaN and infinity: training stops, keeps what is good, and writes no more."""

import os

from absl.testing import parameterized
import tensorflow as tf

from base.errors import InputError
from checkpoints import writer as writer_lib
from tests.helpers import checkpoints as checkpoint_testing
from tests.helpers import resuming
from tests.helpers import states
from training import loop
from training import step as training_step
from training.epochs import Epochs

_NEVER = 3600
_TASK = resuming.task_of(tf.reduce_sum)


class _Tiny(tf.Module):
  """images * weight, with 1 added to its gradient: infinity for an image 0."""

  def __init__(self):
    super().__init__()
    self.variables_by_name = {'Tiny/weights': tf.Variable(1.0)}
    self.trainable_variables_by_name = self.variables_by_name

  def __call__(self, images, is_training, seed=None):
    weight = self.variables_by_name['Tiny/weights']
    nothing = weight - tf.stop_gradient(weight)
    return images * weight + tf.cond(
      images[0] == 0.0, lambda: tf.sqrt(nothing), lambda: nothing
    ), {}


class DivergenceTest(parameterized.TestCase, checkpoint_testing.TestCase):
  def _train(self, third_image=1.0, third_rate=0.1, save_interval_secs=0):
    """Trains five steps, the third of which differs from the others."""
    state = resuming.make_state(_Tiny(), 'sgd')
    step = training_step.make_train_step(
      state, _TASK, lambda step: tf.where(step == 2, third_rate, 0.1)
    )
    images = [1.0, 1.0, third_image, 1.0, 1.0]
    return loop.run(
      step,
      [(tf.constant([image]), tf.constant([0])) for image in images],
      state,
      writer_lib.make_writer(states.variables_of(state), self.folder),
      loop.Schedule(Epochs(10, 1, 5, None), 5, save_interval_secs, _NEVER),
    )

  def _files(self):
    """Returns the folder's files, but for TensorBoard's."""
    files = {name for name in os.listdir(self.folder) if 'tfevents' not in name}
    return {name.replace('.data-00000-of-00001', '.index') for name in files}

  @parameterized.named_parameters(
    ('loss', {'third_image': float('nan')}, 'the loss is not finite at step 3'),
    (
      'infinite_loss',
      {'third_image': float('inf')},
      'the loss is not finite at step 3',
    ),
    (
      'gradient',
      {'third_image': 0.0},
      'the gradients are not finite at step 3',
    ),
    (
      'weight',
      {'third_rate': float('inf')},
      'Tiny/weights is not finite at step 3',
    ),
  )
  def test_keeps_the_last_good_checkpoint(self, third, message):
    last = os.path.join(self.folder, 'model.ckpt-2')
    with self.assertRaisesRegex(
      InputError, f'{message}.*the last good checkpoint is {last}$'
    ):
      self._train(**third)
    self.assertEqual(
      {'checkpoint', 'model.ckpt-1.index', 'model.ckpt-2.index'}, self._files()
    )
    self.assertAllClose(
      1 - 2 * 0.2, checkpoint_testing.values(last)['Tiny/weights']
    )

  @parameterized.named_parameters(
    ('loss', {'third_image': float('nan')}, 'the loss is not finite at step 3'),
    (
      'gradient',
      {'third_image': 0.0},
      'the gradients are not finite at step 3',
    ),
    # By the step after it, which meets the weight.
    (
      'weight',
      {'third_rate': float('inf')},
      'the loss is not finite at step 4',
    ),
  )
  def test_writes_no_first_checkpoint(self, third, message):
    with self.assertRaisesRegex(InputError, f'{message}.*no checkpoint yet$'):
      self._train(**third, save_interval_secs=_NEVER)
    self.assertEmpty(self._files())

  def test_goes_on_where_all_is_finite(self):
    self.assertEndsWith(self._train(), 'model.ckpt-5')


if __name__ == '__main__':
  tf.test.main()
