"""Files of a set of records: all of them, or a line about those missing."""

import contextlib
import io
import os
import tempfile
import time

from absl.testing import absltest
from absl.testing import parameterized
import tensorflow as tf

from base.errors import InputError
from datasets import catalog
from datasets import labels
from datasets import record_sets
from datasets import shard_files
from datasets import tfrecord
from datasets.shard_files import NotWholeError
from tests.helpers import image_files


def _numbered(form, numbers, count):
  return [form.format(f'{n:05}-of-{count:05}') for n in numbers]


class ShardFilesTest(parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enter_context(tempfile.TemporaryDirectory())

  def check(self, names):
    """Returns what is said of files of these names."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
      shard_files.check_names(
        self.folder, [os.path.join(self.folder, name) for name in names]
      )
    return said.getvalue()

  @parameterized.parameters(
    'train-{}',
    'train-{}.tfrecord',
    'flowers_train_{}.tfrecord',
    'train.record-{}',
    '2train2-{}.2',
  )
  def test_one_of_five_is_missing(self, form):
    self.assertEqual('', self.check(_numbered(form, range(5), 5)))
    missing = form.format('00003-of-00005')
    with self.assertRaisesRegex(
      NotWholeError,
      rf'^{self.folder}: {missing}: 1 of 5 files are missing; copy the data '
      'set again',
    ):
      self.check(_numbered(form, (0, 1, 2, 4), 5))

  def test_other_names_say_nothing(self):
    names = ['train-a', 'train-00003', 'train.tfrecord', 'of-1-of', 'x-1-of-y']
    self.assertEqual('', self.check(names))
    self.assertEqual('', self.check(['train_0_of_2', 'train_1_of_2']))
    with self.assertRaisesRegex(NotWholeError, '1 of 2 files'):
      self.check(['train_1_of_2', *names])

  def test_sets_of_different_numbers(self):
    two = _numbered('train-{}', range(2), 2)
    three = _numbered('train-{}', range(3), 3)
    self.assertRegex(
      self.check(two + three),
      r'train-\*-of-00002 and train-\*-of-00003 are all read; if some are of '
      'an earlier conversion',
    )
    with self.assertRaisesRegex(NotWholeError, 'train-00001-of-00003: 1 of 3'):
      self.check(two + three[::2])
    others = _numbered('train-more-{}', range(3), 3)
    self.assertEqual('', self.check(two + others))

  def test_a_number_beyond_the_last(self):
    with self.assertRaisesRegex(
      NotWholeError, '00002-of-00002: none of 2 files, whose numbers begin at 0'
    ):
      self.check(_numbered('train-{}', range(3), 2))

  def test_no_name_takes_long(self):
    began = time.monotonic()
    for name in 'a-0-of-99999999999999999', '1-of-' * 9999, '0' * 9999 + '-of-':
      with contextlib.suppress(InputError):
        self.check([name])
    self.assertLess(time.monotonic() - began, 2)


class ReadTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enter_context(tempfile.TemporaryDirectory())
    labels.write_folder(self.folder, ['ant', 'bee'])
    for name in _numbered('train-{}', range(3), 3):
      self.write(name)

  def write(self, name, count=2):
    image = image_files.encode(image_files.noise(0))
    record = tfrecord.make_example(image, 'png', 1, 1, 1).SerializeToString()
    path = os.path.join(self.folder, name)
    with tf.io.TFRecordWriter(path) as writer:
      for _ in range(count):
        writer.write(record)
    return path

  def open(self):
    return catalog.get_dataset('tfrecord', 'train', self.folder)

  def test_all_or_none(self):
    self.assertEqual(6, self.open().num_examples)
    last = os.path.join(self.folder, 'train-00002-of-00003')
    os.remove(last)
    with self.assertRaisesRegex(NotWholeError, 'train-00002-of-00003: 1 of 3'):
      self.open()
    os.symlink('/nowhere/at/all', last)
    with self.assertRaisesRegex(InputError, f'{last}: No such file'):
      self.open()

  def test_a_part_on_purpose(self):
    """As the message says."""
    for number in range(2):
      name = os.path.join(self.folder, f'train-{number:05}')
      os.rename(f'{name}-of-00003', name)
    os.remove(os.path.join(self.folder, 'train-00002-of-00003'))
    self.assertEqual(4, self.open().num_examples)

  def test_of_slims_names_too(self):
    for number in range(2):
      self.write(f'flowers_train_0000{number}-of-00005.tfrecord')
    os.remove(os.path.join(self.folder, labels.FILE_NAME))
    for form in None, 'flowers_%s_*':
      with self.assertRaisesRegex(
        NotWholeError,
        'flowers_train_00002-of-00005.tfrecord, .*: 3 of 5 files are missing',
      ):
        record_sets.find_files('flowers', 'train', self.folder, form)

  def test_counts(self):
    shard_files.write_counts(self.folder, {'train-00001-of-00003': 3})
    with self.assertRaisesRegex(
      NotWholeError, '00001-of-00003: 2 records, but it was written with 3, .*j'
    ):
      self.open()
    self.write('train-00001-of-00003', 3)
    self.assertEqual(7, self.open().num_examples)

  def test_damaged_counts(self):
    for text in b'', b'[]', b'{"a": "1"}', b'\xff', b'[' * 100_000:
      image_files.write(self.folder, shard_files.COUNTS_FILE, text)
      with self.assertRaisesRegex(InputError, 'records.json is damaged: want'):
        self.open()


if __name__ == '__main__':
  absltest.main()
