"""Steps of detectors and segmenters, as benchmark.py times them."""

import os
import tempfile
from unittest import mock

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from benchmarking import contestant
from benchmarking import models
from benchmarking import report
from benchmarking import selection
from benchmarking import workloads
from benchmarking.ceilings import Speed
from benchmarking.configurations import Configuration
from benchmarking.timing import Row
from tasks import classification_export
from tests.helpers import exports
from tests.helpers import soak


class ContestantTest(parameterized.TestCase, tf.test.TestCase):
  @parameterized.parameters(
    ('ssdlite_mobilenet_v2_035', 'slim'),
    ('deeplab_v3_mobilenet_v2_050', 'fast'),
  )
  @soak.slow
  def test_training(self, network, implementation):
    timed = contestant.Contestant(
      Configuration('training', 2, 32, network, implementation)
    )
    first_call, step = timed.warm_up(0.0)
    self.assertGreater(first_call, step)
    self.assertGreater(timed.time(1), 0)

  def test_steps_before_those_that_count(self):
    """A quarter as many; where the time goes, a profile has no others."""
    timed = contestant.Contestant(
      Configuration('inference', 2, 32, 'mobilenet_v1_025', 'fast')
    )
    timed._step = mock.Mock()
    timed.time(8)
    self.assertEqual(2 + 8, timed._step.call_count)
    timed.run(5)
    self.assertEqual(2 + 8 + 5, timed._step.call_count)

  def test_exports(self):
    """Batches are as a runtime takes them before the clock starts."""
    folder = os.path.join(
      self.enterContext(tempfile.TemporaryDirectory()), 'export'
    )
    network = exports.network(
      exports.classifier(5), classification_export.EXPORTED, 32, 'lenet'
    )
    exports.write(network, folder, 'tflite', 'int8')
    exports.write_card(
      folder,
      ['probabilities'],
      precision='int8',
      model_name='mobilenet_v1',
      depth_multiplier=0.1,
      num_classes=5,
      image_size=32,
      evaluation={
        'data_set': 'digits',
        'checkpoint': {'Accuracy': 0.5},
        'file': {'Accuracy': 0.25},
      },
    )
    (made,) = selection.make_configurations(
      selection.Device('CPU'),
      224,
      selection.Choices(
        [],
        [],
        None,
        None,
        None,
        [2],
        ['inference', 'training'],
        models.read_models([folder]),
      ),
    )
    self.assertEqual(
      ('tflite int8', 'inference, batch 2, 32 x 32 pixels', 0.25),
      (made.label, made.workload, made.accuracy),
    )
    timed = contestant.Contestant(made)
    timed.warm_up(0.0)
    self.assertGreater(timed.time(1), 0)
    images, _ = timed._batches[0]
    self.assertEqual((np.uint8, (2, 32, 32, 3)), (images.dtype, images.shape))
    table = report.format_table(
      [Row(made, None, (0.5,), (), 1.0, 1e6)],
      Speed(1e9, {'float32': 1e9}, 'given'),
    )
    self.assertRegex(
      table, r'\n  tflite int8 +4\.00 +500 +0% +- +1\.0 +1 +0\.2500\n'
    )
    self.assertLessEqual(max(map(len, table.splitlines())), 80)

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
