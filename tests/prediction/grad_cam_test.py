"""Grad-CAM against what the weights say, where arithmetic knows it."""

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from prediction import grad_cam
from tests.helpers import networks as testing
from tests.helpers import soak

_SIZE = 96  # of which the last feature map has 3 x 3 positions


class GradCamTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(
    ('mobilenet_v1_025', 'slim'),
    ('mobilenet_v1_025', 'fast'),
    # In this layout and precision the end points are copies.
    ('mobilenet_v1_025', 'fast', 'NCHW'),
    ('mobilenet_v1_025', 'fast', 'NCHW', tf.bfloat16),
    ('shufflenet_v1_050', 'fast'),
  )
  def test_is_the_class_activation_map(
    self, name, implementation, data_format='NHWC', compute_dtype=tf.float32
  ):
    """Where a mean over positions and linear logits follow the map."""
    soak.skip_slow(self, name == 'shufflenet_v1_050')
    if not testing.is_computed(compute_dtype, data_format):
      self.skipTest('This CPU does not run it without XLA.')
    model = testing.ruled_model(name, 5, implementation)
    images = np.random.RandomState(0).uniform(-1, 1, [2, _SIZE, _SIZE, 3])
    images = tf.constant(images, tf.float32)
    _, end_points = testing.run_eagerly(model, images)
    features = [
      point
      for point in end_points.values()
      if len(point.shape) == 4 and point.shape[1] == 3
    ][-1]
    (weights,) = (
      variable.numpy()[0, 0]
      for name, variable in model.variables_by_name.items()
      if 'Logits' in name and name.endswith('weights')
    )
    activation = np.einsum('nhwc,ck->nhwk', features, weights)
    # A class for which some places speak, and against which others do.
    labels = np.minimum(activation.max((1, 2)), -activation.min((1, 2))).argmax(
      -1
    )
    expected = np.maximum(
      [of_image[..., k] for of_image, k in zip(activation, labels)], 0
    )
    expected /= expected.max((1, 2), keepdims=True)
    self.assertBetween(expected.mean(), 0.1, 0.9)
    self.assertGreater((expected == 0).sum(), 0)
    if implementation == 'fast':
      model._options.update(
        data_format=data_format, compute_dtype=compute_dtype
      )
    found = grad_cam.make_grad_cam_fn(model, _SIZE)(
      images, tf.constant(labels, tf.int64)
    )
    # Rounding errors of the features, of which one in 50 is 1e-5.
    self.assertAllClose(expected, found, atol=1e-3)
    self.assertAllEqual([1.0, 1.0], np.max(found, (1, 2)))


if __name__ == '__main__':
  tf.test.main()
