"""Files that scale images themselves give the same outputs here."""

import os
import tempfile

from absl.testing import parameterized
import numpy as np
import tensorflow.compat.v1 as tf

from base.errors import InputError
from checkpoints.importing import formats
from specs import networks
from tasks import classification_export
from tests.helpers import exports
from tests.helpers import golden_rule
from tests.helpers import graphs
from tests.helpers import networks as testing

_NETWORK = 'mobilenet_v1_025'
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_PIXELS = 'pixels'
_SHAPE = [1, graphs.SIZE, graphs.SIZE, 3]


def _imagenet(images):
  return (images / 255 - _MEAN) / _DEVIATION


def _caffe(images):
  return images - [123.68, 116.779, 103.939]


def _deeplab(images):
  """As DeepLab's published graphs do, around padding in grey."""
  grey = tf.reshape(tf.constant([127.5] * 3), [1, 1, 3])
  padded = tf.pad(tf.squeeze(images) - grey, [[0, 0]] * 3) + grey
  return (2.0 / 255.0) * padded[None] - 1.0


def _within_loop(images):
  """As published detectors do: scaled, then resized one by one."""
  scaled = images * (2.0 / 255.0) - 1.0
  return tf.map_fn(
    lambda image: tf.image.resize(image, [graphs.SIZE, graphs.SIZE]), scaled
  )


# (what becomes of images, their least and greatest value, normalization)
_KNOWN = (
  (lambda images: images, -1, 1, None),
  (lambda images: images / 127.5 - 1.0, 0, 255, None),
  (lambda images: (images - 127.5) * (1 / 127.5), 0, 255, None),
  (lambda images: -1.0 + images * 0.00784314, 0, 255, None),
  (lambda images: 2.0 * images - 1.0, 0, 1, None),
  (lambda images: 1.0 - (255.0 - images) / 127.5, 0, 255, None),
  (_deeplab, 0, 255, None),
  (_within_loop, 0, 255, None),
  (lambda images: (images - _MEAN) / _DEVIATION, 0, 1, 'imagenet'),
  (_imagenet, 0, 255, 'imagenet'),
  (
    lambda images: (images * 0.5 + 0.5 - _MEAN) / _DEVIATION,
    *(-1, 1),
    'imagenet',
  ),
)
_UNKNOWN = (
  (_caffe, '1 times the pixel plus -123.68, -116.779, -103.939'),
  (lambda images: images / 128.0 - 1.0, '0.0078125 times the pixel plus -1'),
  (lambda images: images / 255 - 0.5, '0.00392157 times the pixel plus -0.5'),
)


def _scaled(scale, dtype=tf.float32):
  """Returns the Frozen of a network whose file scales images."""
  frozen = graphs.freeze(_NETWORK)

  def build(network):
    images = tf.placeholder(dtype, [None, *_SHAPE[1:]], _PIXELS)
    (logits,) = network(scale(tf.cast(images, tf.float32)))
    tf.identity(logits, 'outputs')

  graph_def = tf.graph_util.extract_sub_graph(
    graphs.within(frozen, build), ['outputs']
  )
  return frozen._replace(graph_def=graph_def, outputs=('outputs',))


class ScalingTest(parameterized.TestCase, tf.test.TestCase):
  def read(self, content, name='frozen.pb'):
    folder = self.enterContext(tempfile.TemporaryDirectory())
    path = os.path.join(folder, name)
    with open(path, 'wb') as file:
      file.write(content)
    return formats.read(path)

  def check(self, imported, low, high, normalization):
    options = {'image_size': graphs.SIZE}
    if normalization:
      options['input_normalization'] = normalization
    self.assertEqual(options, imported.options)
    (note,) = imported.notes
    if (low, high) != (-1, 1) or normalization:
      self.assertIn(f' from [{low}, {high}] itself', note)
    else:
      self.assertIn(' does not say in which range', note)

  @parameterized.parameters(*_KNOWN)
  def test_known(self, scale, low, high, normalization):
    imported = self.read(_scaled(scale).graph_def.SerializeToString())
    self.check(imported, low, high, normalization)

  @parameterized.parameters(*_UNKNOWN)
  def test_unknown(self, scale, message):
    with self.assertRaisesRegex(
      InputError, rf'^.*/frozen.pb scales images itself, to {message}, which'
    ):
      self.read(_scaled(scale).graph_def.SerializeToString())

  @parameterized.parameters(
    lambda images: images[..., ::-1] / 127.5 - 1.0,
    lambda images: (images / 127.5 - 1.0)[:, :, :, ::-1],
    lambda images: tf.reverse(images, [-1]) / 127.5 - 1.0,
    lambda images: _within_loop(tf.reverse(images, [-1])),
  )
  def test_reversed_colours(self, change):
    with self.assertRaisesRegex(InputError, ' reverses images along an axis'):
      self.read(_scaled(change).graph_def.SerializeToString())

  def test_cut_out(self):
    size = graphs.SIZE
    frozen = _scaled(lambda images: images[:, :size, :size] / 127.5 - 1.0)
    imported = self.read(frozen.graph_def.SerializeToString())
    self.check(imported, 0, 255, None)

  def check_outputs(self, imported, pixels, expected):
    """Asserts that a network here makes the same of images in [-1, 1]."""
    self.assertGreater(np.ptp(expected), 0.1)
    for implementation in networks.IMPLEMENTATIONS:
      _, actual = graphs.predict(
        _NETWORK, imported, np.float32(pixels / 127.5 - 1.0), implementation
      )
      self.assertLess(testing.deviation(actual, expected), 1e-4)

  def test_outputs_of_a_frozen_graph(self):
    frozen = _scaled(_imagenet, tf.uint8)
    pixels = np.uint8((golden_rule.images(2, *_SHAPE[1:3]) + 1.0) * 127.5)
    (expected,) = graphs.run(frozen.graph_def, frozen.outputs, pixels, _PIXELS)
    imported = self.read(frozen.graph_def.SerializeToString())
    self.check(imported, 0, 255, 'imagenet')
    self.check_outputs(imported, pixels, expected)

  def test_outputs_of_tflite(self):
    content = graphs.convert(_scaled(_imagenet))
    pixels = np.float32((golden_rule.images(2, *_SHAPE[1:3]) + 1.0) * 127.5)
    imported = self.read(content, 'a.tflite')
    self.check(imported, 0, 255, 'imagenet')
    self.check_outputs(imported, pixels, graphs.interpret(content, pixels))

  def test_bytes_that_are_not_scaled(self):
    frozen = _scaled(lambda images: images, tf.uint8)
    with self.assertRaisesRegex(
      InputError, r' takes images in \[0.00, 255.00\]'
    ):
      self.read(frozen.graph_def.SerializeToString())

  def test_int8_of_this_project(self):
    slim = exports.classifier(4).twin('slim')
    network = exports.network(slim, classification_export.EXPORTED, 32, 'lenet')
    folder = os.path.join(self.get_temp_dir(), 'export')
    exports.write(network, folder, 'tflite', 'int8')
    imported = formats.read(os.path.join(folder, 'model.tflite'))
    self.assertEqual({'image_size': 32}, imported.options)
    self.assertIn(' from [0, 255] itself', *imported.notes)


if __name__ == '__main__':
  tf.test.main()
