"""The sizes of images come with their labels, in the images' order."""

import numpy as np
from PIL import Image
import tensorflow as tf

from datasets import catalog
from datasets import sized_labels
from datasets.bad_images import BadImages
from tests.helpers import batches as testing
from tests.helpers import image_files


class SizedLabelsTest(testing.TestCase):
  def test_sizes_as_stored_turned_upright_without_the_bad(self):
    turned = Image.Exif()
    turned[0x0112] = 6
    for name, shape, options in (
      ('ant/90.png', (5, 70), {}),
      ('ant/91.jpg', (40, 60), {'image_format': 'JPEG', 'exif': turned}),
    ):
      encoded = image_files.encode(image_files.noise(1, *shape), **options)
      image_files.write(self.folder, name, encoded)
    self.damage('ant/02.png')
    dataset = sized_labels.with_sizes(self.get_dataset())
    bad_images = BadImages(1)
    labels, sizes = [], []
    for images, targets in testing.evaluation(
      dataset, 3, 8, bad_images=bad_images
    ):
      self.assertEqual([8, 8, 3], images.shape[1:])
      labels += targets.labels.numpy().tolist()
      sizes += targets.size.numpy().tolist()
    self.assertLen(bad_images.messages, 1)
    self.assertEqual([0] * 5 + [1] * 4, labels)
    usual = [16, 24]
    self.assertEqual([usual] * 3 + [[5, 70], [60, 40]] + [usual] * 4, sizes)

  def test_labels_and_images_are_the_same(self):
    plain = self.get_dataset()
    sized = sized_labels.with_sizes(plain)
    for index in range(plain.num_examples):
      example, other = plain.read(index, None), sized.read(index, None)
      self.assertEqual(example.target, other.target.labels)
      self.assertAllEqual(example.image, other.image)
      self.assertEqual(np.int32, other.target.size.dtype)

  def test_sizes_of_shrunk_images_are_those_of_their_files(self):
    turned = Image.Exif()
    turned[0x0112] = 6
    encoded = image_files.encode(
      image_files.noise(1, 40, 60), 'JPEG', exif=turned
    )
    image_files.write(self.folder, 'ant/90.jpg', encoded)
    dataset = sized_labels.with_sizes(self.get_dataset())
    example = catalog.shrunk(dataset, 4).read(4)
    self.assertEqual((15, 10, 3), example.image.shape)
    self.assertAllEqual([60, 40], example.target.size)


if __name__ == '__main__':
  tf.test.main()
