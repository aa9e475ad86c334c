"""Folders of images with links, pipes, odd names, and files that change."""

import contextlib
import glob
import io
import os
import struct
from unittest import mock
import zlib

import numpy as np
import tensorflow as tf

from base.errors import InputError
from datasets import folder_to_records
from datasets import image_files as named_images
from datasets import image_folder
from datasets import input_pipeline
from datasets import kinds
from datasets import labels
from datasets.bad_images import BadImages
from datasets.kinds import DatasetOptions
from tests.helpers import batches as batches_testing
from tests.helpers import image_files

_ODD_NAMES = (
  'with space',
  'ünï✓',
  'u\u0308',
  "quo'\"te",
  '-dash',
  'dollar$(x)',
  'per%cent{0}',
  os.fsdecode(b'caf\xe9'),
)
_CANNOT_HOLD = 'a class is called .*, but labels.txt has the name of each'


class LinksTest(batches_testing.TestCase):
  def link(self, target, name):
    path = os.path.join(self.folder, name)
    os.symlink(target, path)
    # What removes the folder in the end would follow it.
    self.addCleanup(os.remove, path)

  def load(self):
    """Returns (paths in the folder, what is said)."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
      paths, _, _ = image_folder.load(self.folder, 'train', 0)
    return [os.path.relpath(path, self.folder) for path in paths], (
      said.getvalue()
    )

  def test_images_that_lead_nowhere_are_unreadable(self):
    """Neither passed over nor a traceback; links to images are images."""
    self.link('bee/00.png', 'ant/nowhere.png')
    self.link('loop.png', 'ant/loop.png')
    self.link('../bee/00.png', 'ant/link.png')
    paths, said = self.load()
    self.assertContainsSubset(
      ['ant/nowhere.png', 'ant/loop.png', 'ant/link.png'], paths
    )
    self.assertEqual('', said)
    _, bad_images = self.evaluate(self.get_dataset(), limit=2)
    first, second = sorted(bad_images.messages)
    self.assertRegex(first, 'loop.png: Too many levels of symbolic links')
    self.assertRegex(second, 'nowhere.png: No such file')

  def test_pipes_and_devices_are_told_of_and_not_opened(self):
    os.mkfifo(os.path.join(self.folder, 'ant', 'pipe.png'))
    self.link('/dev/zero', 'ant/zero.png')
    paths, said = self.load()
    self.assertLen(paths, 8)
    self.assertRegex(said, 'skipped 2 files that are no images: pipe.png, zero')
    self.assertLen(self.evaluate(self.get_dataset(), limit=0)[0], 8)
    with contextlib.redirect_stderr(io.StringIO()):
      self.assertLen(named_images.find_images([self.folder]), 8)

  def test_a_link_where_a_class_may_be(self):
    self.link('/mnt/not/mounted', 'cat')
    with self.assertRaisesRegex(InputError, '/cat: this link leads nowhere'):
      self.load()

  def test_a_folder_within_itself(self):
    self.link('..', 'ant/all')
    self.assertLen(self.load()[0], 8)
    self.assertLen(named_images.find_images([self.folder]), 8)
    self.link('.', 'again')
    with self.assertRaisesRegex(
      InputError, r'/again: no images in it but folders .* nested'
    ):
      self.load()

  def test_files_that_are_not_what_their_names_say(self):
    """A PNG called .jpg is read; a text is not; nor is a folder an image."""
    png = image_files.encode(image_files.noise(1))
    image_files.write(self.folder, 'ant/png.jpg', png)
    image_files.write(self.folder, 'ant/text.jpg', b'text')
    image_files.write(self.folder, 'ant/folder.png/x', b'')
    labels_read, bad_images = self.evaluate(self.get_dataset(), limit=1)
    self.assertLen(labels_read, 9)
    self.assertRegex(bad_images.messages[0], 'text.jpg: not a JPEG')


def _chunk(kind, data):
  """Returns a part of a PNG file."""
  crc = zlib.crc32(kind + data)
  return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', crc)


class BombTest(batches_testing.TestCase):
  def test_small_files_that_fill_memory(self):
    """Of 20000 x 20000 pixels, 1.2 GB; and of a long comment."""
    # With 1 bit a pixel, and a byte before each row.
    rows = zlib.compress(bytes(20000 * 2501))
    bomb = (
      b'\x89PNG\r\n\x1a\n'
      + _chunk(b'IHDR', struct.pack('>IIBBBBB', 20000, 20000, 1, 0, 0, 0, 0))
      + _chunk(b'IDAT', rows)
      + _chunk(b'IEND', b'')
    )
    self.assertLess(len(bomb), 100_000)
    image_files.write(self.folder, 'ant/bomb.png', bomb)
    comment = _chunk(b'zTXt', b'Comment\0\0' + zlib.compress(bytes(2_000_000)))
    png = image_files.encode(image_files.noise(1))
    image_files.write(
      self.folder, 'ant/comment.png', png[:33] + comment + png[33:]
    )
    _, bad_images = self.evaluate(self.get_dataset(), limit=2)
    first, second = sorted(bad_images.messages)
    self.assertRegex(
      first, 'bomb.png: 20000 x 20000 pixels, more than the limit of 100000000'
    )
    self.assertRegex(second, 'comment.png: damaged image')


class NamesTest(batches_testing.TestCase):
  def test_odd_names_are_read(self):
    for name in _ODD_NAMES:
      image_files.write_folder(self.folder, [name], 1)
      image_files.write(
        self.folder,
        f'ant/{name}\n{name}.png',
        image_files.encode(image_files.noise(2)),
      )
    dataset = self.get_dataset()
    self.assertEqual(
      tuple(sorted([*_ODD_NAMES, 'ant', 'bee'])), dataset.label_names
    )
    self.assertLen(self.evaluate(dataset, 0)[0], 8 + 2 * len(_ODD_NAMES))
    labels.write_folder(self.folder, dataset.label_names)
    self.assertEqual(
      [name.encode(errors='replace').decode() for name in dataset.label_names],
      list(labels.read_folder(self.folder)),
    )

  def test_classes_that_labels_txt_cannot_hold(self):
    """Refused where training and conversion begin, not where they end."""
    output = os.path.join(self.get_temp_dir(), 'records')
    for name in 'a\nb', '\n', 'c\r', 'd\u2028e', ' ':
      folder = os.path.join(self.folder, f'of {name!r}')
      image_files.write_folder(folder, ['ant', name], 1)
      options = DatasetOptions('image_folder', 'train', folder, 0.0)
      with self.assertRaisesRegex(InputError, _CANNOT_HOLD):
        kinds.open_to_train(kinds.LABELS, options)
      with self.assertRaisesRegex(InputError, _CANNOT_HOLD):
        folder_to_records.convert(folder, output, 1, 0.0)
      self.assertEmpty(glob.glob(output + '*'))


class OneImageTest(batches_testing.TestCase):
  def test_a_class_of_which_all_is_held_out(self):
    """By hand: cat/13.jpg is, cat/8.jpg is not (image_folder_test)."""
    for name, is_held_out in ('cat/13.jpg', True), ('cat/8.jpg', False):
      path = image_files.write(self.folder, name, b'')
      said = io.StringIO()
      with contextlib.redirect_stderr(said):
        _, targets, names = image_folder.load(self.folder, 'train', 0.2)
      self.assertEqual(('ant', 'bee', 'cat'), names)
      self.assertEqual(is_held_out, 2 not in targets)
      self.assertEqual(
        is_held_out,
        f'{self.folder}: no image of cat is left for training'
        in said.getvalue(),
      )
      os.remove(path)


class ChangesTest(batches_testing.TestCase):
  """Images that vanish or change while they are trained on."""

  def train(self, dataset, limit):
    """Yields (labels, bad images) without end; two batches are an epoch."""
    bad_images = BadImages(limit)
    batches = batches_testing.training(
      dataset, 4, 8, bad_images=bad_images, num_preprocessing_threads=1
    )
    for _, targets in input_pipeline.iterate(batches, bad_images):
      yield targets.numpy(), bad_images

  def test_one_vanishes_and_one_is_cut(self):
    dataset = self.get_dataset()
    training = self.train(dataset, limit=2)
    next(training)
    os.remove(os.path.join(self.folder, 'ant', '00.png'))
    self.damage('bee/01.png')
    for _ in range(20):
      targets, bad_images = next(training)
    self.assertLen(targets, 4)
    first, second = sorted(bad_images.messages)
    self.assertRegex(first, 'ant/00.png: No such file')
    self.assertRegex(second, 'bee/01.png: not a JPEG')
    with self.assertRaisesRegex(InputError, 'ant/00.png: No such file|bee/01'):
      for _ in zip(range(20), self.train(dataset, limit=1)):
        pass

  def test_another_image_in_its_place(self):
    """Of another size, too: it is read as it is then."""
    training = self.train(self.get_dataset(), limit=0)
    next(training)
    for name in 'ant', 'bee':
      for number in range(4):
        image_files.write(
          self.folder,
          f'{name}/{number:02}.png',
          image_files.encode(np.zeros([99, 3, 3], np.uint8)),
        )
    for _ in range(20):
      next(training)


class ListedTest(tf.test.TestCase):
  def test_a_folder_that_cannot_be_read(self):
    """os.walk would pass over it."""
    folder = self.get_temp_dir()
    image_files.write(folder, 'a.png', b'')
    with mock.patch.object(os, 'scandir') as scandir:
      scandir.side_effect = PermissionError(13, 'Permission denied', folder)
      with self.assertRaisesRegex(InputError, f'{folder}: Permission denied'):
        named_images.find_images([folder])


if __name__ == '__main__':
  tf.test.main()
