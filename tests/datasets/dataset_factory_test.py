"""slim's data sets through slim's provider, against what datasets/ reads."""

import os
import tempfile

from absl.testing import parameterized
import numpy as np
import tensorflow.compat.v1 as tf

from base.errors import InputError
from base.tf_slim_compat import slim
from datasets import catalog
from datasets import dataset_factory
from datasets import labels
from datasets import tfrecord
from tests.helpers import image_files

# name, split, a file of it, classes
_DATASETS = (
  ('flowers', 'train', 'flowers_train_00000-of-00001.tfrecord', 5),
  ('flowers', 'validation', 'flowers_validation_00000-of-00001.tfrecord', 5),
  ('cifar10', 'test', 'cifar10_test.tfrecord', 10),
  ('mnist', 'train', 'mnist_train.tfrecord', 10),
  ('imagenet', 'validation', 'validation-00000-of-00001', 1001),
  ('visualwakewords', 'val', 'val.record-00000-of-00001', 2),
  ('tfrecord', 'train', 'train-00000-of-00001.tfrecord', 3),
)


class DatasetFactoryTest(parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enterContext(tempfile.TemporaryDirectory())

  def write(self, name, encoded, image_format='png', first_label=0):
    """Writes records of the labels first_label and on."""
    with tf.io.TFRecordWriter(os.path.join(self.folder, name)) as writer:
      for label, image in enumerate(encoded, first_label):
        example = tfrecord.make_example(image, image_format, label, 1, 1)
        writer.write(example.SerializeToString())

  def read(self, dataset, items=('image', 'label')):
    """Returns all examples of a slim Dataset, in the stored order."""
    with tf.Graph().as_default(), tf.Session() as session:
      provider = slim.dataset_data_provider.DatasetDataProvider(
        dataset, shuffle=False, num_epochs=1
      )
      tensors = provider.get(list(items))
      self.assertEqual(dataset.num_samples, provider.num_samples())
      session.run(tf.local_variables_initializer())
      coordinator = tf.train.Coordinator()
      threads = tf.train.start_queue_runners(session, coordinator)
      examples = []
      try:
        while True:
          examples.append(session.run(tensors))
      except tf.errors.OutOfRangeError:
        coordinator.request_stop()
      coordinator.join(threads)
    return examples

  @parameterized.parameters(*_DATASETS)
  def test_reads_what_the_catalog_reads(self, name, split, file, num_classes):
    names = [f'class {label}' for label in range(num_classes)]
    labels.write_folder(self.folder, names)
    # One in colour, one in grey.
    encoded = [image_files.encode(image_files.noise(0, 20, 30))]
    encoded.append(image_files.encode(image_files.noise(1, 9, 8)[..., 0]))
    self.write(file, encoded)
    dataset = dataset_factory.get_dataset(name, split, self.folder)
    self.assertEqual(2, dataset.num_samples)
    self.assertEqual(num_classes, dataset.num_classes)
    self.assertEqual(dict(enumerate(names)), dataset.labels_to_names)
    self.assertCountEqual(['image', 'label'], dataset.items_to_descriptions)
    ours = catalog.get_dataset(name, split, self.folder)
    examples = self.read(dataset)
    self.assertLen(examples, 2)
    for index, (image, label) in enumerate(examples):
      example = ours.read(index, None)
      np.testing.assert_array_equal(example.image, image)
      self.assertEqual(index, example.target)
      self.assertEqual(index, label)
      self.assertGreater(np.ptp(image), 200)

  def test_jpeg(self):
    smooth = np.linspace(0, 255, 40 * 40 * 3).reshape([40, 40, 3])
    image = image_files.encode(smooth.astype(np.uint8), 'JPEG')
    self.write('mnist_test.tfrecord', [image], 'jpg')
    dataset = dataset_factory.get_dataset('mnist', 'test', self.folder)
    [(image, _)] = self.read(dataset)
    expected = catalog.get_dataset('mnist', 'test', self.folder).read(0, None)
    np.testing.assert_array_equal(expected.image, image)

  def test_shards_are_counted_and_read(self):
    encoded = [image_files.encode(image_files.noise(i)) for i in range(5)]
    self.write('train-00000-of-00002', encoded[:2])
    self.write('train-00001-of-00002', encoded[2:], first_label=2)
    dataset = dataset_factory.get_dataset('imagenet', 'train', self.folder)
    self.assertEqual(5, dataset.num_samples)
    self.assertIsNone(dataset.labels_to_names)
    self.assertCountEqual(
      range(5), [label for (label,) in self.read(dataset, ['label'])]
    )

  @parameterized.parameters('mine_%s.rec', 'mine_*.rec', 'mine_train.rec')
  def test_pattern_of_ones_own(self, pattern):
    self.write('mine_train.rec', [image_files.encode(image_files.noise(0))])
    dataset = dataset_factory.get_dataset(
      'flowers', 'train', self.folder, pattern, tf.TFRecordReader
    )
    self.assertEqual(
      [os.path.join(self.folder, 'mine_train.rec')], dataset.data_sources
    )
    self.assertIs(tf.TFRecordReader, dataset.reader)
    self.assertLen(self.read(dataset), 1)

  @parameterized.parameters(
    ('coco', 'train', None, 'no TFRecords are called coco; there is cifar10,'),
    ('image_folder', 'train', None, 'no TFRecords are called image_folder'),
    ('flowers', 'test', None, 'flowers has no split test; there is train,'),
    ('flowers', 'train', None, 'the folder is empty'),
    ('flowers', 'train', 'x', r'no records .* \(flowers_train_\*.tfrecord\)'),
    ('tfrecord', 'train', 'x', 'no labels.txt'),
    ('mnist', 'test', 'mnist_test.tfrecord', 'record 0 has a length'),
  )
  def test_wrong_input(self, name, split, file, message):
    if file:
      image_files.write(self.folder, file, b'no TFRecord file')
    for error in (InputError, ValueError):  # ValueError is what slim raised.
      with self.assertRaisesRegex(error, message):
        dataset_factory.get_dataset(name, split, self.folder)

  def test_no_records(self):
    self.write('mnist_test.tfrecord', [])
    with self.assertRaisesRegex(InputError, 'the file is empty'):
      dataset_factory.get_dataset('mnist', 'test', self.folder)


if __name__ == '__main__':
  tf.test.main()
