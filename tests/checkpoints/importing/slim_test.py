"""slim's checkpoints, in files and in archives; evil archives, too."""

import os
import tarfile

import numpy as np
import tensorflow as tf

from base.errors import InputError
from checkpoints.importing import formats
from checkpoints.importing import slim
from tests.helpers import archives
from tests.helpers import checkpoints as files

_WEIGHTS, _MEAN = 'A/Conv/weights', 'A/Conv/BatchNorm/moving_mean'
_AVERAGE = '/ExponentialMovingAverage'
_VALUES = {
  _WEIGHTS: [1.0, 2.0],
  f'{_WEIGHTS}{_AVERAGE}': [3.0, 4.0],
  f'{_WEIGHTS}/RMSProp': [5.0, 6.0],
  _MEAN: [7.0],
}


class SlimTest(files.TestCase):
  def write(self, values=None, version=tf.compat.v1.train.SaverDef.V2):
    """Writes a checkpoint; returns its prefix."""
    variables = {
      name: tf.Variable(value) for name, value in (values or _VALUES).items()
    }
    variables['global_step'] = tf.Variable(9, dtype=tf.int64)
    with self.unsaid():
      return tf.compat.v1.train.Saver(variables, write_version=version).save(
        None,
        os.path.join(self.folder, 'net_1.0_160.ckpt'),
        write_meta_graph=False,
      )

  def unsaid(self):
    return self.assertLogs('tensorflow')

  def archive(self, members, name='net_1.0_160.tgz', mode='w:gz'):
    return archives.write_tar(os.path.join(self.folder, name), members, mode)

  def members(self, prefix, folder=''):
    """Returns {name in an archive: content} of a checkpoint's files."""
    found = {}
    for suffix in ('.index', '.data-00000-of-00001'):
      with open(prefix + suffix, 'rb') as file:
        found[f'{folder}{os.path.basename(prefix)}{suffix}'] = file.read()
    return found

  def check(self, imported, weights):
    self.assertEqual({_WEIGHTS, _MEAN}, set(imported.values))
    self.assertAllEqual(weights, imported.values[_WEIGHTS])
    self.assertAllEqual([7.0], imported.values[_MEAN])
    self.assertEqual(np.float32, imported.values[_WEIGHTS].dtype)
    self.assertIn('global_step', imported.left_over)
    self.assertIn(f'{_WEIGHTS}/RMSProp', imported.left_over)
    self.assertEqual('slim', imported.library)

  def check_refused(self, path, message, **options):
    with self.assertRaisesRegex(InputError, message):
      formats.read(path, **options)

  def test_averages(self):
    """They are taken where each variable has one; statistics need none."""
    prefix = self.write()
    imported = formats.read(f'{prefix}.index')
    self.check(imported, [3.0, 4.0])
    self.assertEqual(f'{_WEIGHTS}{_AVERAGE}', imported.sources[_WEIGHTS])
    self.assertLen(imported.notes, 1)
    self.assertEqual({'image_size': 160}, imported.options)
    imported = formats.read(prefix, moving_averages=False)
    self.check(imported, [1.0, 2.0])
    self.assertEqual((), imported.notes)
    os.remove(os.path.join(self.folder, 'checkpoint'))
    self.check(formats.read(self.folder), [3.0, 4.0])

  def test_averages_of_some(self):
    prefix = self.write({**_VALUES, 'A/other/weights': [1.0]})
    imported = formats.read(prefix)
    self.assertAllEqual([1.0, 2.0], imported.values[_WEIGHTS])
    self.check_refused(
      prefix, 'no moving averages of A/other/weights:', moving_averages=True
    )

  def test_the_first_format(self):
    prefix = self.write(version=tf.compat.v1.train.SaverDef.V1)
    self.assertTrue(os.path.isfile(prefix))
    self.check(formats.read(prefix), [3.0, 4.0])
    with open(prefix, 'rb') as file:
      content = file.read()
    path = self.archive({'./net.ckpt': content, 'graph.pb': b'?'})
    self.check(formats.read(path), [3.0, 4.0])

  def test_archives(self):
    prefix = self.write()
    members = {'nets/': b'', **self.members(prefix, './nets/')}
    for name, mode in (('a.tgz', 'w:gz'), ('no_suffix', 'w')):
      path = self.archive({**members, 'nets/x.tflite': b'?'}, name, mode)
      imported = formats.read(path)
      self.check(imported, [3.0, 4.0])
    # The name of what is in it tells the size, too.
    self.assertEqual({'image_size': 160}, imported.options)

  def test_averages_in_a_folder_of_their_own(self):
    """As in MobileNetV3's archives."""
    without = {
      name: value for name, value in _VALUES.items() if _AVERAGE not in name
    }
    pristine = self.members(self.write(without), 'v3/pristine/')
    other = {**without, _WEIGHTS: [8.0, 9.0]}
    ema = self.members(self.write(other), 'v3/ema/')
    path = self.archive({**pristine, **ema})
    self.check(formats.read(path), [8.0, 9.0])
    self.check(formats.read(path, moving_averages=False), [1.0, 2.0])

  def test_archives_with_none_or_several(self):
    members = self.members(self.write())
    again = {f'b/{name}': content for name, content in members.items()}
    path = self.archive({**members, **again})
    self.check_refused(
      path, r'has b/net_1\.0_160\.ckpt, net_1\.0_160\.ckpt where one'
    )
    self.check_refused(
      self.archive({'x': b'?'}),
      'has none where one checkpoint should be: files NAME',
    )

  def test_names_that_lead_out(self):
    members = self.members(self.write())
    evil = {f'../../evil/{name}': value for name, value in members.items()}
    self.check_refused(self.archive(evil), 'has none where one')
    self.check_refused(
      self.archive({f'/tmp/{name}': value for name, value in members.items()}),
      'has none where one',
    )

  def test_links(self):
    prefix = self.write()
    link = tarfile.TarInfo('net.ckpt.index')
    link.type, link.linkname = tarfile.SYMTYPE, f'{prefix}.index'
    self.check_refused(
      self.archive({'net.ckpt.index': link}), 'has none where one'
    )

  def test_truncated(self):
    path = self.archive(self.members(self.write()))
    os.truncate(path, os.path.getsize(path) - 20)
    self.check_refused(path, r'\.tgz: no whole tar archive')
    prefix = self.write()
    os.truncate(f'{prefix}.data-00000-of-00001', 5)
    self.check_refused(prefix, f'^{prefix} is damaged: ')
    members = self.members(prefix)
    self.check_refused(
      self.archive(members), r'\.tgz: net_1\.0_160\.ckpt is damaged: '
    )

  def test_what_is_nothing(self):
    path = os.path.join(self.folder, 'text')
    with open(path, 'w') as file:
      file.write('no weights')
    self.check_refused(path, 'text is in no format that is known here')
    self.check_refused(f'{path}s', 'texts: No such file')
    self.check_refused(self.folder, 'has no checkpoint')
    with self.assertRaisesRegex(InputError, 'no moving averages'):
      formats.read(self.hdf5(), moving_averages=True)

  def hdf5(self):
    path = os.path.join(self.folder, 'a.h5')
    with open(path, 'wb') as file:
      file.write(b'\x89HDF\r\n\x1a\n')
    return path

  def test_is_archive(self):
    self.assertFalse(slim.is_archive(self.hdf5()))


if __name__ == '__main__':
  tf.test.main()
