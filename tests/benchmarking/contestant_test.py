"""Steps of detectors and segmenters, as benchmark.py times them."""

from absl.testing import parameterized
import tensorflow as tf

from benchmarking import contestant
from benchmarking import workloads
from benchmarking.configurations import Configuration


class ContestantTest(parameterized.TestCase, tf.test.TestCase):
  @parameterized.parameters(
    ('ssdlite_mobilenet_v2_035', 'slim'),
    ('deeplab_v3_mobilenet_v2_050', 'fast'),
  )
  def test_training(self, network, implementation):
    timed = contestant.Contestant(
      Configuration('training', 2, 32, network, implementation)
    )
    first_call, step = timed.warm_up(0.0)
    self.assertGreater(first_call, step)
    self.assertGreater(timed.time(1), 0)

  def test_targets(self):
    """Of as many classes as are published, and boxes within the image."""
    objects = workloads.random_targets(
      Configuration('training', 64, 32, 'ssdlite_mobilenet_v2', 'fast')
    )
    self.assertAllInRange(objects.labels, 0, 89)
    self.assertAllInRange(objects.corners, 0.0, 1.0)
    self.assertAllGreater(
      objects.corners[..., 2:] - objects.corners[..., :2], 0
    )
    mask = workloads.random_targets(
      Configuration('training', 3, 32, 'deeplab_v3_mobilenet_v2', 'fast')
    )
    self.assertEqual([3, 32, 32], mask.shape)
    self.assertAllInRange(mask, 0, 20)
    labels = workloads.random_targets(
      Configuration('training', 500, 32, 'mobilenet_v2', 'fast')
    )
    self.assertEqual([500], labels.shape)
    self.assertAllInRange(labels, 0, 999)


if __name__ == '__main__':
  tf.test.main()
