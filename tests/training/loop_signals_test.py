"""The loop under signals: the step is finished, saved, and no more."""

import os
import signal
from unittest import mock

import tensorflow as tf

from base.errors import Stopped
from tests.helpers import loops
from training import stopping

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class LoopSignalsTest(loops.TestCase):
  def run_until(self, signal_number, last_step=None, **options):
    """Runs the loop, which the signal ends in good order."""
    with self.assertRaises(Stopped) as caught:
      self.run_loop(last_step, **options)
    self.assertEqual(signal_number, caught.exception.signal_number)

  def test_a_signal_saves(self):
    """Without a last step there is no other end; the step is finished."""
    before = [signal.getsignal(number) for number in _SIGNALS]
    # Before and at a line of the log, which are 5 steps apart.
    for step, number in zip((3, 5, 8, 10), 2 * _SIGNALS):
      self.changes = {step: number}
      self.run_until(number)
      self.assertEqual(step, self.saved()[-1])
    self.assertEqual(before, [signal.getsignal(number) for number in _SIGNALS])

  def test_a_signal_before_a_step_saves_nothing(self):
    self.settle.side_effect = AssertionError

    def batches():
      os.kill(os.getpid(), signal.SIGTERM)
      yield 'images', 'labels'

    with mock.patch.object(self, '_batches', batches):
      self.run_until(signal.SIGTERM)
    self.assertEqual([], os.listdir(self.folder))
    self.before_first_save.assert_not_called()

  def test_a_second_signal_is_not_ours(self):
    """The first only notes itself; then the signal does what it always does."""
    with stopping.on_signals() as stop:
      os.kill(os.getpid(), signal.SIGINT)
      self.assertEqual(signal.SIGINT, stop.signal_number)
      self.assertEqual(signal.SIG_DFL, signal.getsignal(signal.SIGINT))

  def test_a_signal_that_is_ignored_stays_ignored(self):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
      with stopping.on_signals() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        self.assertIsNone(stop.signal_number)
    finally:
      signal.signal(signal.SIGINT, before)

  def test_a_signal_while_settling(self):
    """Settling goes on to its end; what was saved is kept."""

    def settle():
      os.kill(os.getpid(), signal.SIGTERM)
      return False

    self.settle.side_effect = settle
    self.run_until(signal.SIGTERM, save_interval_secs=0)
    self.settle.assert_called_once_with()
    self.assertEqual([1], self.saved())


if __name__ == '__main__':
  tf.test.main()
