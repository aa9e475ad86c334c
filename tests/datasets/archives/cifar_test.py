"""CIFAR's binary archives become records of the same images."""

import gzip
import os
import tempfile

from absl.testing import absltest
from absl.testing import parameterized
import numpy as np

from base.errors import InputError
from datasets import catalog
from datasets.archives import cifar
from tests.helpers import archives
from tests.helpers import conversions


def _split(seed, count, num_classes):
  labels = np.arange(count) * 7 % num_classes
  return archives.pixels(seed, count, 32, 32, 3), labels


class CifarTest(parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enter_context(tempfile.TemporaryDirectory())
    self.output = os.path.join(self.folder, 'records')

  @parameterized.parameters('cifar10', 'cifar100')
  def test_round_trip(self, name):
    num_classes = int(name.removeprefix('cifar'))
    splits = {
      'train': _split(0, 2 * num_classes, num_classes),
      'test': _split(1, 20, num_classes),
    }
    write = getattr(archives, f'write_{name}')
    write(self.folder, splits['train'], splits['test'])
    read_as = conversions.convert(name, self.folder, self.output)
    self.assertEqual(name, read_as)
    for split_name, (images, labels) in splits.items():
      self.assertEqual(
        conversions.as_sorted(images, labels),
        conversions.read(name, split_name, self.output),
      )
    self.assertEqual(
      [
        f'{name}_test.tfrecord',
        f'{name}_train.tfrecord',
        'labels.txt',
        'records.json',
      ],
      sorted(os.listdir(self.output)),
    )
    label_names = catalog.get_dataset(name, 'test', self.output).label_names
    self.assertEqual(
      archives.CIFAR10_NAMES
      if name == 'cifar10'
      else tuple(f'fine_{label}' for label in range(100)),
      label_names,
    )

  def test_truncated(self):
    split = _split(0, 10, 10)
    path = archives.write_cifar10(self.folder, split, split)
    size = os.path.getsize(path)
    # Within the images; within gzip's checksum, which tar does not read.
    for left in size // 2, size - 4:
      os.truncate(path, left)
      with self.assertRaisesRegex(InputError, 'no whole tar archive'):
        cifar.read_cifar10(self.folder)

  def test_damaged(self):
    split = _split(0, 10, 10)
    path = archives.write_cifar10(self.folder, split, split)
    with gzip.open(path) as file:
      content = bytearray(file.read())
    with open(path, 'wb') as file:
      damaged = bytearray(gzip.compress(content))
      damaged[-8] ^= 1  # gzip's checksum
      file.write(damaged)
    with self.assertRaisesRegex(InputError, 'no whole tar .*CRC'):
      cifar.read_cifar10(self.folder)

  @parameterized.parameters(
    ({}, 'lacks batches.meta.txt, data_batch_1.bin, .*test_batch.bin'),
    ({'test_batch.bin': bytes(3072)}, '3072 bytes .* no whole .* of 3073'),
    ({'test_batch.bin': b'\x0a' + bytes(3072)}, 'label 10 is none of 10'),
  )
  def test_other_contents(self, changes, message):
    members = {}
    if changes:
      members = {f'data_batch_{i}.bin': bytes(3073) for i in range(1, 6)}
      members['batches.meta.txt'] = '\n'.join(archives.CIFAR10_NAMES).encode()
    archives.write_tar(
      os.path.join(self.folder, cifar.CIFAR10.name),
      {f'a/{name}': data for name, data in {**members, **changes}.items()},
      'w:gz',
    )
    with self.assertRaisesRegex(InputError, message):
      cifar.read_cifar10(self.folder)

  def test_no_archive(self):
    with self.assertRaisesRegex(InputError, 'binary.tar.gz: .*No such file'):
      cifar.read_cifar100(self.folder)


if __name__ == '__main__':
  absltest.main()
