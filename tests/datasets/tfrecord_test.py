"""TFRecords in slim's schema: counted, read, and reported when wrong."""

import os
import struct

import tensorflow as tf

from base.errors import InputError
from datasets import tfrecord
from tests.helpers import image_files


def _example(encoded=b'image', label=3, **extras):
  """A record as slim's converters write it, made by hand."""

  def feature(value):
    if isinstance(value, bytes):
      return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))

  features = {
    'image/encoded': encoded,
    'image/class/label': label,
    **{f'image/{key}': value for key, value in extras.items()},
  }
  return tf.train.Example(
    features=tf.train.Features(
      feature={
        key: feature(value)
        for key, value in features.items()
        if value is not None
      }
    )
  ).SerializeToString()


def _read(path):
  with open(path, 'rb') as file:
    return file.read()


class TFRecordTest(tf.test.TestCase):
  def write(self, name, records):
    path = os.path.join(self.get_temp_dir(), name)
    with tf.io.TFRecordWriter(path) as writer:
      for record in records:
        writer.write(record)
    return path

  def check_unreadable(self, records, pattern, index=0):
    shards = tfrecord.open_shards([self.write('bad', records)])
    with self.assertRaisesRegex(InputError, pattern):
      tfrecord.read_encoded(shards, index)

  def test_counts_and_reads_across_files(self):
    paths = [
      self.write('a', [_example(b'0'), _example(b'1' * 70000, label=7)]),
      self.write('c', [_example(b'2', format=b'JPEG', height=4, text=b'x')]),
    ]
    shards = tfrecord.open_shards(paths)
    self.assertAllEqual([0, 2, 3], shards.starts)
    examples = [tfrecord.read_encoded(shards, i) for i in range(3)]
    self.assertEqual([b'0', b'1' * 70000, b'2'], [e.encoded for e in examples])
    self.assertEqual([3, 7, 3], [e.target for e in examples])
    self.assertEqual(
      [f'{paths[0]} record 0', f'{paths[0]} record 1', f'{paths[1]} record 0'],
      [e.name for e in examples],
    )

  def test_offsets_lead_to_the_records_of_tensorflow(self):
    records = [_example(bytes(i * 100), label=i) for i in range(20)]
    path = self.write('x', records)
    data = _read(path)
    offsets = tfrecord.record_offsets(path)
    self.assertLen(offsets, 20)
    for offset, record in zip(offsets, tf.data.TFRecordDataset(path)):
      record = record.numpy()
      self.assertEqual(record, data[offset + 12 : offset + 12 + len(record)])

  def test_truncated(self):
    path = self.write('t', [_example(b'a' * 500)] * 3)
    data = _read(path)
    for size in (len(data) - 1, len(data) - 300, len(data) * 2 // 3 + 5):
      image_files.write(os.path.dirname(path), 't', data[:size])
      with self.assertRaisesRegex(InputError, f'{path}: record 2 .*truncated'):
        tfrecord.open_shards([path])

  def test_no_tfrecord(self):
    folder = self.get_temp_dir()
    for data in b'x', b'This is a text and no TFRecord file at all.' * 9:
      path = image_files.write(folder, 'text', data)
      with self.assertRaisesRegex(InputError, 'no TFRecord file'):
        tfrecord.open_shards([path])
    # A length of 2^64 - 1.
    path = image_files.write(folder, 'huge', struct.pack('<QI', 2**64 - 1, 0))
    with self.assertRaisesRegex(InputError, 'no TFRecord file'):
      tfrecord.open_shards([path])

  def test_missing_file(self):
    with self.assertRaisesRegex(InputError, 'nowhere: No such file'):
      tfrecord.open_shards(['nowhere'])

  def test_bad_records_are_named(self):
    good = _example()
    self.check_unreadable([good, b'\xff' * 30], 'bad record 1: not a', index=1)
    self.check_unreadable([_example(encoded=None)], 'record 0: lacks')
    self.check_unreadable(
      [good, good, _example(label=None)], 'record 2: lacks', index=2
    )
    self.check_unreadable([_example(format=b'RAW')], 'record 0: raw pixels')

  def test_file_shortened_after_it_was_listed(self):
    path = self.write('short', [_example(b'a' * 100)] * 2)
    shards = tfrecord.open_shards([path])
    for size in os.path.getsize(path) - 50, os.path.getsize(path) // 2 + 4, 0:
      os.truncate(path, size)
      with self.assertRaisesRegex(InputError, 'short record 1'):
        tfrecord.read_encoded(shards, 1)

  def test_make_example(self):
    record = tfrecord.make_example(
      b'bytes', 'png', 4, height=20, width=30
    ).SerializeToString()
    parsed = tf.io.parse_single_example(
      record,
      {
        'image/encoded': tf.io.FixedLenFeature([], tf.string),
        'image/format': tf.io.FixedLenFeature([], tf.string),
        'image/class/label': tf.io.FixedLenFeature([], tf.int64),
        'image/height': tf.io.FixedLenFeature([], tf.int64),
        'image/width': tf.io.FixedLenFeature([], tf.int64),
      },
    )
    self.assertEqual(
      {
        'image/encoded': b'bytes',
        'image/format': b'png',
        'image/class/label': 4,
        'image/height': 20,
        'image/width': 30,
      },
      {key: value.numpy() for key, value in parsed.items()},
    )

  def test_find_files(self):
    folder = os.path.join(self.get_temp_dir(), 'a[b]')
    for name in 'train-2', 'train-1', 'validation-1', 'train-3/x':
      image_files.write(folder, name, b'')
    self.assertEqual(
      tuple(os.path.join(folder, f'train-{i}') for i in (1, 2)),
      tfrecord.find_files(folder, 'train-*'),
    )


if __name__ == '__main__':
  tf.test.main()
