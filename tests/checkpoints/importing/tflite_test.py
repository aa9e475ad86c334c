""".tflite files, as TensorFlow's converter makes them, against LiteRT."""

import importlib
import io
import os
import tempfile
import zipfile

from absl.testing import parameterized
from ai_edge_litert import interpreter as litert
import numpy as np
import tensorflow as tf

from base.errors import InputError
from checkpoints.importing import tflite
from specs import networks
from tests.helpers import golden_rule
from tests.helpers import graphs
from tests.helpers import networks as testing
from tests.helpers import soak

_SMALLEST = 'mobilenet_v1_025'
_INT8 = {
  'optimizations': [tf.lite.Optimize.DEFAULT],
  'representative_dataset': graphs.calibrate,
  'inference_input_type': tf.uint8,
  'inference_output_type': tf.uint8,
}
# As the slim zoo's quantised files are: a scale and a zero point a tensor.
_UINT8 = {
  'inference_type': tf.uint8,
  'quantized_input_stats': {graphs.INPUT: (128, 128)},
  'default_ranges_stats': (-6, 6),
}
_FLOAT16 = {
  'optimizations': [tf.lite.Optimize.DEFAULT],
  'target_spec': tf.lite.TargetSpec(supported_types=[tf.float16]),
}
_DYNAMIC = {'optimizations': [tf.lite.Optimize.DEFAULT]}


def _quantised_tensors(content):
  """Returns {name: dequantised array} of a file's constants, by LiteRT."""
  interpreter = litert.Interpreter(model_content=content)
  tensors = {}
  for detail in interpreter.get_tensor_details():
    parameters = detail['quantization_parameters']
    if len(parameters['scales']):
      try:
        value = interpreter.get_tensor(detail['index'])
      except ValueError:
        continue  # No constant.
      shape = [1] * value.ndim
      shape[parameters['quantized_dimension']] = -1
      tensors[detail['name']] = (
        value - parameters['zero_points'].reshape(shape).astype(np.float64)
      ) * parameters['scales'].reshape(shape)
  return tensors


class TfliteTest(parameterized.TestCase, tf.test.TestCase):
  def setUp(self):
    super().setUp()
    folder = self.enterContext(tempfile.TemporaryDirectory())
    self.path = os.path.join(folder, 'network.tflite')

  def read(self, content):
    with open(self.path, 'wb') as file:
      file.write(content)
    return tflite.read(self.path)

  @parameterized.parameters(
    (_SMALLEST, _FLOAT16, ('fast',)),
    ('mobilenet_v2_035', {}, networks.IMPLEMENTATIONS),
    ('mobilenet_v3_small_075', {}, ('fast',)),
    ('deeplab_v3_mobilenet_v2_050', {}, networks.IMPLEMENTATIONS),
  )
  def test_floats(self, name, settings, implementations):
    self.check_floats(graphs.freeze(name), settings, implementations)

  def test_dense_logits(self):
    frozen = graphs.freeze(_SMALLEST)
    self.check_floats(graphs.with_dense_logits(frozen), {}, ('fast',))

  def check_floats(self, frozen, settings, implementations):
    content = graphs.convert(frozen, **settings)
    imported = self.read(content)
    self.assertEmpty(imported.left_over)
    self.assertEqual({'image_size': graphs.SIZE}, imported.options)
    images = golden_rule.images(2, graphs.SIZE, graphs.SIZE)
    expected = graphs.interpret(content, images)
    self.assertGreater(np.ptp(expected), 0.1)
    for implementation in implementations:
      _, actual = graphs.predict(
        frozen.network_name, imported, images, implementation
      )
      self.assertLess(testing.deviation(actual, expected), 1e-4)

  @parameterized.parameters((_INT8, 56), (_UINT8, 56), (_DYNAMIC, 14))
  def test_quantised(self, settings, least):
    content = graphs.convert(graphs.freeze(_SMALLEST), **settings)
    imported = self.read(content)
    tensors, compared = _quantised_tensors(content), 0
    for name, value in imported.values.items():
      source = tensors.get(imported.sources[name])
      if source is not None and name.endswith(('weights', 'biases', 'beta')):
        compared += 1
        if source.ndim == 4:
          source = source.transpose(1, 2, 3, 0)
        self.assertAllEqual(source.astype(np.float32), value)
    self.assertGreaterEqual(compared, least)
    # One whose input is quantised says in which range it takes images.
    self.assertLen(imported.notes, int(settings is _DYNAMIC))
    images = golden_rule.images(4, graphs.SIZE, graphs.SIZE)
    expected = graphs.interpret(content, images)
    _, actual = graphs.predict(_SMALLEST, imported, images, 'fast')
    # Activations are rounded, too: 0.03 (int8), 0.05 and 0.02 of the largest.
    self.assertLess(testing.deviation(actual, expected), 0.15)
    testing.assert_same_top1(self, expected, actual, 0.15)

  def test_explicit_padding(self):
    frozen = graphs.freeze(_SMALLEST, use_explicit_padding=True)
    imported = self.read(graphs.convert(frozen))
    self.assertTrue(imported.options['use_explicit_padding'])

  def test_names_of_classes(self):
    content = graphs.convert(graphs.freeze(_SMALLEST))
    names = [f'class {number}' for number in range(graphs.NUM_CLASSES)]
    for lines, labels in (names, tuple(names)), (names[1:], None):
      archive = io.BytesIO()
      with zipfile.ZipFile(archive, 'w') as file:
        file.writestr('labelmap.txt', '\n'.join([*lines, '']))
      imported = self.read(content + archive.getvalue())
      self.assertEqual(labels, imported.labels)

  def test_images_in_another_range(self):
    settings = {**_UINT8, 'quantized_input_stats': {graphs.INPUT: (0, 255)}}
    content = graphs.convert(graphs.freeze(_SMALLEST), **settings)
    with self.assertRaisesRegex(
      InputError, r'tflite takes images in \[0.00, 1.00\]'
    ):
      self.read(content)

  @soak.slow
  def test_keras(self):
    """Another library's graph: other names, pads, a dense last layer."""
    keras = importlib.import_module('keras')
    keras.utils.set_random_seed(0)
    network = keras.applications.MobileNetV2(
      (graphs.SIZE, graphs.SIZE, 3),
      0.35,
      weights=None,
      classes=graphs.NUM_CLASSES,
      classifier_activation=None,
    )
    for weight in network.weights:
      weight.assign(golden_rule.variable(weight.path, weight.shape))
    content = tf.lite.TFLiteConverter.from_keras_model(network).convert()
    imported = self.read(content)
    self.assertEqual({'image_size': graphs.SIZE}, imported.options)
    images = golden_rule.images(2, graphs.SIZE, graphs.SIZE)
    expected = network(images).numpy()
    self.assertGreater(np.ptp(expected), 0.1)
    _, actual = graphs.predict('mobilenet_v2_035', imported, images)
    self.assertLess(testing.deviation(actual, expected), 1e-4)


if __name__ == '__main__':
  tf.test.main()
