"""A folded, frozen network against the goldens and the network as it is."""

from unittest import mock

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from runtime import device
from runtime import inference
from runtime.model import Model
from specs.networks import DATA_FORMATS
from specs.ssdlite import Predictions
from tests.helpers import networks as testing
from tests.helpers import soak

# Folding rounds kernels anew: 6e-6 of the largest logit with AVX-512, 2.1e-5 of
# a detector's predictions with AVX2. What folds wrongly is off by percents.
_FOLDING = 5e-5


def _images(batch_size, size):
  return (
    np.random.default_rng(0)
    .uniform(-1, 1, [batch_size, size, size, 3])
    .astype(np.float32)
  )


def _short_model(implementation):
  """Returns a few layers, for what does not depend on how many there are."""
  return testing.ruled_model(
    'mobilenet_v2_035',
    10,
    implementation,
    image_size=32,
    final_endpoint='layer_4',
  )


class InferenceTest(parameterized.TestCase, tf.test.TestCase):
  @soak.slow
  def test_folded_in_float32(self):
    """Each family, at the rule's weights and statistics, against slim."""
    for name in testing.smallest_of_families():
      slim = testing.RuledModel(name)
      expected, _ = testing.run_eagerly(slim, _images(3, 64))
      self.assertGreater(np.abs(expected).max(), 0.1)
      # NASNet's graph takes as long as all the others'.
      for data_format in DATA_FORMATS[: 1 if name == 'nasnet_mobile' else 2]:
        fast = slim.twin('fast', data_format=data_format)
        logits = inference.make_inference_fn(fast, 64)(_images(3, 64))
        self.assertLess(testing.deviation(logits, expected), _FOLDING)

  def test_segmenters_logits_are_maps(self):
    slim = testing.RuledModel('deeplab_v3_mobilenet_v2_050', 5)
    expected, _ = testing.run_eagerly(slim, _images(3, 64))
    self.assertEqual((3, 4, 4, 5), expected.shape)
    self.assertGreater(np.abs(expected).max(), 0.1)
    fast = slim.twin('fast', data_format='NHWC')
    logits = inference.make_inference_fn(fast, 64)(_images(3, 64))
    self.assertLess(testing.deviation(logits, expected), _FOLDING)

  def test_detectors_predictions(self):
    """A structure of tensors; slim's runs with its variables, fast's frozen."""
    slim = testing.RuledModel('ssdlite_mobilenet_v2_035', 4)
    expected, _ = testing.run_eagerly(slim, _images(3, 64))
    for model in (slim, slim.twin('fast', data_format='NHWC')):
      predictions_fn = inference.make_inference_fn(model, 64)
      predictions = predictions_fn(_images(3, 64))
      self.assertIsInstance(predictions, Predictions)
      for one, other in zip(predictions, expected):
        self.assertGreater(np.abs(other).max(), 0.1)
        self.assertLess(testing.deviation(one, other), _FOLDING)
      graph = predictions_fn.get_concrete_function().graph
      self.assertEqual(model is slim, bool(graph.captures))

  @soak.slow
  def test_detectors_with_batch_statistics(self):
    model = testing.RuledModel('ssdlite_mobilenet_v2_035', 4)
    images = _images(4, 64)
    before = testing.run_eagerly(model, images)[0]
    expected, _ = testing.run_eagerly(
      model, images, is_training=True, batch_norm_decay=1.0
    )
    found = inference.make_inference_fn(model, 64, use_batch_statistics=True)
    for one, other in zip(found(images), expected):
      self.assertLess(testing.deviation(one, other), _FOLDING)
    after = testing.run_eagerly(model, images)[0]
    self.assertAllClose(before, after)

  def test_batches_of_any_size_in_parts(self):
    """Every image's logits are its own, in its place, whatever the batch."""
    model = _short_model('fast')
    images = _images(23, 32)
    expected, _ = testing.run_eagerly(model, images)
    self.assertGreater(np.abs(expected[1:] - expected[:-1]).max(), 0.01)
    for num_cores, one_thread in ((2, True), (16, False), (16, True)):
      with (
        mock.patch.object(device, 'num_cores', return_value=num_cores),
        mock.patch.object(
          device, 'has_one_thread_an_operation', return_value=one_thread
        ),
      ):
        logits_fn = inference.make_inference_fn(model, 32)
        for batch_size in (0, 1, 2, 3, 8, 9, 23):
          logits = logits_fn(images[:batch_size])
          self.assertAllClose(
            expected[:batch_size], logits, rtol=1e-4, atol=1e-4
          )
    self.assertEqual(
      [None, 10], logits_fn.get_concrete_function().output_shapes.as_list()
    )

  @parameterized.parameters(
    # The second depthwise convolution: 112 * 112 * 96 values, and a quarter.
    ('mobilenet_v2', 'float32', 224, 2),
    ('mobilenet_v2', 'float32', 96, 4),
    ('mobilenet_v2', 'float32', 320, 1),
    ('mobilenet_v2', 'bfloat16', 320, 4),
    # 112 * 112 * (32 + 64): three would be few enough, and do not divide 32.
    ('mobilenet_v1', 'float32', 224, 2),
    # 112 * 112 * 64, and a quarter.
    ('mobilenet_v3_large', 'float32', 224, 4),
  )
  def test_as_many_images_at_once_as_were_fast(self, name, dtype, size, most):
    model = Model(name, 1001, 'fast', compute_dtype=tf.as_dtype(dtype))
    self.assertEqual(most, inference.images_at_once(model, size, size))

  @parameterized.parameters('slim', 'fast')
  @mock.patch.object(device, 'has_gpu', return_value=False)
  def test_one_image_at_a_time(self, implementation, _):
    model = _short_model(implementation)
    images = _images(3, 32)
    expected, _ = testing.run_eagerly(model, images)
    self.assertGreater(np.abs(expected[1:] - expected[:-1]).max(), 0.01)
    one_fn = inference.make_inference_fn(model, 32, batch_size=1)
    _, traced = one_fn.args
    operations = {operation.type for operation in traced.graph.get_operations()}
    self.assertFalse({'While', 'StatelessWhile'} & operations)
    with tf.GradientTape():  # adds to the outputs of the trace's graph
      one_fn(images[:1])
    in_graph_fn = tf.function(lambda image: 2.0 * one_fn(image))
    for i, image in enumerate(np.split(images, 3)):
      for found in (
        one_fn(tf.constant(image)),
        one_fn(image),
        in_graph_fn(image) / 2.0,
      ):
        self.assertAllClose(expected[i : i + 1], found, rtol=1e-4, atol=1e-4)
    for wrong in (images[:2], images[:1, 1:], images[:1].astype(np.uint8)):
      with self.assertRaises((TypeError, ValueError)):
        one_fn(tf.constant(wrong))

  @mock.patch.object(device, 'has_gpu', return_value=False)
  def test_one_image_of_several_outputs(self, _):
    """Outputs come back in their own structure."""
    model = _short_model('fast')
    images = tf.constant(_images(1, 32))
    logits = inference.make_inference_fn(model, 32)(images)

    def around(forward):
      return lambda images: {
        'twice': 2.0 * forward(images),
        'images': [images],
        'none': None,
      }

    found = inference.make_inference_fn(model, 32, around=around, batch_size=1)(
      images
    )
    self.assertAllClose(2.0 * logits, found['twice'], rtol=1e-4, atol=1e-4)
    self.assertAllEqual(images, found['images'][0])
    self.assertIsNone(found['none'])

  def test_slims_single_image_in_company(self):
    """The same logits, whether oneDNN is quick with one image or not."""
    model = _short_model('slim')
    images = _images(3, 32)
    expected, _ = testing.run_eagerly(model, images)
    for is_slow in (True, False):
      with mock.patch.object(
        device, 'is_slow_with_one_image', return_value=is_slow
      ):
        logits_fn = inference.make_inference_fn(model, 32)
        for batch_size in (1, 3):
          logits = logits_fn(images[:batch_size])
          self.assertAllClose(
            expected[:batch_size], logits, rtol=1e-4, atol=1e-4
          )

  def test_fast_is_frozen_and_slim_is_not(self):
    images = _images(2, 32)
    for implementation, is_frozen in (('fast', True), ('slim', False)):
      model = _short_model(implementation)
      logits_fn = inference.make_inference_fn(model, 32)
      before = logits_fn(images)
      variables = model.variables_by_name
      variables['MobilenetV2/Logits/Conv2d_1c_1x1/biases'].assign_add([1] * 10)
      self.assertAllClose(
        before + (0.0 if is_frozen else 1.0), logits_fn(images), atol=1e-4
      )
      again = inference.make_inference_fn(model, 32)(images)
      self.assertAllClose(before + 1.0, again, atol=1e-4)

  def test_frozen_graph_has_no_variables(self):
    model = _short_model('fast')
    graph = inference.make_inference_fn(model, 32).get_concrete_function().graph
    self.assertEmpty(graph.variables)
    self.assertEmpty(graph.captures)

  def test_models_take_uint8_as_well(self):
    pixels = np.random.default_rng(0).integers(0, 256, [2, 32, 32, 3], np.uint8)
    for implementation in ('slim', 'fast'):
      model = _short_model(implementation)
      expected, _ = testing.run_eagerly(model, np.float32(pixels / 127.5 - 1))
      self.assertAllClose(
        expected, testing.run_eagerly(model, pixels)[0], atol=1e-4
      )

  def test_by_xla(self):
    model = _short_model('fast')
    plain, compiled = (
      inference.make_inference_fn(model, 32, xla)(_images(2, 32))
      for xla in (False, True)
    )
    self.assertLess(testing.deviation(compiled, plain), _FOLDING)


if __name__ == '__main__':
  tf.test.main()
