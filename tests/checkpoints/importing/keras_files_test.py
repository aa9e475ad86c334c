"""Files that are no file of Keras, are damaged, or lead elsewhere."""

import io
import json
import os
import tempfile
import zipfile

from absl.testing import absltest
import h5py
import numpy as np

from base.errors import InputError
from checkpoints.importing import keras
from checkpoints.importing import keras_files


class KerasFilesTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enter_context(tempfile.TemporaryDirectory())

  def h5(self, fill, name='a.weights.h5'):
    path = os.path.join(self.folder, name)
    with h5py.File(path, 'w') as file:
      fill(file)
    return path

  def zip(self, members):
    path = os.path.join(self.folder, 'a.keras')
    with zipfile.ZipFile(path, 'w') as archive:
      for name, content in members.items():
        archive.writestr(name, content)
    return path

  def check_refused(self, path, message):
    with self.assertRaisesRegex(InputError, f'^{path}{message}'):
      keras_files.read(path)

  def test_keras_3(self):
    def fill(file):
      group = file.create_group('layers/conv2d_12/vars')
      group.attrs['name'] = 'Conv1'
      group['0'] = np.ones([1, 1, 2, 3])
      file['layers/dense/vars/0'] = np.ones([2, 3])  # Its name is not told.
      file['optimizer/vars/0'] = np.zeros([])

    file = keras_files.read(self.h5(fill))
    self.assertEqual(['Conv1'], list(file.layers))
    self.assertEqual((1, 1, 2, 3), file.layers['Conv1']['kernel'].shape)
    self.assertCountEqual(
      ('layers/dense/vars/0', 'optimizer/vars/0'), file.others
    )

  def test_keras_2_with_names_in_parts(self):
    """Attributes that are too long for HDF5 are in several."""

    def fill(file):
      file.attrs['layer_names0'] = [b'Conv/BatchNorm']
      file.attrs['layer_names1'] = [b'Conv']
      names = {'Conv': b'Conv/kernel:0', 'Conv/BatchNorm': b'a/gamma:0'}
      for layer, name in names.items():
        group = file.require_group(layer)
        group.attrs['weight_names'] = [name]
        group[name.decode()] = np.ones([2])

    file = keras_files.read(self.h5(fill))
    self.assertEqual(
      [('Conv/BatchNorm', ['gamma']), ('Conv', ['kernel'])],
      [(layer, list(arrays)) for layer, arrays in file.layers.items()],
    )

  def test_links(self):
    other = self.h5(lambda file: file.create_dataset('x', data=[1.0]), 'b.h5')

    def external(file):
      file['x'] = h5py.ExternalLink(other, '/x')

    def soft(file):
      file['y'] = np.ones(1)
      file['x'] = h5py.SoftLink('/y')

    def virtual(file):
      layout = h5py.VirtualLayout((1,), 'f8')
      layout[:] = h5py.VirtualSource(other, 'x', (1,))
      file.create_virtual_dataset('x', layout)

    def stored_elsewhere(file):
      file.create_dataset('x', [1], external=[(other, 0, 4)])

    def circle(file):
      file['x'] = file

    for fill in external, soft, virtual, stored_elsewhere:
      self.check_refused(self.h5(fill), ': x leads to another place, or file$')
    self.check_refused(self.h5(circle), ': x/x/.* is too deep$')

  def test_bombs(self):
    def sparse(file):
      file.create_dataset('x', [1 << 20, 1 << 20], chunks=(1024, 1024))

    self.check_refused(self.h5(sparse), r': \d{13} bytes of weights, more than')

  def test_damage(self):
    path = self.h5(lambda file: file.create_dataset('x', data=np.ones(999)))
    os.truncate(path, os.path.getsize(path) // 2)
    self.check_refused(path, r': no whole file of Keras \(')
    for content in b'', b'no HDF5', b'PK\x03\x04':
      with open(path, 'wb') as file:
        file.write(content)
      self.check_refused(path, r': no whole file of Keras \(')

  def test_zips(self):
    weights = io.BytesIO()
    h5py.File(weights, 'w').close()
    good = {'model.weights.h5': weights.getvalue(), 'config.json': '{}'}
    self.assertTrue(keras_files.is_zip_of_keras(self.zip(good)))
    self.assertEmpty(keras_files.read(self.zip(good)).layers)
    self.assertFalse(keras_files.is_zip_of_keras(self.zip({'data.pkl': ''})))
    for config in '[', '[]', '[' * 99999:
      self.check_refused(
        self.zip({**good, 'config.json': config}),
        r': no whole file of Keras \(',
      )
    self.check_refused(
      self.zip({**good, 'model.weights.h5': 'x'}), ': no whole file of Keras'
    )

  def test_code_is_not_run(self):
    """A whole model of Keras may hold Python's bytecode, in Lambda layers."""
    marker = os.path.join(self.folder, 'marker')
    config = {'class_name': 'Lambda', 'config': f'open({marker!r}, "w")'}

    def fill(file):
      file.attrs['model_config'] = json.dumps(config)
      file['layers/lambda/vars/0'] = np.ones(1)

    path = self.h5(fill, 'a.h5')
    with self.assertRaisesRegex(InputError, 'has the layers of no network'):
      keras.read(path)
    self.assertFalse(os.path.exists(marker))


if __name__ == '__main__':
  absltest.main()
