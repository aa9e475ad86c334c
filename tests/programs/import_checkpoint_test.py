"""import_checkpoint.py, end to end: other libraries' files are classified with.

And what is refused: in a line, and nothing is written.
"""

import json
import os
import tempfile

import h5py
import numpy as np
import tensorflow as tf

from checkpoints import run_info
from datasets import image_files as datasets_image_files
from datasets import labels
from datasets.input_pipeline import InputOptions
from tests.helpers import archives
from tests.helpers import checkpoints as files
from tests.helpers import image_files
from tests.helpers import keras_models
from tests.helpers import networks as testing
from tests.helpers import programs

_SIZE = 64
_EPSILON = 0.02
_NAMES = ('ant', 'bee', 'cat', 'dog', 'elk', 'fox', 'gnu')
_AVERAGE = '/ExponentialMovingAverage'


class ImportCheckpointTest(tf.test.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
    cls.write_sources()
    cls.imported = cls.path('imported/')
    cls.named, cls.plain = cls.path('named/'), cls.path('plain/')
    names = cls.write('1000.txt', b'\n'.join(b'n%d' % i for i in range(1000)))
    labels_path = cls.write('names.txt', '\n'.join(_NAMES).encode())
    cls.cases = cls.bad_input()
    # In one process, which takes seconds to start.
    cls.of_keras, cls.of_slim, _, cls.of_slim_again, *cls.refused = (
      programs.run(
        'import_checkpoint',
        [cls.keras, f'--output={cls.imported}', f'--labels_path={labels_path}'],
        [cls.slim, f'--output={cls.named}', f'--labels_path={names}'],
        [cls.slim, f'--output={cls.plain}', f'--labels_path={names}'],
        [
          cls.slim,
          f'--output={cls.plain}',
          '--nouse_moving_averages',
          '--overwrite',
        ],
        *(arguments for arguments, _ in cls.cases),
      )
    )

  @classmethod
  def write_sources(cls):
    cls.model = keras_models.make('MobileNet', _SIZE, alpha=0.25)
    for layer in cls.model.layers:
      if hasattr(layer, 'epsilon'):
        layer.epsilon = _EPSILON
    cls.keras = keras_models.save(cls.model, cls.folder, '.keras')
    cls.variables = testing.ruled_model('mobilenet_v1_025', 1001)
    cls.variables = cls.variables.variables_by_name
    cls.averages = {
      f'{name}{_AVERAGE}': tf.Variable(variable + 1.0)
      for name, variable in cls.variables.items()
    }
    prefix = files.save({**cls.variables, **cls.averages}, cls.path('slim'), 9)
    members = {}
    for suffix in '.index', '.data-00000-of-00001':
      with open(prefix + suffix, 'rb') as file:
        members[f'./mobilenet_v1_0.25_128.ckpt{suffix}'] = file.read()
    cls.slim = archives.write_tar(cls.path('a.tgz'), members, 'w:gz')

  @classmethod
  def path(cls, name):
    return os.path.join(cls.folder, name)

  @classmethod
  def write(cls, name, content):
    os.makedirs(os.path.dirname(cls.path(name)), exist_ok=True)
    with open(cls.path(name), 'wb') as file:
      file.write(content)
    return cls.path(name)

  def test_keras(self):
    self.assertEqual(0, self.of_keras.status, self.of_keras.stderr)
    self.assertIn('mobilenet_v1_025, 7 classes, 137 var', self.of_keras.stdout)
    self.assertRegex(
      self.of_keras.stdout,
      r'\nMobilenetV1/Conv2d_depthwise +65  conv_dw_1/kernel \+64\n',
    )
    self.assertIn(
      '\nLeft over: nothing\nNot as in slim, and kept in model.json: '
      f'batch_norm_epsilon {_EPSILON}\nAssumed of what comes before the '
      'network, and kept: preprocessing_name inception\n'
      f'Saved {self.imported}model.ckpt, ',
      self.of_keras.stdout,
    )
    info = run_info.read_run_info(self.imported)
    self.assertEqual('mobilenet_v1_025', info['model_name'])
    self.assertEqual(_SIZE, info['image_size'])

  def test_it_classifies(self):
    """With no more flags than its precision: Keras' probabilities and names."""
    photo = self.write(
      'photo.png', image_files.encode(image_files.noise(5, 70, 90))
    )
    (classified,) = programs.run(
      'classify_image',
      [
        f'--checkpoint_path={self.imported}',
        '--compute_dtype=float32',
        '--json',
        photo,
      ],
    )
    self.assertEqual(0, classified.status, classified.stderr)
    found = json.loads(classified.stdout)[0]['predictions']
    options = InputOptions(1, _SIZE, 'inception')
    opened = datasets_image_files.open_image(photo, options)
    logits = keras_models.logits(self.model, opened.prepared[None])
    expected = tf.nn.softmax(logits)[0].numpy()
    best = np.argsort(-expected)[:5]
    self.assertEqual(
      [_NAMES[label] for label in best], [one['name'] for one in found]
    )
    self.assertAllClose(
      expected[best], [one['probability'] for one in found], atol=1e-4
    )

  def test_slims_archive(self):
    """1001 classes, of which a file of 1000 names leaves the background out."""
    result = self.of_slim
    self.assertEqual(0, result.status, result.stderr)
    self.assertIn('\nLeft over: nothing\n', result.stdout)
    self.assertIn('Moving averages of the variables are taken', result.stdout)
    self.assertIn('has no name for the background: label 0.', result.stdout)
    self.assertEqual(128, run_info.read_run_info(self.named)['image_size'])
    self.assertEqual(
      ('background', 'n0', 'n1'), labels.read_folder(self.named)[:3]
    )
    self.assert_values(self.named, self.averages, _AVERAGE)

  def test_overwritten(self):
    """The names of the classes are no longer there."""
    result = self.of_slim_again
    self.assertEqual(0, result.status, result.stderr)
    self.assertIn('\nLeft over: 137 (ExponentialMovingAver', result.stdout)
    self.assertIn('The names of its classes are not known', result.stdout)
    self.assertIsNone(labels.read_folder(self.plain))
    self.assert_values(self.plain, self.variables)

  def assert_values(self, folder, variables, suffix=''):
    values = files.values(os.path.join(folder, 'model.ckpt'))
    self.assertLen(values, len(variables))
    for name, variable in variables.items():
      self.assertAllEqual(variable, values[name.removesuffix(suffix)])

  @classmethod
  def bad_input(cls):
    """Returns ((arguments, what is said of them), ...)."""
    cls.write('full/model.json', b'{}')
    cls.write('few.txt', b'a\nb\n')
    cls.write('text', b'no weights')
    with open(cls.keras, 'rb') as file:
      content = file.read()
    cls.write('half.keras', content[: len(content) // 2])
    index = {'../../x.ckpt.index': b'?', '/x.ckpt': b'?'}
    archives.write_tar(cls.path('evil.tgz'), index, 'w:gz')
    cls.without('half.h5', 'conv_dw_3', 'conv_preds')
    cls.without('none.h5', *(layer.name for layer in cls.model.layers))
    out = f'--output={cls.path("out/")}'
    return (
      ([cls.keras], 'say where the checkpoint is to go, by --output'),
      ([out], '0 files are named: name one'),
      ([cls.keras, cls.keras, out], '2 files are named'),
      ([cls.path('nothing'), out], '.*nothing: No such file'),
      ([cls.path('text'), out], '.*text is in no format that is known here'),
      ([cls.path('half.keras'), out], '.*half.keras is in no format'),
      ([cls.path('evil.tgz'), out], '.*evil.tgz has none where one'),
      ([cls.path('half.h5'), out], '.*half.h5 lacks 3 of 137 variables of mob'),
      ([cls.path('none.h5'), out], '.*none.h5 has the layers of no network'),
      ([cls.keras, out, '--use_moving_averages'], '.*has no moving averages'),
      (
        [cls.keras, out, f'--labels_path={cls.path("few.txt")}'],
        '.*few.txt names 2 classes, the network has 7',
      ),
      (
        [cls.keras, f'--output={cls.path("full")}'],
        '.*full/model.json is there already: give another --output, or --over',
      ),
      (
        [cls.keras, f'--output={cls.path("text")}/a'],
        'output .*text cannot be written: ',
      ),
    )

  @classmethod
  def without(cls, name, *layers):
    """Writes the model's weights without some layers."""
    path = keras_models.save(cls.model, cls.folder, '_weights.h5')
    with h5py.File(path, 'a') as file:
      for layer in layers:
        del file[layer]
      left = [one for one in file.attrs['layer_names'] if one not in layers]
      file.attrs['layer_names'] = left or ['other']
      file.require_group('other').attrs['weight_names'] = []
    os.rename(path, cls.path(name))

  def test_bad_input(self):
    """Each is a line, and nothing is written."""
    for (_, message), result in zip(self.cases, self.refused, strict=True):
      with self.subTest(message):
        programs.assert_fails(self, 'import_checkpoint', result, message)
    self.assertFalse(os.path.exists(self.path('out')))
    self.assertEqual(['model.json'], os.listdir(self.path('full')))


if __name__ == '__main__':
  tf.test.main()
