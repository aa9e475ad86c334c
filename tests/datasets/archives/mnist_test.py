"""MNIST's IDX files, here of scikit-learn's digits, become the same records."""

import gzip
import os
import struct
import tempfile
import tracemalloc

from absl.testing import absltest
from absl.testing import parameterized
import numpy as np
from sklearn import datasets as sklearn_datasets

from base.errors import InputError
from datasets import catalog
from datasets.archives import mnist
from tests.helpers import archives
from tests.helpers import conversions
from tests.helpers import image_files


def _digits():
  """Returns real digits, uint8 [200, 8, 8], and what they are."""
  digits = sklearn_datasets.load_digits()
  return (digits.images[:200] * 15).astype(np.uint8), digits.target[:200]


class MnistTest(parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enter_context(tempfile.TemporaryDirectory())
    self.output = os.path.join(self.folder, 'records')

  @parameterized.parameters(
    ('mnist', 'zero', 'nine'), ('fashion_mnist', 'T-shirt/top', 'Ankle boot')
  )
  def test_round_trip(self, name, first, last):
    images, labels = _digits()
    splits = {
      'train': (images[:150], labels[:150]),
      'test': (images[150:], labels[150:]),
    }
    archives.write_mnist(self.folder, splits['train'], splits['test'])
    self.assertEqual(name, conversions.convert(name, self.folder, self.output))
    for split_name, (grey, digits) in splits.items():
      self.assertEqual(
        conversions.as_sorted(np.stack([grey] * 3, axis=-1), digits),
        conversions.read(name, split_name, self.output),
      )
    dataset = catalog.get_dataset(name, 'train', self.output)
    self.assertEqual(
      (first, last, 'lenet'),
      (
        dataset.label_names[0],
        dataset.label_names[-1],
        dataset.default_preprocessing,
      ),
    )

  def test_upright_images_are_not_square(self):
    """Rows come first, as in the file's header."""
    images = archives.pixels(0, 10, 5, 7)
    archives.write_mnist(self.folder, *[(images, np.arange(10))] * 2)
    conversions.convert('mnist', self.folder, self.output)
    self.assertEqual(
      conversions.as_sorted(np.stack([images] * 3, axis=-1), range(10)),
      conversions.read('mnist', 'test', self.output),
    )

  @parameterized.parameters(
    (b'text', 'no whole gzip file'),
    (
      gzip.compress(b'\0\0\x08\x03' + struct.pack('>III', 9, 1, 1) + b'x' * 9)[
        :-9
      ],
      'no whole gzip file',
    ),
    (gzip.compress(b'\0\0\x08\x01' + struct.pack('>I', 4)), 'not IDX of bytes'),
    (gzip.compress(b'\0\0\x08\x03' + bytes(9)), 'not IDX of bytes'),
    (
      gzip.compress(b'\0\0\x0b\x03' + struct.pack('>III', 1, 1, 1) + b'x'),
      'not IDX of bytes in 3',
    ),
    (
      gzip.compress(b'\0\0\x08\x03' + struct.pack('>III', *[2**32 - 1] * 3)),
      'or truncated',
    ),
    (
      gzip.compress(b'\0\0\x08\x03' + struct.pack('>III', 9, 1, 1) + b'x' * 9),
      '9 images, but 10 labels',
    ),
  )
  def test_wrong_files(self, data, message):
    images = archives.pixels(0, 10, 5, 7)
    archives.write_mnist(self.folder, *[(images, np.arange(10))] * 2)
    path = image_files.write(self.folder, 'train-images-idx3-ubyte.gz', data)
    with self.assertRaisesRegex(InputError, f'{path}: .*{message}'):
      mnist.read(self.folder, mnist.MNIST_NAMES)

  def test_no_more_is_read_than_the_header_says(self):
    """A few KB may become any size."""
    images = archives.pixels(0, 10, 5, 7)
    archives.write_mnist(self.folder, *[(images, np.arange(10))] * 2)
    path = os.path.join(self.folder, 'train-images-idx3-ubyte.gz')
    header = b'\0\0\x08\x03' + struct.pack('>III', 10, 5, 7)
    with gzip.open(path, 'wb') as file:
      file.write(header + bytes(50_000_000))
    tracemalloc.start()
    self.addCleanup(tracemalloc.stop)
    with self.assertRaisesRegex(InputError, f'{path}: not IDX of bytes'):
      mnist.read(self.folder, mnist.MNIST_NAMES)
    self.assertLess(tracemalloc.get_traced_memory()[1], 5_000_000)

  def test_label_of_no_class(self):
    images = archives.pixels(0, 11, 5, 7)
    archives.write_mnist(self.folder, *[(images, np.arange(11))] * 2)
    with self.assertRaisesRegex(InputError, 'label 10 is none of 10 classes'):
      mnist.read(self.folder, mnist.MNIST_NAMES)


if __name__ == '__main__':
  absltest.main()
