"""A classifier of one's own of Keras: a backbone and a Dense layer."""

import io
import os
import tempfile
import zipfile

from absl.testing import parameterized
import h5py
import keras
import numpy as np
import tensorflow as tf

from base.errors import InputError
from checkpoints.importing import keras as importing
from checkpoints.importing import keras_config
from specs import networks
from tests.helpers import graphs
from tests.helpers import keras_models
from tests.helpers import networks as testing

_SIZE = 64
_RESCALING = {'scale': 1 / 127.5, 'offset': -1.0}


def _backbone(name='MobileNet', **options):
  options = {'alpha': 0.25, 'pooling': 'avg', **options}
  return keras_models.make(
    name,
    _SIZE,
    include_top=False,
    classes=1000,
    classifier_activation='softmax',
    **options,
  )


def _dense(units=keras_models.CLASSES, activation=None, name='mine'):
  kernel = keras.initializers.RandomNormal(stddev=0.1, seed=1)
  return keras.layers.Dense(
    units, activation, kernel_initializer=kernel, name=name
  )


def _nested(backbone, dense, **rescaling):
  """Returns a model in which the backbone is a layer."""
  scale = keras.layers.Rescaling(**(rescaling or {'scale': 1.0}))
  return _after(scale, backbone, dense)


def _after(change, backbone, dense):
  """Returns the same, after something else on images."""
  images = keras.Input((_SIZE, _SIZE, 3))
  net = change(images)
  net = keras.layers.Dropout(0.2)(backbone(net, training=False))
  return keras.Model(images, dense(net))


def _flat(backbone, *layers):
  net = backbone.output
  for layer in layers:
    net = layer(net)
  return keras.Model(backbone.input, net)


def _nameless(path, output):
  """Writes a .keras file again, in which no layer's weights tell its name."""

  def remove(_, member):
    member.attrs.pop('name', None)

  with zipfile.ZipFile(path) as old, zipfile.ZipFile(output, 'w') as new:
    for name in old.namelist():
      content = io.BytesIO(old.read(name))
      if name.endswith('.h5'):
        with h5py.File(content, 'r+') as file:
          file.visititems(remove)
      new.writestr(name, content.getvalue())
  return output


