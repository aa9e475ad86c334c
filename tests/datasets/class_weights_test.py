"""Class weights, against scikit-learn's."""

import os

import numpy as np
from sklearn.utils import class_weight
import tensorflow as tf

from base.errors import InputError
from datasets import catalog
from datasets import class_weights
from tests.helpers import batches as batches_testing
from tests.helpers import image_files


class ClassWeightsTest(batches_testing.TestCase):
  def test_balanced_is_scikit_learns(self):
    labels = np.random.RandomState(0).choice(4, 500, p=[0.7, 0.2, 0.06, 0.04])
    self.assertAllClose(
      class_weight.compute_class_weight(
        'balanced', classes=np.arange(4), y=labels
      ),
      class_weights.balanced(labels, 4),
      rtol=1e-12,
    )

  def test_labels_without_images_and_images_without_labels(self):
    labels = np.array([1, 1, 1, 3, -1, 7])
    self.assertEqual(
      (0.0, 4 / 2 / 3, 0.0, 4 / 2 / 1, 0.0), class_weights.balanced(labels, 5)
    )

  def test_of_a_folder(self):
    for i in range(4):  # Six bees to four ants
      image_files.write(self.folder, f'bee/{i + 10}.png', b'no image')
    self.assertEqual(
      (12 / 2 / 4, 12 / 2 / 8),
      class_weights.find('balanced', self.get_dataset()),
    )

  def test_of_records_without_their_images(self):
    dataset = self.get_records([b'no image'] * 5, [2, 1, 2, 2, 2])
    self.assertAllEqual([2, 1, 2, 2, 2], dataset.read_labels())
    dataset = self.get_records(
      [b'no image'] * 5, [2, 1, 2, 2, 2], labels_offset=1
    )
    self.assertAllEqual([1, 0, 1, 1, 1], dataset.read_labels())

  def test_damaged_record_is_of_no_class(self):
    dataset = self.get_records([b'no image'] * 4, [1, 0, 0, 1])
    with open(os.path.join(self.folder, 'train-0'), 'r+b') as file:
      file.seek(-1, os.SEEK_END)  # in the last record's checksum
      last = file.read(1)[0]
      file.seek(-1, os.SEEK_END)
      file.write(bytes([last ^ 1]))
    labels = dataset.read_labels()
    self.assertEqual([1, 0, 0], labels[:3].tolist())
    self.assertEqual((3 / 2 / 2, 3 / 2 / 1), class_weights.balanced(labels, 2))

  def test_labels_are_those_of_the_examples(self):
    for name in 'digits', 'digits_scenes':
      dataset = catalog.get_dataset(name, 'validation')
      labels = dataset.read_labels()
      self.assertLen(labels, dataset.num_examples)
      for index in 0, 7, dataset.num_examples - 1:
        self.assertEqual(dataset.read(index, None).target, labels[index])

  def test_a_typing_error_is_no_file(self):
    with self.assertRaisesRegex(
      InputError, r'^class_weights balenced: .*did you mean balanced\?'
    ):
      class_weights.find('balenced', self.get_dataset())

  def test_given_weights(self):
    dataset = self.get_dataset()
    path = image_files.write(self.folder, 'weights.txt', b'0.5\n3\n')
    self.assertIsNone(class_weights.find(None, dataset))
    self.assertEqual((2.0, 0.25), class_weights.find('2,0.25', dataset))
    self.assertEqual((0.5, 3.0), class_weights.find(path, dataset))

  def test_wrong_weights(self):
    bad = image_files.write(self.folder, 'bad.txt', b'ant 1\nbee 2\n')
    missing = os.path.join(self.folder, 'missing.txt')
    for text, message in (
      ('1,2,3', 'class_weights: 3 numbers for the 2 classes of image_folder'),
      (bad, f'class_weights {bad}: want a number above 0 on each line'),
      (missing, f'class_weights {missing}: No such file'),
      ('1,-2', 'class_weights 1,-2: No such file'),
    ):
      with self.assertRaisesRegex(InputError, f'^{message}'):
        class_weights.find(text, self.get_dataset())


if __name__ == '__main__':
  tf.test.main()
