"""The loop: what it logs, saves and stops for."""

import io
import os
import sys
from unittest import mock

import tensorflow as tf

from base.errors import InputError
from checkpoints import reader
from tests.helpers import event_files
from tests.helpers import loops
from training import loop
from training import progress
from training import validation


class LoopTest(loops.TestCase):
  def test_logs_means_and_saves_at_the_end(self):
    clock = mock.Mock(**{'monotonic.side_effect': lambda: self.now})
    with (
      mock.patch.object(loop, 'time', clock),
      mock.patch.object(progress, 'time', clock),
    ):
      path = self.run_loop(12)
    self.assertEqual(os.path.join(self.folder, 'model.ckpt-12'), path)
    self.assertEqual([12], self.saved())
    scalars = event_files.scalars(self.folder)
    # 8 images in the 3 s that a batch takes and the 1 s that a step does.
    self.assertAllClose(
      {5: 2.0, 10: 2.0, 12: 2.0}, scalars.pop('images_per_second')
    )
    self.assertAllClose(
      {5: 0.75, 10: 0.75, 12: 0.75}, scalars.pop('part_of_time_without_images')
    )
    self.assertAllClose(
      {
        'loss': {5: 3.0, 10: 8.0, 12: 11.5},
        'cross_entropy': {5: 1.5, 10: 4.0, 12: 5.75},
        'accuracy': {5: 0.25, 10: 0.25, 12: 0.25},
        'learning_rate': {
          5: (1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5) / 5,
          10: (1 / 6 + 1 / 7 + 1 / 8 + 1 / 9 + 1 / 10) / 5,
          12: (1 / 11 + 1 / 12) / 2,
        },
        'loss_scale': {5: 1.0, 10: 1.0, 12: 1.0},
      },
      scalars,
    )

  def test_takes_no_batch_that_it_does_not_use(self):
    self.run_loop(12)
    self.assertEqual(12, self.taken)

  def test_goes_on_at_the_global_step(self):
    self.state.global_step.assign(9)
    self.run_loop(12)
    self.assertEqual(3, self.taken)
    self.assertEqual([12], self.saved())
    self.assertAllClose(
      {10: 10.0, 12: 11.5}, event_files.scalars(self.folder)['loss']
    )

  def test_saves_when_the_interval_is_over(self):
    self.run_loop(3, save_interval_secs=0)
    self.assertEqual([1, 2, 3], self.saved())

  def test_each_save_is_settled(self):
    """The checkpoint comes first, and is written again if that changed it."""
    settled = []

    def settle():
      step = int(self.state.global_step)
      self.assertEndsWith(reader.latest(self.folder), f'ckpt-{step}')
      self.weight.assign(-1.0)
      settled.append(step)
      return step < 3

    self.settle.side_effect = settle
    path = self.run_loop(3, save_interval_secs=0)
    self.assertEqual([1, 2, 3], settled)
    weights = [
      tf.train.load_checkpoint(path.replace('-3', f'-{step}')).get_tensor('w')
      for step in (1, 2, 3)
    ]
    self.assertAllEqual([-1.0, -1.0, 30.0], weights)

  def test_epochs_are_validated_after_a_save(self):
    """20 images in an epoch, 8 in a step: they end with steps 3, 5, 8 and 10.

    What is said of an epoch are means of its steps, whatever lines came before.
    """
    self.num_examples, self.validate_every = 20, 2.0
    self.validate = mock.Mock(side_effect=self._validated)
    with mock.patch.object(sys, 'stdout', io.StringIO()) as out:
      self.run_loop(10)
    self.assertEqual([5, 10], [step for (step,) in self.validated])
    told = [line for line in out.getvalue().splitlines() if 'epoch' in line]
    self.assertLen(told, 4)
    for line, words in zip(
      told,
      (
        'epoch 1/4  loss 2.000  accuracy 0.25',  # of steps 1 to 3
        'epoch 2/4  loss 4.500  accuracy 0.25  validation mIOU 0.500, best',
        'epoch 3/4  loss 7.000  accuracy 0.25',
        'epoch 4/4  loss 9.500  accuracy 0.25  validation mIOU 0.500, best',
      ),
    ):
      self.assertRegex(line, f'^{words}(  00:00 left)?$')

  def _validated(self, enough=None):
    step = int(self.state.global_step)
    self.validated.append((step,))
    self.assertEndsWith(reader.latest(self.folder), f'ckpt-{step}')
    return validation.Validated('mIOU', 0.5, True, enough)

  def test_ends_where_a_validation_says_so(self):
    self.num_examples, self.validate_every = 8, 1.0
    self.validate = lambda: self._validated(
      'no better for 2 epochs' if len(self.validated) == 2 else None
    )
    with mock.patch.object(sys, 'stdout', io.StringIO()) as out:
      path = self.run_loop(100)
    self.assertEndsWith(path, 'model.ckpt-3')
    self.assertEndsWith(out.getvalue(), 'no better for 2 epochs\n')

  def test_says_once_that_a_finite_loss_has_diverged(self):
    """Not of one batch, however bad, nor of a loss that began as high."""
    for first, changes, count in (
      (1.0, {step: {'loss': 2e3} for step in range(3, 13)}, 1),
      (1.0, {4: {'loss': 1e6}}, 0),
      (1.0, {step: {'loss': 900.0} for step in range(2, 13)}, 0),
      (0.001, {step: {'loss': 900.0} for step in range(2, 13)}, 0),
      (1e4, {step: {'loss': 1e6} for step in range(2, 13)}, 0),
    ):
      self.state.global_step.assign(0)
      self.changes = {1: {'loss': first}, **changes}
      with mock.patch.object(sys, 'stdout', io.StringIO()) as out:
        self.run_loop(12)
      self.assertEqual(count, out.getvalue().count('has diverged'))

  def test_calls_before_first_save_once(self):
    self.before_first_save.side_effect = lambda: self.assertEqual(
      [], self.saved()
    )
    self.run_loop(3, save_interval_secs=0)
    self.before_first_save.assert_called_once_with()

  def test_stops_where_the_loss_is_not_finite(self):
    """And keeps what was saved before, whether a log or a save is next."""
    self.changes = {7: {'diverged': True, 'loss': float('nan')}}
    for secs, log_every_n_steps in ((0, 5), (loops.NEVER, 3)):
      self.state.global_step.assign(0)
      with self.assertRaisesRegex(InputError, 'not finite at step 7: .*-6$'):
        self.run_loop(12, log_every_n_steps, save_interval_secs=secs)
      self.assertEqual([2, 3, 4, 5, 6], self.saved())

  def test_writes_nothing_before_a_good_step(self):
    self.changes = {1: {'diverged': True}}
    with self.assertRaisesRegex(InputError, 'step 1.*no checkpoint yet'):
      self.run_loop(12, log_every_n_steps=1, save_interval_secs=0)
    self.state.global_step.assign(0)
    self.taken, self.wrong_batch = 0, 1
    with self.assertRaisesRegex(InputError, 'damaged; nothing is saved yet'):
      self.run_loop(12)
    self.assertEqual([], os.listdir(self.folder))
    self.before_first_save.assert_not_called()

  def test_wrong_input_saves_what_was_trained(self):
    self.wrong_batch = 4
    with self.assertRaisesRegex(
      InputError, 'a.jpg is damaged; training so far is in .*ckpt-3$'
    ):
      self.run_loop(12)
    self.assertEqual([3], self.saved())
    self.settle.assert_called_once_with()

  def test_wrong_input_after_divergence_saves_nothing(self):
    self.wrong_batch = 4
    self.changes = {2: {'diverged': True}}
    with self.assertRaisesRegex(InputError, 'not finite at step 2'):
      self.run_loop(12)
    self.assertEqual([], self.saved())


if __name__ == '__main__':
  tf.test.main()
