"""The program, end to end: files that compute the same, with a card."""

import contextlib
import io
import os
import re
import tempfile

import numpy as np
import tensorflow as tf

from checkpoints import run_info
from datasets import labels
from datasets import preparation
from tests.helpers import checkpoints as checkpoint_testing
from tests.helpers import image_files
from tests.helpers import networks as testing
from tests.helpers import programs as program_testing

_NAMES = tuple(f'number {digit}' for digit in range(10))
_SIZE = 32
_NETWORK = 'mobilenet_v1_025'


class ProgramTest(tf.test.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
    cls.model = testing.ruled_model(_NETWORK, len(_NAMES), 'fast')
    cls.run_dir = cls.path('run')
    checkpoint_testing.save(cls.model.variables_by_name, cls.run_dir)
    run_info.write_run_info(
      cls.run_dir,
      {
        'model_name': _NETWORK,
        'implementation': 'fast',
        'image_size': _SIZE,
        'preprocessing_name': 'lenet',
        'dataset_name': 'digits',
      },
    )
    labels.write_folder(cls.run_dir, _NAMES)
    cls.cases = cls.bad_input()
    lines = cls.exports()
    results = program_testing.run(
      'export_model',
      *(
        [
          f'--checkpoint_path={cls.run_dir}',
          f'--output={cls.path(name)}',
          *arguments,
        ]
        for name, arguments in lines.items()
      ),
      *(arguments for arguments, _ in cls.cases),
    )
    cls.results = dict(zip(lines, results))
    cls.of_bad_input = results[len(lines) :]

  @classmethod
  def path(cls, name):
    return os.path.join(cls.folder, name)

  @classmethod
  def exports(cls):
    return {
      'saved_model': ['--format=saved_model'],
      'tflite': ['--format=tflite'],
      'tflite_float16': ['--format=tflite', '--precision=float16'],
      'tflite_int8': ['--format=tflite', '--precision=int8'],
      'onnx': ['--format=onnx'],
      'onnx_float16': ['--format=onnx', '--precision=float16'],
      'onnx_int8': ['--format=onnx', '--precision=int8'],
      'openvino': ['--format=openvino'],
      'openvino_float16': ['--format=openvino', '--precision=float16'],
      'frozen_graph': ['--format=frozen_graph'],
    }

  @classmethod
  def bad_input(cls):
    """Returns ((arguments, regex of the line), ...)."""
    foreign = cls.path('foreign')
    image_files.write(foreign, 'thesis.txt', b'')
    checkpoint = f'--checkpoint_path={cls.run_dir}'
    output = f'--output={cls.path("not_there")}'
    return (
      ([checkpoint], '--output is missing'),
      ([checkpoint, output, '--format=pdf'], '.*format=pdf: value should be'),
      (
        [checkpoint, output, '--precision=int8'],
        '--format=saved_model has no int8, only float32; int8 have tflite',
      ),
      (
        [checkpoint, f'--output={foreign}'],
        f'--output={foreign} holds files that no export has written',
      ),
    )

  def test_reads_as_one_line(self):
    for name, result in self.results.items():
      with self.subTest(name):
        self.assertEqual(0, result.status, result.stderr)
        self.assertRegex(
          result.stdout,
          r'^Compared on 16 images of digits, validation:\n'
          r'  largest difference \S+, '
          r'100.00% of likeliest classes agree\nWritten: .*\n$',
        )

  def test_bad_input(self):
    program_testing.assert_all_fail(
      self, 'export_model', self.cases, self.of_bad_input
    )
    self.assertFalse(os.path.exists(self.path('not_there')))
    self.assertEqual(['thesis.txt'], os.listdir(self.path('foreign')))

  def run_card(self, name, image):
    """Returns what the lines of a card print of an image, as they stand."""
    with open(os.path.join(self.path(name), 'README.md')) as file:
      (code,) = re.findall(r'```python\n(.*?)```', file.read(), re.DOTALL)
    self.assertLen(code.splitlines(), 5)
    self.assertLess(max(map(len, code.splitlines())), 81)
    image_files.write(self.path(name), 'photo.jpg', image_files.encode(image))
    with (
      contextlib.chdir(self.path(name)),
      contextlib.redirect_stdout(io.StringIO()) as printed,
    ):
      exec(code, {})
    numbers = re.findall(r'[-+]?\d+\.\d*(?:e[-+]\d+)?', printed.getvalue())
    return np.float32(numbers[-len(_NAMES) :])

  def test_cards_run(self):
    image = image_files.noise(3, _SIZE, _SIZE)
    expected = self.probabilities(image)
    for name in self.results:
      with self.subTest(name):
        self.assertAllClose(expected, self.run_card(name, image), atol=1e-4)

  def probabilities(self, image):
    prepared, _ = preparation.fit(image, _SIZE, 'lenet')
    logits, _ = testing.run_eagerly(self.model, prepared[np.newaxis])
    return tf.nn.softmax(logits)[0].numpy()


if __name__ == '__main__':
  tf.test.main()
