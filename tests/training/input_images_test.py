"""The images of a run's first batch in its log."""

import os

import numpy as np
import tensorflow as tf

from tests.helpers import event_files
from tests.helpers import image_files
from training import input_images


def _batches():
  for seed in range(3):
    images = [image_files.noise(10 * seed + i, 30, 30) for i in range(9)]
    yield tf.constant(np.stack(images)), seed


class ShowTest(tf.test.TestCase):
  def test_first_images_as_they_are(self):
    folder = self.get_temp_dir()
    shown = input_images.show(_batches(), 0, folder)
    next(shown)
    self.assertEmpty(os.listdir(folder))  # Not before that step is done.
    self.assertEqual([1, 2], [target for _, target in shown])
    self.assertEqual([0], list(event_files.images(folder)['input']))
    images = event_files.images(folder)['input'][0]
    self.assertLen(images, 8)
    for seed, image in enumerate(images):
      self.assertEqual((300, 300, 3), image.shape)
      self.assertAllEqual(image_files.noise(seed, 30, 30), image[::10, ::10])

  def test_once(self):
    folder = os.path.join(self.get_temp_dir(), 'resumed')
    shown = input_images.show(_batches(), 1, folder)
    self.assertEqual([0, 1, 2], [target for _, target in shown])
    self.assertFalse(os.path.exists(folder))


if __name__ == '__main__':
  tf.test.main()
