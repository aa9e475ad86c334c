"""Batches of a Dataset, and data sets whose images are files."""

import os

import numpy as np
import tensorflow as tf

from base.errors import InputError
from datasets import catalog
from datasets import input_pipeline
from datasets import labels as labels_lib
from datasets import tfrecord
from datasets.bad_images import BadImages
from datasets.input_pipeline import InputOptions
from tests.helpers import image_files


def training(
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


def evaluation(dataset, batch_size, image_size, *, bad_images=None, **options):
  return input_pipeline.evaluation_batches(
    dataset, InputOptions(batch_size, image_size, **options), bad_images
  )


def concatenated(batches, count=None):
  """Returns (images, labels) of `count` batches, concatenated."""
  if count:
    batches = batches.take(count)
  images, labels = zip(*batches.as_numpy_iterator())
  return np.concatenate(images), np.concatenate(labels)


class TestCase(tf.test.TestCase):
  """Has a folder of images of two classes."""

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
    batches = evaluation(dataset, batch_size, 8, bad_images=bad_images)
    labels = [
      batch[1].numpy() for batch in input_pipeline.iterate(batches, bad_images)
    ]
    return np.concatenate(labels), bad_images

  def check_stops(self, dataset, pattern, limit=0):
    with self.assertRaisesRegex(InputError, pattern) as caught:
      self.evaluate(dataset, limit)
    self.assertNotIn('\n', str(caught.exception))
    bad_images = BadImages(limit)
    batches = training(dataset, 3, 8, bad_images=bad_images)
    with self.assertRaisesRegex(InputError, pattern):
      for _ in input_pipeline.iterate(batches, bad_images):
        pass
