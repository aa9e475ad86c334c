"""A classifier in every format: what slim computes, for any batch."""

import json
import os
import tempfile
import zipfile

from absl.testing import parameterized
import numpy as np
import onnx
import openvino
import tensorflow as tf

from base.errors import InputError
from datasets import labels
from datasets import preparation
from export import formats
from export import saved_model
from tasks import classification_export
from tests.helpers import exports
from tests.helpers import image_files
from tests.helpers import networks as testing
from tests.helpers import programs as program_testing
from tests.helpers import soak

_NAMES = ('ant', 'bumble bee', 'cat', 'dog', 'elk')
_SIZE = 32
# Of float32, float16 and int8; the difference of two images is some 0.1.
_TOLERANCES = {'float32': 1e-5, 'float16': 5e-3, 'int8': 0.045}


def _softmax(logits):
  powers = np.exp(logits - logits.max(axis=1, keepdims=True))
  return powers / powers.sum(axis=1, keepdims=True)


class FormatsTest(parameterized.TestCase, tf.test.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
    cls.model = exports.classifier(len(_NAMES))
    cls.pixels, cls.images = exports.images(4, _SIZE)
    slim = cls.model.twin('slim')
    cls.expected = _softmax(testing.run_eagerly(slim, cls.images)[0])
    cls.network = cls.network_of(cls.model)
    cls.of_slim = cls.network_of(slim)
    # Larger than the network's images in one direction, smaller in the other.
    cls.photo = image_files.noise(8, 75, 29)
    cls.classified = cls.classify()

  @classmethod
  def network_of(cls, model):
    return exports.network(
      model, classification_export.EXPORTED, _SIZE, 'inception', _NAMES
    )

  @classmethod
  def classify(cls):
    """Returns what classify_image.py says of the photo, likeliest first."""
    run = os.path.join(cls.folder, 'run')
    exports.save_run(
      cls.model.variables_by_name,
      run,
      image_size=_SIZE,
      preprocessing_name='inception',
    )
    labels.write_folder(run, _NAMES)
    path = os.path.join(cls.folder, 'photo.png')
    image_files.write(cls.folder, path, image_files.encode(cls.photo))
    (result,) = program_testing.run(
      'classify_image',
      [f'--checkpoint_path={run}', '--compute_dtype=float32', '--json', path],
    )
    return json.loads(result.stdout)[0]['predictions']

  @classmethod
  def written(cls, name, precision='float32'):
    """Returns the folder of an export, which has a card."""
    folder = os.path.join(cls.folder, f'{name}_{precision}')
    if not os.path.exists(folder):
      exports.write(cls.network, folder, name, precision)
      exports.write_card(
        folder,
        ['probabilities'],
        classification_export.EXPORTED.shown,
        _NAMES,
        format=name,
        precision=precision,
        model_name='mobilenet_v1',
        num_classes=len(_NAMES),
        image_size=_SIZE,
        preprocessing_name='inception',
      )
    return folder

  def test_images_differ(self):
    spread = np.ptp(self.expected, axis=0)
    self.assertGreater(spread.max(), 0.1, self.expected)

  @parameterized.named_parameters(
    (f'{name}_{precision}', name, precision)
    for name, form in formats.FORMATS.items()
    for precision in form.PRECISIONS
    if precision == 'float32' or name == 'tflite'
  )
  def test_equal(self, name, precision):
    self.check_format(name, precision)

  # onnx in int8: see export_model_test.
  @parameterized.parameters('onnx', 'openvino')
  @soak.slow
  def test_equal_in_float16(self, name):
    self.check_format(name, 'float16')

  def check_format(self, name, precision):
    folder, expected = self.written(name, precision), self.expected
    loaded = formats.load(folder, name, ['probabilities'])
    tolerance = {'rtol': 0, 'atol': _TOLERANCES[precision]}
    for batch in (slice(0, 1), slice(0, 3)):
      found = loaded(self.images[batch])
      self.assertEqual(['probabilities'], list(found))
      self.assertAllClose(expected[batch], found['probabilities'], **tolerance)
    with self.assertRaisesRegex(InputError, 'does not run; export again: .'):
      loaded(self.images[..., :1])

  @parameterized.parameters(
    *((name, 'float32') for name in formats.FORMATS), ('tflite', 'int8')
  )
  def test_card_answers_as_classify_image(self, name, precision):
    printed = exports.run_card(self.written(name, precision), self.photo)
    label, probability = printed.rsplit(None, 1)
    first, second, *_ = self.classified
    self.assertGreater(first['probability'] - second['probability'], 0.05)
    self.assertEqual(f'{first["label"]}:{first["name"]}', label)
    self.assertNear(
      first['probability'], float(probability), _TOLERANCES[precision]
    )

  @parameterized.parameters('tflite', 'frozen_graph')
  def test_from_slim(self, name):
    folder = os.path.join(self.folder, f'{name}_of_slim')
    exports.write(self.of_slim, folder, name)
    loaded = formats.load(folder, name, ['probabilities'])
    self.assertAllClose(
      self.expected, loaded(self.images)['probabilities'], atol=1e-5
    )

  def test_saved_model_prepares_images_of_any_size(self):
    folder = self.written('saved_model')
    run = saved_model.load_for_files(folder)
    for image in (image_files.noise(0, 40, 61), image_files.noise(1, 20, 30)):
      prepared, _ = preparation.fit(image, _SIZE, 'inception')
      logits = testing.run_eagerly(self.model, prepared[np.newaxis])[0]
      self.assertAllClose(
        _softmax(logits),
        run(image[np.newaxis])['probabilities'],
        rtol=0,
        atol=1e-5,
      )
    loaded = tf.saved_model.load(folder)
    self.assertEqual(
      [name.encode() for name in _NAMES],
      loaded.signatures['labels']()['labels'].numpy().tolist(),
    )
    with open(os.path.join(folder, 'assets', 'labels.txt')) as file:
      self.assertEqual('1:bumble bee', file.read().splitlines()[1])

  def test_tensorflow_1_finds_its_tensors(self):
    """As code of its time reads a frozen graph, and a SavedModel."""
    frozen = self.written('frozen_graph')
    graph_def = tf.compat.v1.GraphDef()
    with open(os.path.join(frozen, 'frozen_graph.pb'), 'rb') as file:
      graph_def.ParseFromString(file.read())
    saved = self.written('saved_model')
    for load in (
      lambda session: tf.import_graph_def(graph_def, name=''),
      lambda session: tf.compat.v1.saved_model.load(session, ['serve'], saved),
    ):
      with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        load(session)
        found = session.run(
          'MobilenetV1/Predictions/Reshape_1:0', {'input:0': self.images}
        )
      self.assertAllClose(self.expected, found, atol=1e-5)

  def test_names_are_inside(self):
    path = os.path.join(self.written('tflite'), 'model.tflite')
    with zipfile.ZipFile(path) as archive:
      self.assertEqual(
        list(_NAMES), archive.read('labels.txt').decode().splitlines()
      )
    model = onnx.load(os.path.join(self.written('onnx'), 'model.onnx'))
    (prop,) = model.metadata_props
    self.assertEqual(
      ('labels', list(_NAMES)), (prop.key, json.loads(prop.value))
    )
    path = os.path.join(self.written('openvino'), 'model.xml')
    model = openvino.Core().read_model(path)
    self.assertEqual(
      'ant bumble_bee cat dog elk',
      model.get_rt_info(['model_info', 'labels']).astype(str),
    )

  @parameterized.parameters(
    ('mobilenet_v1_0.25_128', 'MobilenetV1/Predictions/Reshape_1'),
    ('mobilenet_v2_0.35_96', 'MobilenetV2/Predictions/Reshape_1'),
    ('mobilenet_v3_small_1.0_96', 'MobilenetV3/Predictions/Softmax'),
    ('nasnet_mobile_224', 'final_layer/predictions'),
    ('shufflenet_v1_1.0x_g3_224', 'ShufflenetV1/Predictions/Reshape_1'),
  )
  def test_slims_names(self, golden, name):
    description, _ = testing.load_golden(golden)
    published = classification_export.EXPORTED.publish(
      {'probabilities': 0}, list(description['variables'])
    )
    self.assertIn(name, published)


if __name__ == '__main__':
  tf.test.main()
