"""When a step is taken for steady; by hand."""

import itertools
from unittest import mock

from absl.testing import absltest

from benchmarking import pace


class PaceTest(absltest.TestCase):
  def _warm_up(self, step_of, seconds):
    """Returns (warm_up's step, the clock); step_of(time) is a step's length."""
    now, told = [0.0], []

    def time_steps(steps):
      begin = now[0]
      for _ in range(steps):
        now[0] += step_of(now[0])
      told.append(steps)
      return (now[0] - begin) / steps

    with mock.patch.object(pace.time, 'perf_counter', lambda: now[0]):
      return pace.warm_up(time_steps, seconds), now[0], told

  def test_goes_on_until_it_is_steady(self):
    # Ever faster for three seconds, then a tenth.
    step, elapsed, _ = self._warm_up(lambda now: max(0.1, 0.7 - now / 5), 1.0)
    self.assertAlmostEqual(0.1, step)
    self.assertBetween(elapsed, 3.0, 8.0)

  def test_what_is_steady_is_done(self):
    step, elapsed, told = self._warm_up(lambda now: 0.01, 1.0)
    self.assertAlmostEqual(0.01, step)
    self.assertBetween(elapsed, 1.0, 2.1)
    self.assertEqual([1, 1, 2, 4], told[:4])

  def test_two_steps_at_least(self):
    _, _, told = self._warm_up(lambda now: 5.0, 0.0)
    self.assertEqual([1, 1], told)

  def test_it_ends(self):
    """Where each turn is faster than the last, too."""
    faster = itertools.count(100, -1)
    _, elapsed, _ = self._warm_up(lambda now: next(faster) / 100, 1.0)
    self.assertLess(elapsed, 10.0)

  def test_batches_are_more_than_caches_hold(self):
    self.assertEqual(100, pace.num_batches(1, 224))  # of 602,112 bytes
    self.assertEqual(4, pace.num_batches(32, 224))
    self.assertEqual(3, pace.num_batches(256, 224))

  def test_lead_in(self):
    self.assertEqual(
      [1, 1, 1, 2, 25], list(map(pace.lead_in, [1, 2, 4, 5, 100]))
    )


if __name__ == '__main__':
  absltest.main()
