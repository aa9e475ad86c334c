"""The loop where several workers run it, without the other ones."""

import os
import signal

import tensorflow as tf

from base.errors import InputError
from base.errors import Stopped
from runtime.strategy import Workers
from tests.helpers import loops


class _OneOfTwo(Workers):
  """Adds to its own numbers what the other one says."""

  def total(self, numbers):
    self.asked_at.append(int(self.step))
    return numbers + self.other(int(self.step))


class WorkersLoopTest(loops.TestCase):
  def setUp(self):
    super().setUp()
    self.other = lambda step: 0

  def be(self, number):
    self.workers = _OneOfTwo(None, number, ('a:1', 'b:1'))
    self.workers.step = self.state.global_step
    self.workers.asked_at = []
    self.workers.other = lambda step: self.other(step)

  def test_the_second_writes_nothing(self):
    self.be(1)
    path = self.run_loop(12)
    self.assertEqual(os.path.join(self.folder, 'model.ckpt-12'), path)
    self.assertEqual([], os.listdir(self.folder))

  def test_the_first_does(self):
    self.be(0)
    self.run_loop(12)
    self.assertEqual([12], self.saved())
    self.assertTrue(any('events' in name for name in os.listdir(self.folder)))

  def test_ask_each_other_at_lines_of_the_log(self):
    self.be(0)
    self.run_loop(12)
    self.assertEqual({0, 5, 10, 12}, set(self.workers.asked_at))

  def test_stop_together(self):
    """The other one had a signal at step 5, and waits for a save."""
    self.be(0)
    self.other = lambda step: step == 5
    with self.assertRaises(Stopped) as caught:
      self.run_loop(12)
    self.assertEqual(signal.SIGTERM, caught.exception.signal_number)
    self.assertEqual([5], self.saved())

  def test_save_together(self):
    """It is time for the other one."""
    self.be(0)
    asked = []

    def other(step):
      asked.append(step)
      return step == 10 and asked.count(10) == 1  # Not to stop, too.

    self.other = other
    self.run_loop(12)
    self.assertEqual([10, 12], self.saved())

  def test_a_wrong_image_of_one_saves_nothing(self):
    """The others cannot know of it, and would wait."""
    self.be(0)
    self.wrong_batch = 7
    with self.assertRaisesRegex(InputError, 'a.jpg.*; nothing is saved yet'):
      self.run_loop(12)
    self.assertEqual([], self.saved())


if __name__ == '__main__':
  tf.test.main()
