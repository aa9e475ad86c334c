"""The program, end to end: what it keeps, what it refuses, who reads it."""

import hashlib
import json
import os
import tempfile

import numpy as np
import tensorflow as tf

from checkpoints import run_info
from datasets import labels
from tests.helpers import exports
from tests.helpers import image_files
from tests.helpers import networks as testing
from tests.helpers import programs as program_testing
from tests.helpers import soak

_NAMES = tuple(f'number {digit}' for digit in range(10))
_SIZE = 32


class ProgramTest(tf.test.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
    cls.model = exports.classifier(len(_NAMES))
    cls.checkpoint = cls.save('run')
    cls.cases = cls.bad_input()
    cls.lines = cls.exports()
    with exports.telling_environment(cls.path('home')):
      results = program_testing.run(
        'export_model', *cls.lines.values(), *(case for case, _ in cls.cases)
      )
    cls.results = dict(zip(cls.lines, results))
    cls.of_bad_input = results[len(cls.lines) :]

  @classmethod
  def path(cls, name):
    return os.path.join(cls.folder, name)

  @classmethod
  def save(cls, name, offset=0.0, **info):
    """Writes a run's folder; returns its checkpoint.

    offset: added to the weights of all logits, which changes no probability.
    """
    variables = cls.model.variables_by_name
    logits = 'MobilenetV1/Logits/Conv2d_1c_1x1/weights'
    saved = exports.save_run(
      {**variables, logits: tf.Variable(offset + variables[logits])},
      cls.path(name),
      **{
        'implementation': 'fast',
        'image_size': _SIZE,
        'preprocessing_name': 'lenet',
        'dataset_name': 'digits',
        **info,
      },
    )
    labels.write_folder(cls.path(name), _NAMES)
    return saved

  @classmethod
  def line(cls, run, output, *more):
    return [
      f'--checkpoint_path={cls.path(run)}',
      f'--output={cls.path(output)}',
      *more,
    ]

  @classmethod
  def exports(cls):
    former = cls.path('former')
    image_files.write(former, 'model.json', b'{"format": "onnx"}')
    image_files.write(former, 'model.onnx', b'of before')
    os.mkdir(cls.path('empty'))
    return {
      'former': cls.line(
        'run', 'former', '--format=tflite', '--implementation=slim'
      ),
      'empty': cls.line(
        'run', 'empty', '--format=onnx', '--precision=int8', '--batch_size=360'
      ),
    }

  @classmethod
  def bad_input(cls):
    """Returns ((arguments, regex of the line), ...)."""
    image_files.write(cls.path('foreign'), 'thesis.txt', b'')
    image_files.write(cls.path('no_images'), 'notes.txt', b'')
    image_files.write(cls.path('mixed'), 'model.json', b'{"format": "onnx"}')
    image_files.write(cls.path('mixed'), 'photo.jpg', b'')
    file = image_files.write(cls.folder, 'file', b'')
    cls.save('unknown_data', dataset_name=None)
    cls.save('huge', 1e5)  # More than float16 holds.
    return (
      (cls.line('run', 'no', '--format=pdf'), '.*format=pdf: value should be'),
      (
        cls.line('run', 'no', '--precision=int8'),
        '--format=saved_model has no int8, only float32; int8 have tflite',
      ),
      ([f'--checkpoint_path={cls.path("run")}'], '--output is missing'),
      (
        cls.line('run', 'foreign'),
        r'--output=\S+/foreign holds files that no export has written',
      ),
      (
        cls.line('run', 'mixed'),
        r'--output=\S+/mixed holds files .* no export has .*\(photo.jpg\)',
      ),
      (cls.line('run', 'file'), r'--output=\S+/file is a file'),
      (cls.line('run', 'file/no'), f'.*{file} cannot be written: '),
      (cls.line('no_run', 'no'), r'there is no checkpoint \S+/no_run'),
      (
        cls.line(
          *('run', 'no', '--format=tflite', '--precision=int8'),
          f'--calibration={cls.path("no_images")}',
        ),
        '.*no_images: no images in this folder',
      ),
      (
        cls.line('unknown_data', 'no', '--format=tflite', '--precision=int8'),
        '--precision=int8 needs images to measure ranges on',
      ),
      (
        cls.line('former', 'no'),
        r'--checkpoint_path=\S+/former is an export already \(tflite\); give '
        'the checkpoint it was made of, model.ckpt-',
      ),
      (
        cls.line('huge', 'no', '--format=tflite', '--precision=float16'),
        'the file does not compute what the checkpoint does: largest '
        r'difference \S+, .*; nothing is kept',
      ),
    )

  def test_bad_input(self):
    for (arguments, message), result in zip(
      self.cases, self.of_bad_input, strict=True
    ):
      with self.subTest(arguments=arguments):
        self.assertEqual(1, result.status, result.stderr)
        *_, line = result.stderr.splitlines()
        self.assertRegex(line, rf'^export_model\.py: {message}')
        self.assertNotIn('Traceback', result.stderr)
        self.assertEqual('', result.stdout)
    self.assertFalse(os.path.exists(self.path('no')))
    self.assertEqual(['thesis.txt'], os.listdir(self.path('foreign')))
    self.assertEmpty(
      [name for name in os.listdir(self.folder) if 'partial' in name]
    )

  def info(self, name):
    return run_info.read_run_info(self.path(name))

  def test_output(self):
    for name, result in self.results.items():
      with self.subTest(name):
        self.assertEqual(0, result.status, result.stderr)
        compared, difference, *_, written = result.stdout.splitlines()
        self.assertEqual(
          'Compared on 16 images of digits, validation:', compared
        )
        self.assertRegex(
          difference,
          r'^  largest difference \d\.\de-\d\d, \d+\.\d\d% of likeliest '
          'classes agree$',
        )
        self.assertRegex(written, '^Written: .*, [0-9,]+ bytes$')
        self.assertRegex(
          result.stderr,
          '(?s)\nConverting.* ...\nComparing on 16 images of digits, val',
        )
    self.assertCountEqual(
      ['model.tflite', 'model.json', 'README.md', 'labels.txt'],
      os.listdir(self.path('former')),
    )

  def test_no_telemetry(self):
    """ONNX Runtime, which has run here, keeps no data base of that."""
    kept = os.path.join(self.path('home'), '.cache', 'Microsoft')
    self.assertFalse(os.path.exists(kept))

  def test_card(self):
    info = self.info('former')
    hashed = hashlib.sha256()
    for suffix in ('data-00000-of-00001', 'index'):
      with open(f'{self.checkpoint}.{suffix}', 'rb') as file:
        hashed.update(file.read())
    self.assertEqual(hashed.hexdigest(), info['checkpoint_sha256'])
    trained = self.model.trainable_variables_by_name.values()
    self.assertEqual(
      sum(variable.shape.num_elements() for variable in trained),
      info['parameters'],
    )
    self.assertLess(info['verification']['difference'], 1e-5)
    self.assertIsNone(info['evaluation'])
    with open(os.path.join(self.path('former'), 'README.md')) as file:
      card = file.read()
    for text in (
      '# mobilenet_v1, tflite, float32',
      '| width | 0.1 |',
      '| classes | 10 |',
      '32 x 32 pixels',
      f'{info["parameters"]:,}',
      info['checkpoint_sha256'],
      '| tensorflow | 2.',
      '| ai-edge-litert | ',
      'not evaluated',
    ):
      self.assertIn(text, card)

  def test_int8_is_evaluated(self):
    evaluated = self.info('empty')['evaluation']
    before, after = (
      evaluated[name]['Accuracy'] for name in ('checkpoint', 'file')
    )
    self.assertIn(
      f'\nAccuracy on digits, validation: {after:.4f}, of the checkpoint '
      f'{before:.4f}, change {after - before:+.4f}\n',
      self.results['empty'].stdout,
    )
    self.assertIn('(checkpoint: ', open(self.path('empty/README.md')).read())

  def test_classify_image(self):
    pixels = image_files.noise(0, _SIZE, _SIZE)
    image = image_files.write(
      self.folder, 'photo.png', image_files.encode(pixels)
    )
    logits = testing.run_eagerly(
      self.model, np.float32(pixels[np.newaxis] / 127.5 - 1)
    )[0]
    expected = tf.nn.softmax(logits)[0].numpy()
    good, *bad = program_testing.run(
      'classify_image',
      *(
        [f'--checkpoint_path={self.path("former")}', '--json', image, *more]
        for more in (
          ['--top_k=10'],
          ['--implementation=fast'],
          ['--data_format=NCHW'],
          ['--depth_multiplier=0.5'],
          ['--eval_image_size=64'],
          ['--grad_cam', f'--output_dir={self.path("seen")}'],
        )
      ),
    )
    self.assertEqual('mobilenet_v1, tflite, NHWC float32\n', good.stderr)
    (found,) = json.loads(good.stdout)
    for one in found['predictions']:
      self.assertEqual(_NAMES[one['label']], one['name'])
      self.assertNear(expected[one['label']], one['probability'], 1e-5)
    for message, result in zip(
      (
        '--implementation=fast: .* is an export, .* checkpoint it was made of',
        '--data_format=NCHW: .* is an export',
        '--depth_multiplier=0.5: .* is an export',
        '--eval_image_size=64: .* is an export',
        '--grad_cam needs a checkpoint',
      ),
      bad,
      strict=True,
    ):
      self.assertEqual(1, result.status)
      self.assertRegex(result.stderr, rf'classify_image\.py: {message}.*\n$')

  @soak.slow
  def test_eval_image_classifier(self):
    good, bad = program_testing.run(
      'eval_image_classifier',
      *(
        [
          f'--checkpoint_path={self.path("former")}',
          f'--eval_dir={self.path("evaluated")}',
          '--batch_size=90',
          *more,
        ]
        for more in ([], ['--use_batch_statistics'])
      ),
    )
    self.assertEqual(0, good.status, good.stderr)
    accuracy = self.info('empty')['evaluation']['checkpoint']['Accuracy']
    self.assertIn(f'\nAccuracy      {accuracy:.4f}\n', good.stdout)
    self.assertIn('\nmobilenet_v1, tflite, NHWC float32\n', good.stdout)
    self.assertRegex(bad.stderr, '--use_batch_statistics=True: .* is an export')


if __name__ == '__main__':
  tf.test.main()
