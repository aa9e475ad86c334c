"""Keras' own networks give the same logits here, from each of its formats."""

import tempfile

from absl.testing import parameterized
import tensorflow as tf

from checkpoints.importing import keras
from inspection import imported_weights
from runtime.model import Model
from specs import networks
from tests.helpers import keras_models
from tests.helpers import networks as testing
from tests.helpers import soak

_SIZE = 64
# What float32 leaves of the logits, of the largest; a gate of another slope
# makes 9e-5.
_TOLERANCE = 2e-5
_CASES = (
  ('MobileNet', {'alpha': 0.25}, 'mobilenet_v1_025', '.h5'),
  ('MobileNetV2', {'alpha': 0.35}, 'mobilenet_v2_035', '.keras'),
  (
    'MobileNetV3Small',
    {'alpha': 0.75, 'include_preprocessing': False},
    'mobilenet_v3_small_075',
    '.weights.h5',
  ),
)
_DEPTHWISE = 'MobilenetV1/Conv2d_3_depthwise/depthwise_weights'


def _logits(path, batch, implementation, **options):
  imported = keras.read(path)
  fitted = imported_weights.fit(path, imported)
  model = Model(
    fitted.model_name,
    fitted.num_classes,
    implementation,
    **{**fitted.options, **options},
  )
  model(tf.constant(batch[:1]))
  for name, variable in model.variables_by_name.items():
    variable.assign(fitted.values[name])
  return testing.run_eagerly(model, batch)[0]


class KerasTest(parameterized.TestCase, tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enterContext(tempfile.TemporaryDirectory())

  def check(self, path, model, **options):
    batch = keras_models.images(4, _SIZE)
    expected = keras_models.logits(model, batch)
    self.assertGreater(abs(expected).max(), 1.0, 'too small to compare')
    self.assertGreater(expected.std(axis=0).max(), 0.1, 'all the same')
    for implementation in networks.IMPLEMENTATIONS:
      logits = _logits(path, batch, implementation, **options)
      self.assertLess(
        testing.deviation(logits, expected), _TOLERANCE, implementation
      )
      testing.assert_same_top1(self, expected, logits, _TOLERANCE)

  @parameterized.parameters(*_CASES)
  def test_logits(self, name, options, model_name, suffix):
    soak.skip_slow(self, 'V3' in name)
    model = keras_models.make(name, _SIZE, **options)
    path = keras_models.save(model, self.folder, suffix)
    imported = keras.read(path)
    self.assertEqual((), imported.left_over)
    fitted = imported_weights.fit(path, imported)
    self.assertEqual(
      (model_name, {}, keras_models.CLASSES),
      (fitted.model_name, fitted.options, fitted.num_classes),
    )
    self.check(path, model)
    if 'V3' in name:
      self.check_gates(model, imported)

  def check_gates(self, model, imported):
    """Their slope, 1/6 in Keras, is in what multiplies next."""
    kernel = model.get_layer('expanded_conv_project').kernel.numpy()
    value = imported.values['MobilenetV3/expanded_conv/project/weights']
    self.assertAllClose(kernel * (1 / 6 / 0.16667), value, rtol=1e-6, atol=0.0)
    self.assertNotAllClose(kernel, value, rtol=1e-6, atol=0.0)

  def test_formats(self):
    model = keras_models.make('MobileNet', _SIZE, alpha=0.25)
    paths = [
      keras_models.save(model, self.folder, suffix)
      for suffix in keras_models.FORMATS
    ]
    first, *others = map(keras.read, paths)
    self.assertEqual({'image_size': _SIZE}, first.options)
    self.assertEqual('conv_dw_3/kernel', first.sources[_DEPTHWISE])
    for path, other in zip(paths[1:], others):
      self.assertEqual(first.sources, other.sources, path)
      for key, value in first.values.items():
        self.assertAllEqual(value, other.values[key], f'{path}: {key}')

  @soak.slow
  def test_nasnet(self):
    """Its strided pools count the zeros around a map."""
    model = keras_models.make('NASNetMobile', _SIZE)
    for suffix in keras_models.FORMATS:
      path = keras_models.save(model, self.folder, suffix)
      self.check(path, model)
    with self.assertRaises(AssertionError):
      self.check(path, model, zero_padded_pools=False)

  def test_an_epsilon_of_its_own(self):
    model = keras_models.make('MobileNet', _SIZE, alpha=0.25)
    for layer in model.layers:
      if hasattr(layer, 'epsilon'):
        layer.epsilon = 0.1
    path = keras_models.save(model, self.folder, '.keras')
    self.assertEqual(0.1, keras.read(path).options['batch_norm_epsilon'])
    self.check(path, model)

  def test_any_width(self):
    model = keras_models.make('MobileNet', _SIZE, alpha=0.13)
    path = keras_models.save(model, self.folder, '.weights.h5')
    fitted = imported_weights.fit(path, keras.read(path))
    self.assertEqual('mobilenet_v1', fitted.model_name)
    self.assertEqual({'depth_multiplier': 0.13, 'min_depth': 1}, fitted.options)

  def test_gates_scale_no_images(self):
    """V3's are sums and products with numbers; it scales images, too."""
    model = keras_models.make('MobileNetV3Small', _SIZE, alpha=0.75)
    for suffix in '.keras', '.h5':
      path = keras_models.save(model, self.folder, suffix)
      self.assertEqual({'image_size': _SIZE}, keras.read(path).options)

  def test_odd_feature_maps_are_told(self):
    model = keras_models.make('MobileNet', 80, alpha=0.25)
    path = keras_models.save(model, self.folder, '.h5')
    self.assertRegex(keras.read(path).notes[0], '^Its images of 80 pixels')


if __name__ == '__main__':
  tf.test.main()
