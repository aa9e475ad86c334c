"""Order, repetition and resumption of batches."""

import numpy as np
import tensorflow as tf

from base.errors import InputError
from datasets import catalog
from datasets import example as examples
from datasets import example_cache
from datasets import preprocessing
from datasets.example import Example
from tests.helpers import batches as batches_testing
from tests.helpers import image_files


def _numbered(count):
  """A Dataset whose image i is filled with i and has the label i."""
  labels = np.arange(count)
  images = np.tile(labels.astype(np.uint8)[:, None, None, None], [1, 4, 4, 3])
  return _of_arrays(images, labels)


def _of_arrays(images, labels):
  """A Dataset of arrays."""

  def read(index, choose_window=None):
    return examples.cut(Example(images[index], labels[index]), choose_window)

  return catalog.Dataset(
    'numbered', 'train', len(labels), len(labels), None, 'lenet', read
  )


class OrderTest(tf.test.TestCase):
  def test_an_epoch_has_every_example_once(self):
    dataset = _numbered(10)
    # Batches of 4 straddle epochs of 10; five of them make two epochs.
    images, labels = batches_testing.concatenated(
      batches_testing.training(dataset, 4, 6), 5
    )
    for epoch in labels[:10], labels[10:]:
      self.assertNotAllEqual(np.arange(10), epoch)
      self.assertAllEqual(np.arange(10), np.sort(epoch))
    self.assertNotAllEqual(labels[:10], labels[10:])
    expected = np.broadcast_to(labels[:, None, None, None], images.shape)
    self.assertAllEqual(expected, images)

  def test_inception_crops_and_recolours_arrays(self):
    pixels = np.stack([image_files.noise(i) for i in range(3)])
    dataset = _of_arrays(pixels, np.arange(3))
    images, _ = batches_testing.concatenated(
      batches_testing.training(dataset, 6, 8, preprocessing_name='inception'), 1
    )
    self.assertLen(np.unique(images.reshape(6, -1), axis=0), 6)

  def test_static_shapes(self):
    training = batches_testing.training(_numbered(5), 2, 6)
    self.assertEqual(
      (tf.TensorSpec([2, 6, 6, 3], tf.uint8), tf.TensorSpec([2], tf.int64)),
      training.element_spec,
    )
    evaluation = batches_testing.evaluation(_numbered(5), 2, 6)
    self.assertEqual(
      (
        tf.TensorSpec([None, 6, 6, 3], tf.float32),
        tf.TensorSpec([None], tf.int64),
      ),
      evaluation.element_spec,
    )

  def test_the_seed_decides(self):
    def labels(seed):
      return batches_testing.concatenated(
        batches_testing.training(_numbered(50), 25, 4, seed=seed), 2
      )[1]

    self.assertAllEqual(labels(3), labels(3))
    self.assertNotAllEqual(labels(3), labels(4))

  def test_batch_larger_than_the_data_set(self):
    _, labels = batches_testing.concatenated(
      batches_testing.training(_numbered(3), 9, 4), 1
    )
    self.assertAllEqual([0, 0, 0, 1, 1, 1, 2, 2, 2], np.sort(labels))

  def test_evaluation_has_every_example_once_in_order(self):
    batches = batches_testing.evaluation(_numbered(10), 4, 4)
    self.assertEqual([4, 4, 2], [len(labels) for _, labels in batches])
    self.assertAllEqual(np.arange(10), batches_testing.concatenated(batches)[1])

  def test_unknown_preprocessing(self):
    for make in (batches_testing.evaluation, batches_testing.training):
      with self.assertRaisesRegex(InputError, '^unknown preprocessing vgg'):
        make(_numbered(5), 2, 4, preprocessing_name='vgg')

  def test_far_steps_come_at_once(self):
    step = 10**12
    _, labels = batches_testing.concatenated(
      batches_testing.training(_numbered(10), 5, 4, first_step=step), 2
    )
    self.assertAllEqual(np.arange(10), np.sort(labels))


