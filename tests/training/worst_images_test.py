"""The worst images, by errors that are written down."""

import os
import tempfile

import numpy as np
from PIL import Image
import tensorflow as tf

from tests.helpers import event_files
from training import worst_images
from training.worst_images import WorstImages


def _draw(image, output, target):
  """Of an output that is the error itself, and the number of the image."""
  return np.array([target, round(10 * output)])


def _drawn(most, *batches, draw=_draw):
  """Returns [(number of image, ten times its error)], as they are drawn.

  batches: lists of errors; images are numbered over all.
  """
  worst = WorstImages(draw, most)
  begin = 0
  for errors in batches:
    numbers = np.arange(begin, begin + len(errors))
    images = tf.zeros([len(errors), 2, 3, 3])
    worst.add(
      np.array(errors), images, tf.constant(errors), tf.constant(numbers)
    )
    begin += len(errors)
  return [tuple(map(int, picture)) for picture in worst.draw()]


class WorstImagesTest(tf.test.TestCase):
  def test_the_worst_of_all_batches_first(self):
    found = _drawn(3, [0.1, 0.5, 0.3], [0.2], [0.9, 0.4])
    self.assertEqual([(4, 9), (1, 5), (5, 4)], found)

  def test_of_equal_errors_the_earlier(self):
    found = _drawn(3, [0.5, 0.2, 0.5], [0.5, 0.7, 0.5])
    self.assertEqual([(4, 7), (0, 5), (2, 5)], found)

  def test_fewer_images_than_asked_for(self):
    self.assertEqual([(1, 5), (0, 1)], _drawn(8, [0.1, 0.5]))

  def test_nothing_is_wrong(self):
    """Fewer than asked for: NaN is never drawn."""
    self.assertEqual([(2, 5), (1, 1)], _drawn(3, [np.nan, 0.1], [0.5, np.nan]))

  def test_none(self):
    self.assertEmpty(_drawn(0, [0.1, 0.5]))
    self.assertEmpty(_drawn(3))

  def test_without_drawing(self):
    """The image itself."""
    worst = WorstImages(None, 1)
    images = tf.fill([2, 300, 400, 3], 1.0)
    worst.add(np.array([0.1, 0.2]), images, tf.zeros([2]), tf.zeros([2]))
    (picture,) = worst.draw()
    self.assertAllEqual(np.full([300, 400, 3], 255), picture)
    self.assertEqual([1], worst.numbers())

  def test_what_is_drawn(self):
    """-1 is black, 1 white; pixels are enlarged to 300 on the shorter side."""
    seen = []
    worst = WorstImages(lambda *example: seen.append(example), 1)
    images = np.zeros([2, 2, 4, 3], np.float32)
    images[1, 0] = -1.0
    images[1, 1] = 1.0
    worst.add(
      np.array([0.0, 1.0]),
      tf.constant(images),
      {'error': tf.constant([0.0, 1.0])},
      (tf.constant([3, 4]), tf.constant([[5], [6]])),
    )
    worst.draw()
    ((image, outputs, (label, box)),) = seen
    self.assertEqual((300, 600, 3), image.shape)
    self.assertEqual(np.uint8, image.dtype)
    self.assertAllEqual(np.zeros([150, 600, 3]), image[:150])
    self.assertAllEqual(np.full([150, 600, 3], 255), image[150:])
    self.assertEqual(({'error': 1.0}, 4), (outputs, label))
    self.assertAllEqual([6], box)

  def test_files(self):
    folder = self.enterContext(tempfile.TemporaryDirectory())
    worst_images.write(folder, 7, [])
    self.assertEmpty(os.listdir(folder))
    pictures = [np.full([4, 6, 3], 40 * i, np.uint8) for i in (1, 2)]
    worst_images.write(folder, 7, pictures)
    for number, picture in enumerate(pictures, 1):
      path = os.path.join(folder, f'worst-{number}.png')
      self.assertAllEqual(picture, Image.open(path))
    logged = event_files.pictures(folder)
    self.assertEqual(['worst/1', 'worst/2'], list(logged))
    self.assertAllEqual(pictures[1], logged['worst/2'][7])


if __name__ == '__main__':
  tf.test.main()
