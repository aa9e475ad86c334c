"""The threads of an operation that benchmark.py measures and keeps."""

import os
import tempfile
from unittest import mock

from absl.testing import absltest

from benchmarking import calibration
from benchmarking import workers
from benchmarking.configurations import Configuration
from runtime import threads
from tests.helpers import soak

_ONE = Configuration('inference', 1, 96, 'mobilenet_v1_025', 'fast')


class CalibrationTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    folder = self.enter_context(tempfile.TemporaryDirectory())
    self.enter_context(mock.patch.dict(os.environ, {'XDG_CACHE_HOME': folder}))

  def measure(self, todo, cores, **came_of_it):
    with mock.patch.object(calibration, 'images_per_second', **came_of_it):
      return calibration.measure(todo, cores)

  def test_the_faster_is_kept(self):
    todo = [_ONE._replace(batch_size=32), _ONE]
    self.assertEqual(8, threads.for_few_images(8))
    told = self.measure(todo, 8, return_value={1: 40.0, 2: 50.0, 8: 30.0})
    self.assertRegex(
      told, r'cores: 2\n\(the .*: 1: 40.0 images/s, 2: 50.0 .*; kept in .*json'
    )
    self.assertEqual(2, threads.for_few_images(8))

  def test_seconds_of_all_processes_count(self):
    seconds = iter([[0.5, 0.25], [0.375, 1.0], [0.625, 0.25]])
    with mock.patch.object(calibration, '_seconds', lambda *_: next(seconds)):
      self.assertEqual({1: 2.0, 2: 2.0}, calibration.images_per_second(_ONE, 2))

  def test_what_it_does_not_concern(self):
    for other in (
      {'implementation': 'slim'},
      {'mode': 'training'},
      {'batch_size': 8},
      {'image_size': 32},
      {'network': 'deeplab_v3_mobilenet_v2'},
      {'xla': True},
    ):
      todo = [_ONE._replace(**other)]
      self.assertEqual('', calibration.measure(todo, 8))
      self.assertEqual(0, calibration.planned_seconds(todo, 8))

  def test_how_long_it_takes(self):
    """By each number three processes, of 5 s and four times half a second."""
    self.assertEqual(2 * 3 * 7, calibration.planned_seconds([_ONE], 2))
    # 1, 2, 4 and 6 threads.
    self.assertEqual(4 * 3 * 7, calibration.planned_seconds([_ONE], 6))

  def test_a_failure_is_told(self):
    told = self.measure([_ONE], 2, side_effect=workers.WorkerError('killed'))
    self.assertEqual('Threads of an operation: not measured: killed\n', told)
    self.assertFalse(os.path.exists(threads.path()))

  @soak.slow
  def test_all_numbers_of_threads_are_timed(self):
    with mock.patch.object(calibration, '_SECONDS', 0.01):
      speeds = calibration.images_per_second(_ONE, 2)
    self.assertEqual([1, 2], list(speeds))
    self.assertGreater(min(speeds.values()), 0)


if __name__ == '__main__':
  absltest.main()
