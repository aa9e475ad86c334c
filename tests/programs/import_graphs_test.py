"""import_checkpoint.py of frozen graphs and .tflite files, end to end."""

import io
import os
import tempfile
import zipfile

import tensorflow as tf

from checkpoints import run_info
from checkpoints.importing import tflite
from datasets import labels
from tests.helpers import checkpoints as checkpoint_testing
from tests.helpers import graphs
from tests.helpers import programs

_NETWORK = 'mobilenet_v1_025'
_NAMES = ('ant', 'bee', 'cat', 'dog', 'elk', 'fox', 'gnu')


class ImportGraphsTest(tf.test.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, 'w') as file:
      file.writestr('labels.txt', '\n'.join(_NAMES))
    converted = graphs.convert(graphs.freeze(_NETWORK))
    cls.tflite = cls.write('a.tflite', converted + archive.getvalue())
    frozen = graphs.freeze(_NETWORK).graph_def.SerializeToString()
    cls.of_tflite, cls.of_frozen, cls.refused = programs.run(
      'import_checkpoint',
      # A file is what is in it, whatever it is called.
      [cls.tflite, f'--output={cls.path("tflite/")}'],
      [cls.write('b.dat', frozen), f'--output={cls.path("frozen/")}'],
      [cls.write('c.pb', frozen[:5000]), f'--output={cls.path("none/")}'],
    )

  @classmethod
  def path(cls, name):
    return os.path.join(cls.folder, name)

  @classmethod
  def write(cls, name, content):
    with open(cls.path(name), 'wb') as file:
      file.write(content)
    return cls.path(name)

  def test_tflite(self):
    self.assertEqual(0, self.of_tflite.status, self.of_tflite.stderr)
    self.assertIn(
      f'(tflite):\n{_NETWORK}, 7 classes, 137 variables\n',
      self.of_tflite.stdout,
    )
    folder = self.path('tflite')
    self.assertEqual(_NAMES, labels.read_folder(folder))
    self.assertEqual(graphs.SIZE, run_info.read_run_info(folder)['image_size'])
    self.assertAllClose(
      tflite.read(self.tflite).values,
      checkpoint_testing.values(os.path.join(folder, 'model.ckpt')),
      rtol=0,
      atol=0,
    )

  def test_frozen_graph(self):
    self.assertEqual(0, self.of_frozen.status, self.of_frozen.stderr)
    self.assertIn(f'{_NETWORK}, 7 classes, 137 var', self.of_frozen.stdout)
    self.assertAllClose(
      graphs.freeze(_NETWORK).values,
      checkpoint_testing.values(self.path('frozen/model.ckpt')),
      rtol=0,
      atol=0,
    )

  def test_cut_off(self):
    programs.assert_fails(
      self,
      'import_checkpoint',
      self.refused,
      '.*/c.pb is no frozen graph, or is',
    )
    self.assertFalse(os.path.exists(self.path('none')))


if __name__ == '__main__':
  tf.test.main()
