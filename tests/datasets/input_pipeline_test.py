"""Order, repetition and resumption of batches, and images that are bad."""

import os

import numpy as np
import tensorflow as tf

from base.errors import InputError
from datasets import catalog
from datasets import example as examples
from datasets import example_cache
from datasets import input_pipeline
from datasets import labels as labels_lib
from datasets import preprocessing
from datasets import tfrecord
from datasets.bad_images import BadImages
from datasets.example import Example
from datasets.input_pipeline import InputOptions
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


def _training(
  dataset,
  batch_size,
  image_size,
  *,
  first_step=0,
  bad_images=None,
  cache=None,
  **options,
):
  return input_pipeline.training_batches(
    dataset,
    InputOptions(batch_size, image_size, **options),
    first_step,
    bad_images,
    cache,
  )


def _evaluation(dataset, batch_size, image_size, *, bad_images=None, **options):
  return input_pipeline.evaluation_batches(
    dataset, InputOptions(batch_size, image_size, **options), bad_images
  )


def _batches(batches, count=None):
  """Returns (images, labels) of `count` batches, concatenated."""
  if count:
    batches = batches.take(count)
  images, labels = zip(*batches.as_numpy_iterator())
  return np.concatenate(images), np.concatenate(labels)


class OrderTest(tf.test.TestCase):
  def test_an_epoch_has_every_example_once(self):
    dataset = _numbered(10)
    # Batches of 4 straddle epochs of 10; five of them make two epochs.
    images, labels = _batches(_training(dataset, 4, 6), 5)
    for epoch in labels[:10], labels[10:]:
      self.assertNotAllEqual(np.arange(10), epoch)
      self.assertAllEqual(np.arange(10), np.sort(epoch))
    self.assertNotAllEqual(labels[:10], labels[10:])
    expected = np.broadcast_to(labels[:, None, None, None], images.shape)
    self.assertAllEqual(expected, images)

  def test_inception_crops_and_recolours_arrays(self):
    pixels = np.stack([image_files.noise(i) for i in range(3)])
    dataset = _of_arrays(pixels, np.arange(3))
    images, _ = _batches(
      _training(dataset, 6, 8, preprocessing_name='inception'), 1
    )
    self.assertLen(np.unique(images.reshape(6, -1), axis=0), 6)

  def test_static_shapes(self):
    training = _training(_numbered(5), 2, 6)
    self.assertEqual(
      (tf.TensorSpec([2, 6, 6, 3], tf.uint8), tf.TensorSpec([2], tf.int64)),
      training.element_spec,
    )
    evaluation = _evaluation(_numbered(5), 2, 6)
    self.assertEqual(
      (
        tf.TensorSpec([None, 6, 6, 3], tf.float32),
        tf.TensorSpec([None], tf.int64),
      ),
      evaluation.element_spec,
    )

  def test_the_seed_decides(self):
    def labels(seed):
      return _batches(_training(_numbered(50), 25, 4, seed=seed), 2)[1]

    self.assertAllEqual(labels(3), labels(3))
    self.assertNotAllEqual(labels(3), labels(4))

  def test_batch_larger_than_the_data_set(self):
    _, labels = _batches(_training(_numbered(3), 9, 4), 1)
    self.assertAllEqual([0, 0, 0, 1, 1, 1, 2, 2, 2], np.sort(labels))

  def test_evaluation_has_every_example_once_in_order(self):
    batches = _evaluation(_numbered(10), 4, 4)
    self.assertEqual([4, 4, 2], [len(labels) for _, labels in batches])
    self.assertAllEqual(np.arange(10), _batches(batches)[1])

  def test_unknown_preprocessing(self):
    for make in (_evaluation, _training):
      with self.assertRaisesRegex(InputError, '^unknown preprocessing vgg'):
        make(_numbered(5), 2, 4, preprocessing_name='vgg')

  def test_far_steps_come_at_once(self):
    step = 10**12
    _, labels = _batches(_training(_numbered(10), 5, 4, first_step=step), 2)
    self.assertAllEqual(np.arange(10), np.sort(labels))


class FilesTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = os.path.join(self.get_temp_dir(), self.id())
    image_files.write_folder(self.folder, ['ant', 'bee'], 4)

  def get_dataset(self):
    return catalog.get_dataset(
      'image_folder', 'train', self.folder, validation_fraction=0
    )

  def get_records(self, images, labels, **options):
    """A `tfrecord` Dataset of two classes, its records in one file."""
    labels_lib.write_folder(self.folder, ['ant', 'bee'])
    path = os.path.join(self.folder, 'train-0')
    with tf.io.TFRecordWriter(path) as writer:
      for image, label in zip(images, labels):
        example = tfrecord.make_example(image, 'png', label, 1, 1)
        writer.write(example.SerializeToString())
    return catalog.get_dataset('tfrecord', 'train', self.folder, **options)

  def damage(self, name):
    return image_files.write(self.folder, name, b'not an image')

  def evaluate(self, dataset, limit, batch_size=3):
    bad_images = BadImages(limit)
    batches = _evaluation(dataset, batch_size, 8, bad_images=bad_images)
    labels = [
      batch[1].numpy() for batch in input_pipeline.iterate(batches, bad_images)
    ]
    return np.concatenate(labels), bad_images

  def check_stops(self, dataset, pattern, limit=0):
    with self.assertRaisesRegex(InputError, pattern) as caught:
      self.evaluate(dataset, limit)
    self.assertNotIn('\n', str(caught.exception))
    bad_images = BadImages(limit)
    batches = _training(dataset, 3, 8, bad_images=bad_images)
    with self.assertRaisesRegex(InputError, pattern):
      for _ in input_pipeline.iterate(batches, bad_images):
        pass

  def test_runs_repeat_and_resume_exactly(self):
    def run(first_step, steps, num_parallel_calls):
      return _batches(
        _training(
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
      _batches(_training(self.get_dataset(), 5, 16, cache=cache), 9)
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
      batches = _training(
        dataset._replace(read=read_example),
        8,
        8,
        first_step=first_step,
        num_preprocessing_threads=1,
        cache=cache,
      )
      _batches(batches, 3)
    self.assertCountEqual(range(8), read)

  def test_negative_seeds(self):
    for seed in -1, -(2**40):
      images, _ = _batches(_training(self.get_dataset(), 8, 16, seed=seed), 1)
      self.assertGreater(np.ptp(images), 100)

  def test_augmentation_differs_between_epochs(self):
    images, _ = _batches(_training(self.get_dataset(), 8, 16), 2)
    self.assertLen(np.unique(images.reshape(16, -1), axis=0), 16)

  def test_evaluation_reads_and_preprocesses(self):
    dataset = self.get_dataset()
    images, labels = _batches(_evaluation(dataset, 3, 8))
    self.assertAllEqual([0] * 4 + [1] * 4, labels)
    for i, image in enumerate(images):
      self.assertAllClose(
        preprocessing.preprocess_for_eval(image_files.noise(i), 8, 'inception'),
        image,
        atol=1e-6,
      )
    lenet, _ = _batches(_evaluation(dataset, 3, 8, preprocessing_name='lenet'))
    self.assertAllClose(
      preprocessing.preprocess_for_eval(image_files.noise(0), 8, 'lenet'),
      lenet[0],
      atol=1e-6,
    )

  def test_records_are_as_the_files(self):
    images = [image_files.encode(image_files.noise(i)) for i in range(8)]
    records = self.get_records(images, [0] * 4 + [1] * 4)
    for make in (_evaluation, _training):
      from_records = _batches(make(records, 4, 8), 2)
      from_files = _batches(make(self.get_dataset(), 4, 8), 2)
      self.assertAllEqual(from_files[0], from_records[0])
      self.assertAllEqual(from_files[1], from_records[1])

  def test_grayscale(self):
    for make in (_evaluation, _training):
      images, _ = _batches(
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

  def test_label_out_of_range_names_the_record(self):
    image = image_files.encode(image_files.noise(0))
    for label in 2, -1:
      dataset = self.get_records([image] * 3, [0, 1, label])
      self.check_stops(
        dataset,
        f'train-0 record 2: label {label} is none of the 2 classes',
        limit=100,
      )

  def test_bad_images_are_skipped_up_to_the_limit(self):
    names = [self.damage('ant/01.png'), self.damage('bee/00.png')]
    labels, bad_images = self.evaluate(self.get_dataset(), limit=2)
    self.assertAllEqual([0, 0, 0, 1, 1, 1], labels)
    self.assertLen(bad_images.messages, 2)
    for name, message in zip(names, sorted(bad_images.messages)):
      self.assertStartsWith(message, f'{name}: not a JPEG')

  def test_bad_images_count_once_in_training(self):
    self.damage('ant/01.png')
    bad_images = BadImages(1)
    batches = _training(self.get_dataset(), 7, 8, bad_images=bad_images)
    for _, labels in batches.take(3):
      self.assertAllEqual([0, 0, 0, 1, 1, 1, 1], np.sort(labels))
    bad_images.check()
    self.assertLen(bad_images.messages, 1)

  def test_too_many_bad_images(self):
    self.damage('ant/01.png')
    self.check_stops(
      self.get_dataset(),
      r'ant/01.png: not a JPEG.*\(unreadable images: 1, allowed',
    )
    self.damage('bee/03.png')
    self.check_stops(self.get_dataset(), 'bee/03.png: not a JPEG', limit=1)

  def test_good_batches_come_before_the_stop(self):
    self.damage('bee/03.png')
    bad_images = BadImages(0)
    batches = _evaluation(self.get_dataset(), 1, 8, bad_images=bad_images)
    iterator = input_pipeline.iterate(batches, bad_images)
    for _ in range(7):
      next(iterator)
    with self.assertRaises(InputError):
      next(iterator)

  def test_bad_record(self):
    image = image_files.encode(image_files.noise(0))
    dataset = self.get_records([image, image[:-40]], [0, 1])
    self.check_stops(dataset, 'train-0 record 1: damaged')

  def test_file_that_vanished(self):
    dataset = self.get_dataset()
    os.remove(os.path.join(self.folder, 'bee', '02.png'))
    self.check_stops(dataset, 'bee/02.png: No such file')
    self.assertLen(self.evaluate(dataset, 1)[0], 7)

  def test_without_a_list_of_bad_images_tensorflow_reports(self):
    self.damage('ant/01.png')
    batches = _evaluation(self.get_dataset(), 8, 8)
    with self.assertRaisesRegex(
      tf.errors.InvalidArgumentError, 'ant/01.png: not a JPEG'
    ):
      list(batches)

  def test_every_image_bad(self):
    for i in range(4):
      for name in 'ant', 'bee':
        self.damage(f'{name}/{i:02d}.png')
    self.check_stops(
      self.get_dataset(),
      'none of the 8 images can be read: .*png: not a JPEG',
      limit=100,
    )


if __name__ == '__main__':
  tf.test.main()
