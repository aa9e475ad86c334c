"""SSDLite's slim and fast implementation against each other."""

import functools

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from specs import cost
from specs import ssdlite as table
from tasks.detection import anchors as anchors_lib
from tasks.detection import box_coder
from tests.helpers import detection
from tests.helpers import golden_rule
from tests.helpers import networks as testing
from tests.helpers import soak


class ParityTest(parameterized.TestCase, tf.test.TestCase):
  @parameterized.parameters('NHWC', 'NCHW')
  def test_other_widths_and_shapes(self, data_format):
    options = {'depth_multiplier': 0.35, 'beta_shift': 3.0}
    images = golden_rule.images(2, 97, 65)
    slim_model = detection.ssdlite(7, **options)
    fast_model = detection.ssdlite(
      7, 'fast', data_format=data_format, **options
    )
    expected, expected_points = testing.run_eagerly(slim_model, images)
    actual, points = testing.run_eagerly(fast_model, images)
    self.assertLen(
      anchors_lib.ssdlite_anchors(97, 65), expected.box_encodings.shape[1]
    )
    self.assertEqual(list(expected_points), list(points))
    for one, other in (
      *zip(actual, expected),
      *((points[key], point) for key, point in expected_points.items()),
    ):
      self.assertGreater(np.abs(other).max(), 0.1)
      self.assertLessEqual(testing.deviation(one, other), 1e-4)
    spec = table.resolve(0.35)
    self.assertEqual(
      cost.count(table.convolutions(spec, 97, 65, 7)).total,
      sum(
        variable.shape.num_elements()
        for variable in fast_model.variables_by_name.values()
      ),
    )
    self.assertEqual(
      slim_model.variables_by_name.keys(), fast_model.variables_by_name.keys()
    )

  @parameterized.parameters(
    # (layout, precision, deviation of boxes in pixels, of scores, by XLA)
    ('NHWC', tf.float32, 0.01, 1e-3, False),
    ('NHWC', tf.float16, 0.6, 0.03, False),
    ('NCHW', tf.float16, 0.6, 0.03, True),
    ('NHWC', tf.bfloat16, 4.0, 0.15, False),
    ('NCHW', tf.bfloat16, 4.0, 0.15, False),
  )
  def test_half_precision(self, data_format, compute_dtype, pixels, score, xla):
    soak.skip_slow(self, xla)
    if not xla and not testing.is_computed(compute_dtype, data_format):
      self.skipTest('This processor has not this type, or oneDNN plays one.')
    images = golden_rule.images(8, 96, 96)
    anchors = anchors_lib.ssdlite_anchors(96, 96)
    slim_model = detection.ssdlite(
      5, depth_multiplier=0.35, beta_shift=3.0, batch_norm_decay=0.0
    )
    fast_model = slim_model.twin(
      'fast', data_format=data_format, compute_dtype=compute_dtype
    )
    run_fast = (
      functools.partial(testing.run, xla=True) if xla else testing.run_eagerly
    )

    def understood(predictions):
      """Returns (boxes in pixels, scores), of numbers as trained ones are."""
      return (
        96 * box_coder.decode(predictions.box_encodings / 10, anchors),
        tf.sigmoid(predictions.class_logits / 4),
      )

    # In evaluation with the statistics of these very images, so that values
    # stay in float16's range.
    for is_training in (True, False):
      expected, _ = testing.run_eagerly(slim_model, images, is_training)
      if xla and is_training:  # which takes XLA ten seconds to compile
        continue
      actual, _ = run_fast(fast_model, images, is_training)
      boxes, scores = understood(expected)
      self.assertGreater(np.std(scores), 0.1)
      half_boxes, half_scores = understood(actual)
      self.assertAllClose(boxes, half_boxes, rtol=0, atol=pixels)
      self.assertAllClose(scores, half_scores, rtol=0, atol=score)

  @parameterized.parameters('NHWC', 'NCHW')
  def test_gradients(self, data_format):
    images = tf.constant(golden_rule.images(8, 64, 64))
    slim_model = detection.ssdlite(5, depth_multiplier=0.35, beta_shift=3.0)
    fast_model = slim_model.twin('fast', data_format=data_format)

    def gradients(model):
      with tf.GradientTape() as tape:
        predictions, _ = model(images, is_training=True)
        loss = sum(tf.reduce_mean(values**2) for values in predictions)
      return tf.nest.map_structure(
        lambda gradient: gradient.numpy(),
        tape.gradient(loss, model.trainable_variables_by_name),
      )

    expected, actual = gradients(slim_model), gradients(fast_model)
    norm = testing.global_norm(expected)
    self.assertGreater(norm, 0.1)
    for name, gradient in expected.items():
      difference = np.linalg.norm(actual[name] - gradient)
      self.assertLessEqual(difference, 1e-3 * norm, name)


if __name__ == '__main__':
  tf.test.main()
