"""What is said of other libraries' files that are given as checkpoints."""

import os
import tempfile

from absl.testing import parameterized
import tensorflow as tf

from base.errors import InputError
from checkpoints import reader
from checkpoints.importing import formats


class ForeignTest(parameterized.TestCase, tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enterContext(tempfile.TemporaryDirectory())

  def write(self, name, content='no weights'):
    path = os.path.join(self.folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as file:
      file.write(content)
    return path

  def check(self, function, path, message):
    with self.assertRaisesRegex(InputError, f'^{path} {message}$'):
      function(path)

  @parameterized.parameters(
    *('a.h5', 'a.keras', 'a.pth', 'a.safetensors', 'a.tflite', 'a.TGZ', 'a.pb')
  )
  def test_to_be_imported(self, name):
    path = self.write(name)
    self.check(
      reader.open_checkpoint,
      path,
      'is not a checkpoint, or is damaged: of .* python import_checkpoint.py '
      f'{path} --output=imported/ makes one',
    )

  def test_exports(self):
    self.write('model.json', '{"format": "onnx"}')
    for name, message in (
      ('a.tflite', '; training takes .*: python .* makes one of it'),
      ('a.onnx', '; training takes a checkpoint'),
    ):
      self.check(
        reader.open_checkpoint,
        self.write(name),
        f'is part of an export: .* give its folder, {self.folder}{message}',
      )

  def test_onnx(self):
    path = self.write('a.onnx')
    self.check(
      reader.open_checkpoint, path, 'is of ONNX, whose weights are not read'
    )
    self.check(
      formats.read, path, "is of ONNX, which is not read; there are .*"
    )

  def test_saved_model(self):
    self.write('saved_model.pb')
    for function in reader.open_checkpoint, formats.read:
      self.check(
        function, self.folder, 'has no checkpoint, but a SavedModel, .* graph.*'
      )
    self.write('variables/variables.index')
    for function in reader.open_checkpoint, formats.read:
      self.check(
        function,
        self.folder,
        'has no checkpoint, .* beside it: give .*/variables/variables',
      )

  def test_folders(self):
    for there, message in (None, 'a file of weights'), ('a.h5', '.*/a.h5'):
      if there:
        self.write(there)
      self.check(
        formats.read, self.folder, f'has no checkpoint: name {message}'
      )


if __name__ == '__main__':
  tf.test.main()
