"""What the picture of an image with its detections shows."""

import numpy as np
import tensorflow as tf

from tasks.detection import pictures as pictures_lib
from tests.helpers import detection

_SIZE = (100, 100)
_LEFT = (0, 0, 40, 40)
_RIGHT = (50, 50, 90, 90)


class PicturesTest(tf.test.TestCase):
  def test_truth_on_the_left_and_found_on_the_right(self):
    """What is found with a score below 0.3 is not drawn."""
    draw = pictures_lib.make_draw(lambda detections: detections, ('ant', 'bee'))
    image = np.full([*_SIZE, 3], 100, np.uint8)
    found = _numpy(
      detection.detections([(_SIZE, [(_RIGHT, 1, 0.3), (_LEFT, 0, 0.29)])])
    )
    there = _numpy(detection.box_targets([(_SIZE, [(_LEFT, 0, False, None)])]))
    picture = draw(image, _first(found), _first(there))
    self.assertEqual((100, 200, 3), picture.shape)
    truth, shown = (part != 100 for part in np.split(picture, 2, axis=1))
    self.assertTrue(truth[:40, :40].any())
    self.assertFalse(truth[60:].any())
    self.assertTrue(shown[60:, 50:90].any())
    self.assertFalse(shown[:30].any())
    self.assertAllEqual(np.full([*_SIZE, 3], 100), image)

  def test_least_score_that_is_drawn(self):
    (found,) = _rows(detection.detections([(_SIZE, [(_LEFT, 0, 0.6)])]))
    image = np.zeros([*_SIZE, 3], np.uint8)
    for least, is_drawn in ((0.7, False), (0.6, True), (0.0, True)):
      picture = pictures_lib.draw_detections(image, found, least_score=least)
      self.assertEqual(is_drawn, picture.any())

  def test_filling_is_not_drawn(self):
    """It is of score 0, and a box at the top left."""
    (found,) = _rows(detection.detections([(_SIZE, [(_RIGHT, 0, 0.6)])]))
    image = np.zeros([*_SIZE, 3], np.uint8)
    one, all_of_them = (
      pictures_lib.draw_detections(image, found, least_score=least)
      for least in (0.6, 0.0)
    )
    self.assertAllEqual(one, all_of_them)


def _numpy(structure):
  return tf.nest.map_structure(np.asarray, structure)


def _first(structure):
  return tf.nest.map_structure(lambda values: values[0], structure)


def _rows(batch):
  batch = _numpy(batch)
  return [
    tf.nest.map_structure(lambda values, at=row: values[at], batch)
    for row in range(len(batch.count))
  ]


if __name__ == '__main__':
  tf.test.main()
