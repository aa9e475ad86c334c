"""Folders of images: layouts, the held-out part, and what can be wrong."""

import contextlib
import io
import os
import shutil
import tempfile

from absl.testing import absltest
import numpy as np

from base.errors import InputError
from datasets import image_folder
from tests.helpers import image_files


class ImageFolderTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enter_context(tempfile.TemporaryDirectory())

  def write(self, *names):
    for name in names:
      image_files.write(self.folder, name, b'')

  def load(self, split_name, validation_fraction=0.2):
    """Returns ([path in the folder], labels, label_names)."""
    paths, labels, label_names = image_folder.load(
      self.folder, split_name, validation_fraction
    )
    paths = [os.path.relpath(path, self.folder) for path in paths]
    return paths, labels.tolist(), label_names

  def test_split_folders(self):
    self.write(
      'train/dog/b.jpg',
      'train/dog/a.png',
      'train/cat/c.JPEG',
      'train/emu/d.bmp',
      'validation/emu/e.gif',
    )
    self.assertEqual(
      (
        [
          'train/cat/c.JPEG',
          'train/dog/a.png',
          'train/dog/b.jpg',
          'train/emu/d.bmp',
        ],
        [0, 1, 1, 2],
        ('cat', 'dog', 'emu'),
      ),
      self.load('train'),
    )
    # The label is that of train/, though two classes are missing here.
    for split_name in 'validation', 'val':
      self.assertEqual(
        (['validation/emu/e.gif'], [2], ('cat', 'dog', 'emu')),
        self.load(split_name),
      )

  def test_a_split_that_is_not_there(self):
    self.write('train/cat/a.jpg', 'val/cat/b.jpg')
    with self.assertRaisesRegex(InputError, 'split test .*; there is train, v'):
      self.load('test')
    for folder in os.listdir(self.folder):
      shutil.rmtree(os.path.join(self.folder, folder))
    self.write(*(f'cat/{i}.jpg' for i in range(20)))
    with self.assertRaisesRegex(
      InputError, 'no split test in it; there is train, validation$'
    ):
      self.load('test')

  def test_test_alone_is_what_was_held_out(self):
    self.write('train/cat/a.jpg', 'test/cat/b.jpg')
    self.assertEqual(['test/cat/b.jpg'], self.load('validation')[0])
    self.assertEqual('test', image_folder.find_split(self.folder, 'validation'))

  def test_one_level_too_high(self):
    self.write('photos/cat/a.jpg', 'photos/dog/b.jpg')
    with self.assertRaisesRegex(
      InputError,
      r'/photos: no images in it but folders \(cat, ...\), .* nested. '
      'If these .*, take /.*/photos as',
    ):
      self.load('train')

  def test_one_level_too_low(self):
    self.write('a.jpg', 'b.jpg')
    with self.assertRaisesRegex(InputError, 'is it one level too low'):
      self.load('train')

  def test_each_split_has_its_own_folder(self):
    self.write('train/cat/a.jpg', 'val/cat/b.jpg', 'test/cat/c.jpg')
    self.assertEqual(['val/cat/b.jpg'], self.load('val')[0])
    self.assertEqual(['val/cat/b.jpg'], self.load('validation')[0])
    self.assertEqual(['test/cat/c.jpg'], self.load('test')[0])
    self.assertEqual(
      ('train', 'val', 'test'), image_folder.split_names(self.folder, 0.2)
    )

  def test_missing_split_folder(self):
    self.write('train/cat/a.jpg')
    with self.assertRaisesRegex(
      InputError, 'no split validation in it; there is train$'
    ):
      self.load('validation')

  def test_class_called_train(self):
    self.write('train/a.jpg', 'plane/b.jpg')
    paths, _, label_names = self.load('train', validation_fraction=0)
    self.assertEqual(['plane/b.jpg', 'train/a.jpg'], paths)
    self.assertEqual(('plane', 'train'), label_names)

  def test_class_that_training_lacks(self):
    self.write('train/cat/a.jpg', 'val/cat/b.jpg', 'val/dog/c.jpg')
    with self.assertRaisesRegex(InputError, 'val/dog: not one of the classes'):
      self.load('validation')

  def test_held_out_names(self):
    # By hand: the digests begin with 0bf3, 13dc, 3ae3 and 634a, and a fifth
    # of 65536 is 3333, a quarter 4000.
    fifth = [
      image_folder.is_held_out(f'/x/cat/{i}.jpg', 0.2) for i in (13, 3, 8, 1)
    ]
    quarter = [
      image_folder.is_held_out(f'./cat/{i}.jpg', 0.25) for i in (13, 3, 8, 1)
    ]
    self.assertEqual([True, True, False, False], fifth)
    self.assertEqual([True, True, True, False], quarter)

  def test_held_out_part_is_stable(self):
    names = [f'{name}/{i}.jpg' for name in ('cat', 'dog') for i in range(100)]
    self.write(*names)
    train, held_out = self.load('train')[0], self.load('validation')[0]
    self.assertCountEqual(names, train + held_out)
    self.assertBetween(len(held_out), 25, 55)
    self.assertEqual(held_out, self.load('val')[0])
    self.write('ant/new.jpg', 'cat/another.jpg')
    for name in names[::3]:
      os.remove(os.path.join(self.folder, name))
    still = set(self.load('validation')[0]) & set(names)
    self.assertEqual(set(held_out) - set(names[::3]), still)

  def test_larger_fraction_holds_out_more_of_the_same(self):
    self.write(*(f'cat/{i}.jpg' for i in range(100)))
    self.assertContainsSubset(
      self.load('validation', 0.1)[0], self.load('validation', 0.5)[0]
    )

  def test_nothing_left(self):
    self.write('cat/a.jpg')
    with self.assertRaisesRegex(
      InputError,
      'no image is left for the split validation; validation_fraction is 0',
    ):
      self.load('validation', 0)

  def test_other_files_are_noticed_and_hidden_ones_not(self):
    self.write(
      'cat/a.jpg',
      'cat/notes.txt',
      'cat/Thumbs.db',
      'cat/.DS_Store',
      'cat/._a.jpg',
      '.git/x.jpg',
      'README.md',
      'cat/more/b.jpg',
    )
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
      paths, _, label_names = self.load('train', 0)
    self.assertEqual(['cat/a.jpg'], paths)
    self.assertEqual(('cat',), label_names)
    self.assertEndsWith(
      said.getvalue(),
      f': {self.folder}: skipped 2 files that are no images: Thumbs.db, '
      'notes.txt\n',
    )

  def test_class_without_images(self):
    self.write('cat/a.jpg', 'dog/readme.txt')
    with self.assertRaisesRegex(InputError, 'dog: no images in this class'):
      self.load('train')

  def test_no_classes(self):
    with self.assertRaisesRegex(InputError, 'no folders in it'):
      self.load('train')
    self.write('a.jpg')
    with self.assertRaisesRegex(InputError, 'no folders in it'):
      self.load('train')

  def test_missing_folder(self):
    with self.assertRaisesRegex(InputError, 'nowhere: No such file'):
      image_folder.load('nowhere', 'train', 0.2)

  def test_read_encoded(self):
    path = image_files.write(self.folder, 'cat/a.jpg', b'bytes')
    labels = np.array([5])
    self.assertEqual(
      (b'bytes', 5, path), image_folder.read_encoded([path], labels, 0)
    )
    os.remove(path)
    with self.assertRaisesRegex(InputError, 'cat/a.jpg: No such file'):
      image_folder.read_encoded([path], labels, 0)


if __name__ == '__main__':
  absltest.main()
