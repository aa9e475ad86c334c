"""TFRecords that are cut, flipped or exchanged: found, and named."""

import os
import random

import tensorflow as tf

from base.errors import InputError
from datasets import shard_files
from datasets import tfrecord
from datasets.bad_images import BadImages
from datasets.shard_files import NotWholeError
from tests.helpers import batches as batches_testing
from tests.helpers import image_files


def _records(count=3):
  return [
    tfrecord.make_example(
      bytes([number] * (20 + number)), 'png', number, 1, 1
    ).SerializeToString()
    for number in range(count)
  ]


def _frame_sizes(records):
  return [12 + len(record) + 4 for record in records]


class DamagedRecordsTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = os.path.join(self.get_temp_dir(), self.id())
    self.path = image_files.write(self.folder, 'train-0', b'')
    self.records = _records()
    with tf.io.TFRecordWriter(self.path) as writer:
      for record in self.records:
        writer.write(record)
    with open(self.path, 'rb') as file:
      self.content = file.read()

  def write(self, content):
    image_files.write(self.folder, 'train-0', content)

  def test_cut_anywhere(self):
    """Between two records as well, where the counts are known."""
    shard_files.write_counts(self.folder, {'train-0': len(self.records)})
    for size in range(len(self.content)):
      self.write(self.content[:size])
      with self.assertRaisesRegex(
        NotWholeError,
        f'{self.path}: (record [012] reaches|the file is|[12] records)',
      ) as caught:
        tfrecord.open_shards([self.path])
      self.assertRegex(str(caught.exception), 'copy it again|copy the data set')
    first = _frame_sizes(self.records)[0]
    self.write(self.content[:first])
    with self.assertRaisesRegex(
      NotWholeError, '1 records, but it was written with 3, says records.json'
    ):
      tfrecord.open_shards([self.path])
    self.write(self.content)
    self.assertEqual(3, tfrecord.count(tfrecord.open_shards([self.path])))

  def test_any_bit_flipped(self):
    """Wherever TensorFlow itself finds it, in the record where it is."""
    ends = [sum(_frame_sizes(self.records)[: i + 1]) for i in range(3)]
    bits = random.Random(0)
    for place in range(0, len(self.content), 3):
      content = bytearray(self.content)
      content[place] ^= 1 << bits.randrange(8)
      self.write(content)
      number = next(i for i, end in enumerate(ends) if place < end)
      begins = ends[number] - _frame_sizes(self.records)[number]
      if place - begins < 12:
        with self.assertRaisesRegex(
          NotWholeError,
          f'{self.path}: record {number} has a length whose checksum is',
        ):
          tfrecord.open_shards([self.path])
      else:
        self.check_one_is_lost(number)
      if place % 30 == 0:
        with self.assertRaises(tf.errors.DataLossError):
          list(tf.data.TFRecordDataset(self.path))

  def check_one_is_lost(self, number):
    shards = tfrecord.open_shards([self.path])
    for index in range(3):
      if index != number:
        self.assertEqual(index, tfrecord.read_encoded(shards, index).target)
        continue
      with self.assertRaisesRegex(
        InputError, rf'^{self.path} record {number}: damaged \(its checksum'
      ) as caught:
        tfrecord.read_encoded(shards, index)
      self.assertNotIsInstance(caught.exception, NotWholeError)

  def test_a_damaged_length_ends_the_file(self):
    first = _frame_sizes(self.records)[0]
    content = bytearray(self.content)
    content[first] += 1
    self.write(content)
    with self.assertRaisesRegex(
      NotWholeError,
      f'record 1 has a length whose checksum is wrong; all from byte {first} '
      'on is lost, which no number of bad images covers; copy it again',
    ):
      tfrecord.open_shards([self.path])

  def test_nothing_in_a_file(self):
    other = image_files.write(self.folder, 'train-1', b'')
    with self.assertRaisesRegex(NotWholeError, f'^{other}: the file is empty'):
      tfrecord.open_shards([self.path, other])

  def test_exchanged_after_it_was_listed(self):
    shards = tfrecord.open_shards([self.path])
    self.write(self.content[3:] + self.content)
    with self.assertRaisesRegex(
      InputError, 'record 2: the file was changed while it was read'
    ):
      tfrecord.read_encoded(shards, 2)


class SkippedTest(batches_testing.TestCase):
  def test_as_many_as_are_allowed(self):
    """Of wrong checksums and schemas, as of images; training goes on, too."""
    image = image_files.encode(image_files.noise(0))
    dataset = self.get_records([image] * 4, [0, 1, 0, 1])
    path = os.path.join(self.folder, 'train-0')
    offsets = tfrecord.record_offsets(path)
    with open(path, 'r+b') as file:
      file.seek(offsets[1] + 40)
      file.write(b'x')
    self.check_stops(
      dataset,
      r'train-0 record 1: damaged \(its checksum is wrong\) \(unreadable '
      'images: 1, allowed: 0; .* --max_bad_images=N',
    )
    labels, bad_images = self.evaluate(dataset, limit=1)
    self.assertAllEqual([0, 0, 1], labels)
    self.assertLen(bad_images.messages, 1)
    bad_images = BadImages(1)
    batches = batches_testing.training(dataset, 3, 8, bad_images=bad_images)
    for _, labels in batches.take(2):
      self.assertEqual(1, sum(labels.numpy()))
    bad_images.check()


if __name__ == '__main__':
  tf.test.main()
