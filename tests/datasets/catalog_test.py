"""Every data set by its name, and every wrong name and folder."""

import os
import tempfile

from absl.testing import absltest
from absl.testing import parameterized
import numpy as np
from sklearn import datasets as sklearn_datasets
import tensorflow as tf

from base.errors import InputError
from datasets import catalog
from datasets import digits
from datasets import labels
from datasets import tfrecord
from tests.helpers import image_files


class CatalogTest(parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enter_context(tempfile.TemporaryDirectory())

  def write_records(self, name, count=2, label=0):
    with tf.io.TFRecordWriter(os.path.join(self.folder, name)) as writer:
      for _ in range(count):
        example = tfrecord.make_example(b'x', 'png', label, 1, 1)
        writer.write(example.SerializeToString())

  def get(self, name, split_name='train', **options):
    return catalog.get_dataset(name, split_name, self.folder, **options)

  def check_message(self, pattern, name, split_name='train', **options):
    with self.assertRaisesRegex(InputError, pattern) as caught:
      self.get(name, split_name, **options)
    self.assertNotIn('\n', str(caught.exception))

  def test_digits(self):
    train = catalog.get_dataset('digits', 'train')
    self.assertEqual(
      (1437, 10, 'lenet', tuple('0123456789')),
      (
        train.num_examples,
        train.num_classes,
        train.default_preprocessing,
        train.label_names,
      ),
    )
    scans = sklearn_datasets.load_digits()
    for split_name in 'validation', 'val':
      held_out = catalog.get_dataset('digits', split_name)
      self.assertEqual(360, held_out.num_examples)
      read = [held_out.read(index, None) for index in range(360)]
      for example, scan, digit in zip(
        read, scans.images[::5], scans.target[::5], strict=True
      ):
        self.assertEqual(digit, example.target)
        for channel in range(3):
          np.testing.assert_allclose(
            scan / 16, example.image[..., channel] / 255, atol=0.5 / 255
          )
    self.assertEqual(1797, train.num_examples + held_out.num_examples)
    pixels = np.stack([train.read(i, None).image for i in range(1437)])
    self.assertEqual(
      (np.uint8, 0, 255), (pixels.dtype, pixels.min(), pixels.max())
    )

  def test_digits_as_folders(self):
    digits.write_all(self.folder)
    scans = sklearn_datasets.load_digits().images
    for split_name, expected in (
      ('train', np.delete(scans, np.s_[::5], axis=0)),
      ('validation', scans[::5]),
    ):
      found = self.get('image_folder', split_name)
      self.assertEqual(tuple('0123456789'), found.label_names)
      self.assertEqual(len(expected), found.num_examples)
      sums = [
        found.read(index, None).image[..., 0].sum(dtype=np.int64)
        for index in range(found.num_examples)
      ]
      grey = np.round(expected * (255 / 16)).sum(axis=(1, 2))
      self.assertEqual(sorted(grey), sorted(sums))

  def test_image_folder(self):
    image_files.write_folder(self.folder, ['dog', 'cat'], 10)
    train, held_out = self.get('image_folder'), self.get('image_folder', 'val')
    self.assertEqual(20, train.num_examples + held_out.num_examples)
    self.assertEqual(
      (2, ('cat', 'dog'), 'inception'),
      (train.num_classes, train.label_names, train.default_preprocessing),
    )
    example = train.read(train.num_examples - 1, None)
    self.assertEqual(1, example.target)
    self.assertStartsWith(example.name, f'{self.folder}/dog/')

  @parameterized.parameters(
    ('flowers', 5, 'train', 'flowers_train_00000-of-00001.tfrecord'),
    ('flowers', 5, 'validation', 'flowers_validation_00000-of-1.tfrecord'),
    ('cifar10', 10, 'train', 'cifar10_train.tfrecord'),
    ('cifar10', 10, 'test', 'cifar10_test.tfrecord'),
    ('cifar10', 10, 'validation', 'cifar10_validation.tfrecord'),
    ('cifar100', 100, 'train', 'cifar100_train.tfrecord'),
    ('cifar100', 100, 'test', 'cifar100_test.tfrecord'),
    ('fashion_mnist', 10, 'train', 'fashion_mnist_train.tfrecord'),
    ('fashion_mnist', 10, 'test', 'fashion_mnist_test.tfrecord'),
    ('mnist', 10, 'train', 'mnist_train.tfrecord'),
    ('mnist', 10, 'test', 'mnist_test.tfrecord'),
    ('imagenet', 1001, 'train', 'train-00000-of-00001'),
    ('imagenet', 1001, 'validation', 'validation-00000-of-00001'),
    ('visualwakewords', 2, 'train', 'train.record-00000-of-00001'),
    ('visualwakewords', 2, 'val', 'val.record-00000-of-00001'),
  )
  def test_slims_files(self, name, num_classes, split_name, file_name):
    self.write_records(file_name)
    self.write_records('other_' + file_name)
    dataset = self.get(name, split_name)
    self.assertEqual(
      (2, num_classes, None),
      (dataset.num_examples, dataset.num_classes, dataset.label_names),
    )
    self.assertEqual(
      'lenet' if 'mnist' in name else 'inception', dataset.default_preprocessing
    )

  @parameterized.parameters(
    'train-00000-of-00001.tfrecord',
    'train-00000-of-00001',
    'pets_train_00000-of-00001.tfrecord',
    'pets_train.tfrecord',
    'train.record-00000-of-00001',
    'train.tfrecord',
  )
  def test_any_records(self, file_name):
    labels.write_folder(self.folder, ['cat', 'dog', 'emu'])
    self.write_records(file_name, 3)
    dataset = self.get('tfrecord')
    self.assertEqual(
      (3, 3, ('cat', 'dog', 'emu')),
      (dataset.num_examples, dataset.num_classes, dataset.label_names),
    )

  def test_any_records_held_out(self):
    labels.write_folder(self.folder, ['cat', 'dog'])
    self.write_records('train-0', 3)
    self.check_message('no records of the split test', 'tfrecord', 'test')
    self.write_records('validation-0', 1)
    self.check_message(
      'no records of the split test .*; there is train, validation$',
      'tfrecord',
      'test',
    )
    self.write_records('test-0', 2)
    for split_name, count in ('test', 2), ('validation', 1), ('val', 1):
      self.assertEqual(count, self.get('tfrecord', split_name).num_examples)

  def test_the_held_out_split_has_its_own_name(self):
    """Where validation is asked for, as evaluation does, and test is found."""
    labels.write_folder(self.folder, ['cat', 'dog'])
    self.write_records('train-0', 3)
    self.write_records('test-0', 2)
    self.assertEqual('test', self.get('tfrecord', 'validation').split_name)
    image_files.write_folder(f'{self.folder}/train', ['cat'], 2)
    image_files.write_folder(f'{self.folder}/test', ['cat'], 1)
    self.assertEqual('test', self.get('image_folder', 'validation').split_name)

  def test_training_is_validated_on_test_where_nothing_else_is(self):
    self.write_records('mnist_test.tfrecord', 2)
    for name, folder, split_name in (
      ('mnist', None, 'test'),
      ('mnist', self.folder, 'test'),
      ('imagenet', self.folder, 'validation'),
      ('tfrecord', self.folder, 'validation'),
    ):
      self.assertEqual(split_name, catalog.validation_split(name, folder))
    self.write_records('mnist_validation.tfrecord', 1)
    self.assertEqual(
      'validation', catalog.validation_split('mnist', self.folder)
    )
    self.assertEqual('test', catalog.held_out_split('mnist'))

  def test_no_split_of_digits_is_called_test(self):
    for name in 'digits', 'digits_scenes':
      self.check_message(f'{name} has no split test', name, 'test')
      self.assertEqual('validation', self.get(name, 'val').split_name)

  def test_labels_offset(self):
    self.write_records('train-0', label=7)
    dataset = self.get('imagenet', labels_offset=1)
    self.assertEqual(1000, dataset.num_classes)
    labels.write_folder(self.folder, ['background', *map(str, range(1000))])
    dataset = self.get('imagenet', labels_offset=1)
    self.assertEqual(
      ('0', '999'), (dataset.label_names[0], dataset.label_names[-1])
    )
    self.check_message(
      'leaves none of the 1001', 'imagenet', labels_offset=1001
    )

  def test_labels_offset_makes_room_for_a_background(self):
    dataset = catalog.get_dataset('digits', 'train', labels_offset=-1)
    self.assertEqual(11, dataset.num_classes)
    self.assertEqual(('background', '0'), dataset.label_names[:2])
    with self.assertRaisesRegex(InputError, 'digits has no background'):
      catalog.get_dataset('digits', 'train', labels_offset=1)

  def test_unknown_names(self):
    self.check_message(
      'unknown data set pets; there is cifar10, cifar100,', 'pets'
    )
    for name in catalog.dataset_names():
      self.check_message('has no split trian; there is train,', name, 'trian')
    self.check_message('flowers has no split test', 'flowers', 'test')

  @parameterized.parameters(
    name for name in catalog.dataset_names() if not name.startswith('digits')
  )
  def test_bad_folders(self, name):
    with self.assertRaisesRegex(InputError, 'set --dataset_dir'):
      catalog.get_dataset(name, 'train')
    with self.assertRaisesRegex(InputError, '/nowhere: No such file'):
      catalog.get_dataset(name, 'train', '/nowhere')
    self.check_message('the folder is empty', name)
    image_files.write(self.folder, 'other.txt', b'')
    self.check_message(
      'no folders in it|no labels.txt|no .*train.* in it', name
    )

  def test_records_without_a_record(self):
    self.write_records('train-0', 0)
    self.check_message('train-0: the file is empty', 'imagenet')

  def test_labels_of_another_set(self):
    self.write_records('cifar10_train.tfrecord')
    labels.write_folder(self.folder, ['cat', 'dog'])
    self.check_message('labels.txt has 2 classes, cifar10 has 10', 'cifar10')

  def test_validation_fraction(self):
    image_files.write_folder(self.folder, ['cat'], 1)
    for fraction in -0.1, 1, float('nan'):
      self.check_message(
        'validation_fraction is', 'image_folder', validation_fraction=fraction
      )


if __name__ == '__main__':
  absltest.main()