class KerasHeadTest(parameterized.TestCase, tf.test.TestCase):
  def read(self, model, suffix='.keras'):
    folder = self.enterContext(tempfile.TemporaryDirectory())
    return importing.read(keras_models.save(model, folder, suffix))

  def test_logits(self):
    backbone, dense = _backbone(), _dense()
    flat, nested = _flat(backbone, dense), _nested(backbone, dense)
    images = keras_models.images(4, _SIZE)
    expected = keras_models.logits(flat, images)
    self.assertGreater(np.ptp(expected), 0.1)
    imported = [
      self.read(model, suffix)
      for model in (flat, nested)
      for suffix in keras_models.FORMATS
    ]
    for each in imported:
      self.assertEmpty(each.left_over)
      self.assertEqual(
        'mine/bias', each.sources['MobilenetV1/Logits/Conv2d_1c_1x1/biases']
      )
      for name, value in imported[0].values.items():
        self.assertAllEqual(value, each.values[name])
    for implementation in networks.IMPLEMENTATIONS:
      _, actual = graphs.predict(
        'mobilenet_v1_025', imported[0], images, implementation
      )
      self.assertLess(testing.deviation(actual, expected), 2e-5)

  def test_one_output(self):
    """A sigmoid's is the softmax of it and 0."""
    imported = self.read(_flat(_backbone(), _dense(1, 'sigmoid')))
    kernel = imported.values['MobilenetV1/Logits/Conv2d_1c_1x1/weights']
    self.assertEqual((1, 1, 256, 2), kernel.shape)
    self.assertAllEqual(np.zeros(256), kernel[0, 0, :, 0])
    self.assertGreater(np.ptp(kernel[0, 0, :, 1]), 0.1)
    self.assertStartsWith(imported.notes[0], 'Its one output is the second of')

  def test_rescaling(self):
    backbone = _backbone()
    for rescaling, message in (
      (_RESCALING, r'from \[0, 255\] itself'),
      ({'scale': 1.0}, 'does not say in which range'),
    ):
      imported = self.read(_nested(backbone, _dense(), **rescaling))
      self.assertRegex(imported.notes[0], message)
    with self.assertRaisesRegex(
      InputError, 'scales images itself, to 0.0039.* times the pixel plus 0, '
    ):
      self.read(_nested(backbone, _dense(), scale=1 / 255))

  def test_augmentation(self):
    augment = keras.Sequential(
      [
        keras.layers.RandomFlip(),
        keras.layers.RandomRotation(0.1),
        keras.layers.Rescaling(**_RESCALING),
      ]
    )
    imported = self.read(_after(augment, _backbone(), _dense()))
    self.assertIn('from [0, 255] itself', imported.notes[0])

  @parameterized.parameters(
    keras.applications.mobilenet_v2.preprocess_input,
    lambda images: images * (2 / 255) + (-1.0),
  )
  def test_operations_by_numbers(self, change):
    model = _after(change, _backbone(), _dense())
    for suffix in '.keras', '.h5':
      imported = self.read(model, suffix)
      self.assertIn('from [0, 255] itself', imported.notes[0])

  @parameterized.parameters(
    (lambda images: images / 255.0, 'to 0.0039.* times the pixel plus 0, '),
    (lambda images: images * (1 / 255), 'to 0.0039.* the pixel plus 0, '),
    (lambda images: images + 1.0, 'to 1 times the pixel plus 1, '),
    (lambda images: images * 2.0 + 0.5, 'to 2 times the pixel plus 0.5, '),
  )
  def test_operations_that_are_no_known_range(self, change, message):
    model = _after(change, _backbone(), _dense())
    for suffix in '.keras', '.h5':
      with self.assertRaisesRegex(InputError, message):
        self.read(model, suffix)

  def test_operations_of_keras_2(self):
    """As tf_keras 2.21.0 saves its preprocess_input."""
    layers = [
      {
        'class_name': 'TFOpLambda',
        'config': {'name': f'tf.{function}', 'function': function},
        'inbound_nodes': [['x', 0, 0, {'y': number, 'name': None}]],
      }
      for function, number in (('math.truediv', 127.5), ('math.subtract', 1.0))
    ]
    _, notes = keras_config.rescaling('a', {'config': {'layers': layers}})
    self.assertIn('from [0, 255] itself', notes[0])

  def test_scaling_behind_it(self):
    for change, message in (
      (keras.layers.Rescaling(2.0), 'scales what no image is'),
      (lambda net: net * 2.0, ', Multiply, is not known here'),
    ):
      with self.assertRaisesRegex(InputError, message):
        self.read(_flat(_backbone(), change, _dense()))

  def test_without_names(self):
    """Keras 2 tells the layers' names in the configuration alone."""
    folder = self.enterContext(tempfile.TemporaryDirectory())
    for model in _nested(_backbone(), _dense()), _flat(_backbone(), _dense()):
      path = keras_models.save(model, folder, '.keras')
      expected = importing.read(path)
      actual = importing.read(_nameless(path, os.path.join(folder, 'a.keras')))
      self.assertEqual(expected.sources, actual.sources)
      for name, value in expected.values.items():
        self.assertAllEqual(value, actual.values[name])

  @parameterized.parameters(
    (keras.ops.abs, 'Absolute'),
    (lambda images: 255.0 - images, 'Subtract'),
    (lambda images: images + images, 'Add'),
    (keras.layers.Normalization(mean=1.0, variance=2.0), 'Normalization'),
  )
  def test_unknown_layer_before_it(self, change, kind):
    model = _after(change, _backbone(), _dense())
    for suffix in '.keras', '.h5':
      with self.assertRaisesRegex(InputError, f', {kind}, is not known here'):
        self.read(model, suffix)

  def test_unknown_layer_behind_it(self):
    unit = keras.layers.UnitNormalization(name='unit')
    with self.assertRaisesRegex(
      InputError, r'its layer unit, UnitNormalization, is not known here'
    ):
      self.read(_flat(_backbone(), unit, _dense()))

  def test_one_linear_output(self):
    with self.assertRaisesRegex(InputError, ': mine has one linear output, '):
      self.read(_flat(_backbone(), _dense(1)))

  @parameterized.parameters(
    (lambda: _flat(_backbone(), _dense(9), _dense(2, name='b')), 'b, mine'),
    (lambda: _flat(_backbone(), _dense(3, 'relu')), 'mine'),
    (lambda: _flat(_backbone(), _dense(3, 'sigmoid')), 'mine'),
    (
      lambda: _flat(
        _backbone(pooling=None), keras.layers.GlobalMaxPooling2D(), _dense()
      ),
      'mine',
    ),
    (
      lambda: _flat(_backbone('MobileNetV3Small', alpha=0.75), _dense()),
      'mine',
    ),
  )
  def test_refused(self, make, own):
    with self.assertRaisesRegex(
      InputError,
      f'has, beside layers of .*, others than one .* taken: {own}; save the '
      'backbone alone',
    ):
      self.read(make(), '.keras')


if __name__ == '__main__':
  tf.test.main()
