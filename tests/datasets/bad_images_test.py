"""Images and labels that are bad: skipped up to a limit, then told of."""

import os

import numpy as np
import tensorflow as tf

from base.errors import InputError
from datasets import input_pipeline
from datasets.bad_images import BadImages
from tests.helpers import batches as batches_testing
from tests.helpers import image_files


class BadImagesTest(batches_testing.TestCase):
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
    batches = batches_testing.training(
      self.get_dataset(), 7, 8, bad_images=bad_images
    )
    for _, labels in batches.take(3):
      self.assertAllEqual([0, 0, 0, 1, 1, 1, 1], np.sort(labels))
    bad_images.check()
    self.assertLen(bad_images.messages, 1)

  def test_too_many_bad_images(self):
    self.damage('ant/01.png')
    self.check_stops(
      self.get_dataset(),
      r'ant/01.png: not a JPEG.*\(unreadable images: 1, allowed: 0; .*'
      'or set --max_bad_images=N to skip up to N',
    )
    self.damage('bee/03.png')
    # Either may be met first.
    self.check_stops(self.get_dataset(), 'bee/03.png.*: not a JPEG', limit=1)

  def test_a_reason_is_told_once(self):
    bad_images = BadImages(1)
    for message in 'a.png: RGB: want one', 'b.png: cut', 'c.png: RGB: want one':
      bad_images.add(message)
    with self.assertRaisesRegex(
      InputError, r'^a\.png, c\.png: RGB: want one; b\.png: cut \(unreadable'
    ):
      bad_images.check()

  def test_good_batches_come_before_the_stop(self):
    self.damage('bee/03.png')
    bad_images = BadImages(0)
    batches = batches_testing.evaluation(
      self.get_dataset(), 1, 8, bad_images=bad_images
    )
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
    batches = batches_testing.evaluation(self.get_dataset(), 8, 8)
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