class FilesTest(batches_testing.TestCase):
  def test_runs_repeat_and_resume_exactly(self):
    def run(first_step, steps, num_parallel_calls):
      return batches_testing.concatenated(
        batches_testing.training(
          self.get_dataset(),
          3,
          16,
          seed=5,
          first_step=first_step,
          num_preprocessing_threads=num_parallel_calls,
        ),
        steps,
      )

    images, labels = run(0, 7, 1)
    again_images, again_labels = run(0, 7, 4)
    self.assertAllEqual(labels, again_labels)
    self.assertAllEqual(images, again_images)
    tail_images, tail_labels = run(4, 3, tf.data.AUTOTUNE)
    self.assertAllEqual(labels[12:], tail_labels)
    self.assertAllEqual(images[12:], tail_images)

  def test_the_cache_changes_no_batch(self):
    for i in range(4):
      image_files.write(
        self.folder,
        f'cat/{i}.jpg',
        image_files.encode(image_files.noise(i, 60, 80), 'JPEG'),
      )
    batches = [
      batches_testing.concatenated(
        batches_testing.training(self.get_dataset(), 5, 16, cache=cache), 9
      )
      for cache in (
        None,
        example_cache.ExampleCache(30_000),
        example_cache.ExampleCache(2**20),
      )
    ]
    for images, labels in batches[1:]:
      self.assertAllEqual(batches[0][1], labels)
      self.assertAllEqual(batches[0][0], images)

  def test_what_is_in_the_cache_is_not_read_again(self):
    dataset = self.get_dataset()
    read = []

    def read_example(index, choose_window):
      self.assertIsNone(choose_window)  # Whole, for other windows.
      read.append(index)
      return dataset.read(index, choose_window)

    cache = example_cache.make_cache()
    for first_step in 0, 1:  # Others take from it, too.
      batches = batches_testing.training(
        dataset._replace(read=read_example),
        8,
        8,
        first_step=first_step,
        num_preprocessing_threads=1,
        cache=cache,
      )
      batches_testing.concatenated(batches, 3)
    self.assertCountEqual(range(8), read)

  def test_negative_seeds(self):
    for seed in -1, -(2**40):
      images, _ = batches_testing.concatenated(
        batches_testing.training(self.get_dataset(), 8, 16, seed=seed), 1
      )
      self.assertGreater(np.ptp(images), 100)

  def test_augmentation_differs_between_epochs(self):
    images, _ = batches_testing.concatenated(
      batches_testing.training(self.get_dataset(), 8, 16), 2
    )
    self.assertLen(np.unique(images.reshape(16, -1), axis=0), 16)

  def test_evaluation_reads_and_preprocesses(self):
    dataset = self.get_dataset()
    images, labels = batches_testing.concatenated(
      batches_testing.evaluation(dataset, 3, 8)
    )
    self.assertAllEqual([0] * 4 + [1] * 4, labels)
    for i, image in enumerate(images):
      self.assertAllClose(
        preprocessing.preprocess_for_eval(image_files.noise(i), 8, 'inception'),
        image,
        atol=1e-6,
      )
    lenet, _ = batches_testing.concatenated(
      batches_testing.evaluation(dataset, 3, 8, preprocessing_name='lenet')
    )
    self.assertAllClose(
      preprocessing.preprocess_for_eval(image_files.noise(0), 8, 'lenet'),
      lenet[0],
      atol=1e-6,
    )

  def test_records_are_as_the_files(self):
    images = [image_files.encode(image_files.noise(i)) for i in range(8)]
    records = self.get_records(images, [0] * 4 + [1] * 4)
    for make in (batches_testing.evaluation, batches_testing.training):
      from_records = batches_testing.concatenated(make(records, 4, 8), 2)
      from_files = batches_testing.concatenated(
        make(self.get_dataset(), 4, 8), 2
      )
      self.assertAllEqual(from_files[0], from_records[0])
      self.assertAllEqual(from_files[1], from_records[1])

  def test_grayscale(self):
    for make in (batches_testing.evaluation, batches_testing.training):
      images, _ = batches_testing.concatenated(
        make(self.get_dataset(), 4, 8, use_grayscale=True), 2
      )
      self.assertAllEqual(images[..., 0], images[..., 1])
      self.assertAllEqual(images[..., 0], images[..., 2])
      self.assertGreater(np.std(images), 0.1)

  def test_labels_offset(self):
    image = image_files.encode(image_files.noise(0))
    dataset = self.get_records([image] * 2, [1, 1], labels_offset=1)
    self.assertAllEqual([0, 0], self.evaluate(dataset, 0)[0])
    dataset = self.get_records([image] * 2, [1, 0], labels_offset=-2)
    self.assertAllEqual([3, 2], self.evaluate(dataset, 0)[0])
    dataset = self.get_records([image] * 2, [1, 0], labels_offset=1)
    self.check_stops(dataset, 'train-0 record 1: label 0 is none of the 1')


if __name__ == '__main__':
  tf.test.main()
