"""A folder of images becomes TFRecords that read the same."""

import contextlib
import glob
import io
import os
import subprocess
import sys
from unittest import mock

import numpy as np
from PIL import Image
import tensorflow as tf

from base.errors import InputError
from datasets import catalog
from datasets import folder_to_records
from datasets import images
from tests.helpers import image_files

_SCHEMA = {
  'image/encoded': tf.io.FixedLenFeature([], tf.string),
  'image/format': tf.io.FixedLenFeature([], tf.string),
  'image/class/label': tf.io.FixedLenFeature([], tf.int64),
  'image/height': tf.io.FixedLenFeature([], tf.int64),
  'image/width': tf.io.FixedLenFeature([], tf.int64),
}


def _read(dataset):
  """Returns what all examples are, in an order of their own."""
  return sorted(
    (*_shape_and_bytes(example.image), example.target)
    for example in (dataset.read(i, None) for i in range(dataset.num_examples))
  )


def _shape_and_bytes(image):
  return image.shape, image.tobytes()


class ConvertTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = os.path.join(self.get_temp_dir(), self.id())
    self.source = os.path.join(self.folder, 'photos')
    self.output = os.path.join(self.folder, 'records')
    os.makedirs(self.source)

  def write(self, name, data):
    return image_files.write(self.source, name, data)

  def convert(
    self, source=None, num_shards=5, validation_fraction=0.2, longest_side=None
  ):
    """Converts in silence; returns what is printed."""
    with (
      contextlib.redirect_stdout(io.StringIO()) as out,
      contextlib.redirect_stderr(io.StringIO()) as err,
    ):
      try:
        folder_to_records.convert(
          source or self.source,
          self.output,
          num_shards,
          validation_fraction,
          longest_side,
        )
      finally:
        self.printed = out.getvalue() + err.getvalue()

  def records(self, split_name):
    """Returns the parsed records of a split."""
    paths = sorted(glob.glob(os.path.join(self.output, f'{split_name}-*')))
    return [
      tf.io.parse_single_example(record, _SCHEMA)
      for record in tf.data.TFRecordDataset(paths)
    ]

  def check_nothing_left(self):
    self.assertEqual(['photos'], os.listdir(self.folder))

  def test_undivided_folder(self):
    image_files.write_folder(self.source, ['cat', 'dog'], 12)
    self.convert(num_shards=3)
    sizes = []
    for split_name in 'train', 'validation':
      folder = catalog.get_dataset('image_folder', split_name, self.source)
      records = catalog.get_dataset('tfrecord', split_name, self.output)
      self.assertEqual(('cat', 'dog'), records.label_names)
      self.assertEqual(_read(folder), _read(records))
      sizes.append(records.num_examples)
    self.assertEqual(24, sum(sizes))
    names = [f'train-0000{i}-of-00003.tfrecord' for i in range(3)]
    self.assertContainsSubset(['labels.txt', *names], os.listdir(self.output))
    self.assertIn(
      f'{sizes[0]} train, {sizes[1]} validation images in 2 classes',
      self.printed,
    )
    # Sequential readers should not meet one class after the other.
    labels = [int(r['image/class/label']) for r in self.records('train-00000')]
    self.assertNotEqual(sorted(labels), labels)

  def test_divided_folder(self):
    image_files.write_folder(f'{self.source}/train', ['cat', 'dog'], 3)
    image_files.write_folder(f'{self.source}/val', ['dog'], 2)
    self.convert()
    self.assertEqual(
      [
        'labels.txt',
        'records.json',
        *(f'train-0000{i}-of-00005.tfrecord' for i in range(5)),
        *(f'val-0000{i}-of-00002.tfrecord' for i in range(2)),
      ],
      sorted(os.listdir(self.output)),
    )
    self.assertEqual(
      [1, 1], [int(r['image/class/label']) for r in self.records('val')]
    )
    self.assertEqual(
      2, catalog.get_dataset('tfrecord', 'validation', self.output).num_examples
    )

  def test_no_validation(self):
    image_files.write_folder(self.source, ['cat'], 3)
    self.convert(validation_fraction=0)
    self.assertLen(self.records('train'), 3)
    self.assertEmpty(self.records('validation'))

  def test_bytes_are_kept_or_become_png(self):
    noise = image_files.noise(0, 20, 30)
    exif = Image.Exif()
    exif[0x0112] = 6
    cmyk = Image.new('CMYK', (8, 4), (0, 255, 255, 0))
    kept = {
      'a.jpg': image_files.encode(noise, 'JPEG'),
      'b.png': image_files.encode(noise),
      'c.jpg': image_files.encode(noise[..., 0], 'JPEG'),
    }
    changed = {
      'd.jpg': image_files.encode(noise, 'JPEG', exif=exif),
      'e.bmp': image_files.encode(image_files.noise(1), 'BMP'),
      'f.jpg': image_files.encode(cmyk, 'JPEG'),
    }
    for name, data in {**kept, **changed}.items():
      self.write(f'cat/{name}', data)
    self.convert(validation_fraction=0)
    records = {r['image/encoded'].numpy(): r for r in self.records('train')}
    self.assertContainsSubset(kept.values(), records)
    for data in kept.values():
      self.assertEqual(
        b'png' if data[1:4] == b'PNG' else b'jpg', records[data]['image/format']
      )
    others = [r for data, r in records.items() if data not in kept.values()]
    # As TensorFlow decodes it, each equals what we read from the file.
    decoded = [tf.io.decode_png(r['image/encoded']).numpy() for r in others]
    expected = [images.read_image(data, 'x') for data in changed.values()]
    for image, other in zip(
      sorted(expected, key=_shape_and_bytes),
      sorted(decoded, key=_shape_and_bytes),
      strict=True,
    ):
      np.testing.assert_array_equal(image, other)
    for record in records.values():
      height, width, _ = tf.io.decode_image(record['image/encoded']).shape
      self.assertEqual(
        (height, width), (record['image/height'], record['image/width'])
      )
    self.assertIn((30, 20), [image.shape[:2] for image in decoded])

  def test_large_images_are_shrunk(self):
    noise = image_files.noise(0, 20, 30)
    exif = Image.Exif()
    exif[0x0112] = 6
    left_white = np.zeros([60, 120, 3], np.uint8)
    left_white[:, :60] = 255
    kept = image_files.encode(noise, 'JPEG')
    for name, data in {
      'kept.jpg': kept,
      'turned.jpg': image_files.encode(left_white, 'JPEG', exif=exif),
      'fine.png': image_files.encode(
        np.indices([64, 96]).sum(0).astype(np.uint8) % 2 * 255
      ),
    }.items():
      self.write(f'cat/{name}', data)
    self.convert(validation_fraction=0, longest_side=30)
    records = {
      (int(r['image/height']), int(r['image/width'])): r
      for r in self.records('train')
    }
    self.assertEqual({(20, 30), (30, 15)}, set(records))
    self.assertLen(self.records('train'), 3)
    encoded = [r['image/encoded'].numpy() for r in self.records('train')]
    self.assertIn(kept, encoded)
    turned = records[30, 15]
    self.assertEqual(b'jpg', turned['image/format'])
    image = tf.io.decode_jpeg(turned['image/encoded']).numpy()
    self.assertEqual((30, 15, 3), image.shape)
    self.assertGreater(image[:13].min(), 240)  # Turned to the right: on top.
    self.assertLess(image[17:].max(), 15)
    # Black and white pixels in turn are grey from afar.
    (grey,) = (
      tf.io.decode_jpeg(data).numpy()
      for data in encoded
      if data not in (kept, turned['image/encoded'].numpy())
    )
    self.assertEqual((20, 30), grey.shape[:2])
    self.assertAllInRange(grey, 115, 140)

  def test_all_bad_files_are_listed(self):
    image_files.write_folder(self.source, ['cat', 'dog'], 5)
    self.write('cat/01.png', b'')
    self.write('dog/03.png', b'text')
    good = image_files.encode(image_files.noise(0, 50, 50), 'JPEG')
    self.write('dog/x.jpg', good[: len(good) // 2])
    with self.assertRaisesRegex(InputError, '3 of 11 images cannot be read'):
      self.convert(validation_fraction=0)
    for name in 'cat/01.png', 'dog/03.png', 'dog/x.jpg':
      self.assertIn(f'{self.source}/{name}: ', self.printed)
    self.check_nothing_left()

  def test_interruption_leaves_nothing(self):
    image_files.write_folder(self.source, ['cat'], 3)
    with mock.patch.object(
      images, 'plain_format', side_effect=KeyboardInterrupt
    ):
      with self.assertRaises(KeyboardInterrupt):
        self.convert(validation_fraction=0)
    self.check_nothing_left()

  def test_output_that_cannot_be(self):
    image_files.write_folder(self.source, ['cat'], 2)
    for output in self.source, os.path.join(self.source, 'cat/00.png'):
      self.output = output
      with self.assertRaisesRegex(InputError, 'not an empty folder'):
        self.convert()
    self.output = os.path.join(self.source, 'records')
    with self.assertRaisesRegex(InputError, 'lies in the source'):
      self.convert()
    self.output = os.path.join(self.source, 'cat/00.png/records')
    with self.assertRaises(InputError):
      self.convert()
    self.output = '/proc/records'
    with self.assertRaisesRegex(InputError, '/proc/records.partial: '):
      self.convert(validation_fraction=0)

  def test_empty_output_folder_is_taken(self):
    image_files.write_folder(self.source, ['cat'], 2)
    os.makedirs(self.output)
    self.convert(validation_fraction=0)
    self.assertLen(self.records('train'), 2)

  def test_source_that_cannot_be(self):
    with self.assertRaisesRegex(InputError, 'no folders in it'):
      self.convert()
    with self.assertRaisesRegex(InputError, 'nowhere: No such file'):
      self.convert(source=os.path.join(self.folder, 'nowhere'))
    self.check_nothing_left()

  def test_program(self):
    self.write('cat/a.png', b'text')
    failed = subprocess.run(
      [
        sys.executable,
        '-m',
        'datasets.convert',
        f'--source={self.source}',
        f'--output={self.output}',
        '--validation_fraction=0',
      ],
      env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)},
      capture_output=True,
      text=True,
      check=False,
    )
    self.assertEqual(1, failed.returncode)
    self.assertNotIn('Traceback', failed.stderr)
    self.assertEndsWith(
      failed.stderr,
      'convert.py: 1 of 1 images cannot be read (listed '
      'above); repair or remove them. Nothing was written\n',
    )
    self.check_nothing_left()


if __name__ == '__main__':
  tf.test.main()
