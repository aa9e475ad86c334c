"""Steps after a checkpoint, bit for bit: the networks that take longer."""

from absl.testing import parameterized
import tensorflow as tf

from runtime.model import Model
from specs import networks
from tasks.detection import task as detection
from tasks.segmentation import task as segmentation
from tests.helpers import resuming
from tests.helpers import soak
from tests.helpers.detection import box_targets


@soak.slow
class ExactResumeOfNetworksTest(parameterized.TestCase, resuming.TestCase):
  @parameterized.parameters(*networks.IMPLEMENTATIONS)
  def test_drop_path(self, implementation):
    """Of the two cells of NASNet's stem, whose features are the outputs."""
    self._check_eagerly(
      'nasnet_mobile',
      implementation,
      resuming.task_of(lambda net: tf.reduce_mean(tf.square(net))),
      resuming.batches(2, 4),
      final_endpoint='Stem',
      drop_path_keep_prob=0.1,
    )

  @parameterized.parameters(*networks.IMPLEMENTATIONS)
  def test_segmenter(self, implementation):
    batches = [
      (images, tf.tile(labels[:, tf.newaxis, tf.newaxis], [1, 33, 33]))
      for images, labels in resuming.batches(2, 4, 33)
    ]
    self._check_eagerly(
      'deeplab_v3_mobilenet_v2',
      implementation,
      segmentation.make_task(5),
      batches,
      depth_multiplier=0.1,
    )

  @parameterized.parameters(*networks.IMPLEMENTATIONS)
  def test_detector(self, implementation):
    """It drops nothing."""
    corners = (4, 4, 40, 50)
    targets = box_targets([((64, 64), [(corners, 1, False, None)])] * 2)
    self._check_eagerly(
      'ssdlite_mobilenet_v2',
      implementation,
      detection.make_task(5, 64),
      [(images, targets) for images, _ in resuming.batches(2, 2, 64)],
      depth_multiplier=0.1,
    )

  def _check_eagerly(self, name, implementation, task, batches, **options):
    """Without a graph, whose making takes longer than the steps."""
    self.addCleanup(tf.config.run_functions_eagerly, False)
    tf.config.run_functions_eagerly(True)
    model = Model(name, 5, implementation, **options)
    model(batches[0][0], is_training=True)  # makes the variables
    self.check_resume(resuming.make_state(model), task, batches)


if __name__ == '__main__':
  tf.test.main()
