"""What training shows meanwhile: lines, or a bar on a terminal."""

import io
import sys
from unittest import mock

import tensorflow as tf

from training import progress


def _shown(step):
  """What Progress is given of a step that counts from 1."""
  return {'loss': float(step), 'accuracy': 0.25}, 1 / step


class _Terminal(io.StringIO):
  def isatty(self):
    return True


class ProgressTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    time = self.enterContext(mock.patch.object(progress, 'time'))
    time.monotonic.side_effect = lambda: self.now
    self.now = 100.0

  def test_lines(self):
    out = io.StringIO()
    with (
      mock.patch.object(sys, 'stdout', out),
      mock.patch.object(sys, 'stderr', io.StringIO()),
    ):
      shown = progress.Progress(20, 4000, batch_size=32)
      self.now += 5.0
      self.assertAlmostEqual(64.0, shown.update(30, *_shown(4)))
      self.now += 0.25
      self.assertAlmostEqual(128.0, shown.update(31, *_shown(2)))
      self.now += 3.0
      self.assertAlmostEqual(32.0, shown.update(34, *_shown(8)))
      shown.close()
    self.assertEqual(
      [
        'step 30/4000  loss 4.000  accuracy 0.25  rate 0.25  64 images/s  '
        '33:05 left',  # 3970 steps of half a second
        'step 31/4000  loss 2.000  accuracy 0.25  rate 0.5  128 images/s  '
        '16:32 left',
        'step 34/4000  loss 8.000  accuracy 0.25  rate 0.12  32 images/s  '
        '1:06:06 left',
      ],
      out.getvalue().splitlines(),
    )

  def test_a_clock_that_restarts_leaves_time_and_steps_out(self):
    with mock.patch.object(sys, 'stdout', io.StringIO()) as out:
      shown = progress.Progress(0, None, batch_size=10)
      self.now += 50.0  # compiles
      shown.restart_clock(1)
      self.now += 4.0
      self.assertAlmostEqual(5.0, shown.update(3, *_shown(1)))
      self.now += 2.0
      self.assertAlmostEqual(5.0, shown.update(4, *_shown(1)))
    self.assertEndsWith(out.getvalue(), 'rate 1  5 images/s\n')

  def test_an_epochs_line_knows_the_time_left_by_all_that_was_done(self):
    with mock.patch.object(sys, 'stdout', io.StringIO()) as out:
      shown = progress.Progress(0, 101, batch_size=10)
      self.now += 50.0  # compiles
      shown.end_epoch(1, ['epoch 1/101'])
      shown.restart_clock(1)
      self.now += 20.0
      shown.update(11, *_shown(1))
      self.now += 5.0  # validates
      shown.end_epoch(11, ['epoch 11/101', 'loss 1.000'])
    lines = out.getvalue().splitlines()
    # 25 s for 10 steps, 90 of which are left.
    self.assertEqual(
      ['epoch 1/101', 'epoch 11/101  loss 1.000  03:45 left'],
      [line for line in lines if line.startswith('epoch')],
    )

  def test_bar_on_a_terminal(self):
    with (
      mock.patch.object(sys, 'stdout', io.StringIO()) as out,
      mock.patch.object(sys, 'stderr', _Terminal()) as err,
    ):
      shown = progress.Progress(20, 40, batch_size=32)
      self.now += 5.0
      shown.tell('a line')
      shown.update(30, *_shown(4))
      shown.close()
    self.assertEqual('a line\n', out.getvalue())
    bar = err.getvalue().splitlines()[-1]
    self.assertIn(' 30/40 ', bar)
    self.assertIn('loss 4.000, accuracy 0.25, rate 0.25, 64 images/s', bar)


if __name__ == '__main__':
  tf.test.main()
