"""Weights in other formats: refused in a line, and no code in them runs."""

import os
import pickle
import zipfile

import h5py
import numpy as np
import tensorflow as tf

from base.errors import InputError
from checkpoints import reader


class _Runs:
  """Makes a folder where it is unpickled."""

  def __init__(self, path):
    self.path = path

  def __reduce__(self):
    return os.mkdir, (self.path,)


class ForeignFilesTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = os.path.join(self.get_temp_dir(), self.id())
    os.makedirs(self.folder)
    self.marker = self.path('marker')
    self.pickled = pickle.dumps(_Runs(self.marker))

  def path(self, name):
    return os.path.join(self.folder, name)

  def write_marker(self):
    tf.io.write_file(self.marker, 'x')

  def check_refused(self, path, message='is not a checkpoint, or is damaged'):
    with self.assertRaisesRegex(InputError, f'^{path} {message}'):
      reader.open_checkpoint(path)
    self.assertFalse(os.path.exists(self.marker))

  def test_pickles(self):
    """As they are, as NumPy and PyTorch keep them, under any name."""
    for name in 'weights.pkl', 'model.ckpt-1', 'model.ckpt-2.index':
      path = self.path(name)
      with open(path, 'wb') as file:
        file.write(self.pickled)
      with self.assertRaisesRegex(InputError, f'^{self.folder}/.* is not a ch'):
        reader.open_checkpoint(path)
      self.assertFalse(os.path.exists(self.marker))
    np.savez(self.path('a.npz'), np.array([_Runs(self.marker)], object))
    self.check_refused(self.path('a.npz'))
    with zipfile.ZipFile(self.path('a.pt'), 'w') as archive:
      archive.writestr('archive/data.pkl', self.pickled)
    self.check_refused(self.path('a.pt'))
    pickle.loads(self.pickled)
    self.assertTrue(os.path.exists(self.marker))

  def test_hdf5(self):
    with h5py.File(self.path('a.h5'), 'w') as file:
      file['x'] = np.frombuffer(self.pickled, np.uint8)
    self.check_refused(self.path('a.h5'))

  def test_saved_models(self):
    """They hold a program, which is not loaded; nor is their file of values."""
    module = tf.Module()
    module.run = tf.function(self.write_marker, input_signature=[])
    module.x = tf.Variable(1.0)
    tf.saved_model.save(module, self.path('saved'))
    self.check_refused(self.path('saved'), 'has no checkpoint')
    self.check_refused(self.path('saved/saved_model.pb'))
    values = reader.open_checkpoint(self.path('saved/variables/variables'))
    self.assertFalse(os.path.exists(self.marker))
    self.assertIn('x/.ATTRIBUTES/VARIABLE_VALUE', values.values)


if __name__ == '__main__':
  tf.test.main()
