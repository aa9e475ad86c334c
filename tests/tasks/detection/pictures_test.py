"""What an image's errors count, by hand, and what its picture shows."""

import numpy as np
import tensorflow as tf

from tasks.detection import pictures as pictures_lib
from tests.helpers import detection

_SIZE = (100, 100)
_LEFT = (0, 0, 40, 40)
_RIGHT = (50, 50, 90, 90)
_NEAR_LEFT = (0, 0, 40, 50)  # overlap 0.8
_FAR_LEFT = (0, 20, 40, 60)  # overlap 1/3
_CROWD = (0, 0, 100, 100)
_PART_OF_CROWD = (0, 0, 100, 60)  # overlap 0.6


def _there(*objects):
  """Objects: (corners, label), or (corners, label, True) for a crowd."""
  return (_SIZE, [(one[0], one[1], len(one) > 2, None) for one in objects])


# name -> (what is there, what is found, error)
_CASES = {
  'nothing': ([], [], 0.0),
  'all right': (
    [(_LEFT, 0), (_RIGHT, 1)],
    [(_LEFT, 0, 0.9), (_RIGHT, 1, 0.5)],
    0.0,
  ),
  'overlaps enough': ([(_LEFT, 0)], [(_NEAR_LEFT, 0, 0.9)], 0.0),
  'one of two missed': ([(_LEFT, 0), (_RIGHT, 1)], [(_LEFT, 0, 0.9)], 1 / 2),
  'too unsure': ([(_LEFT, 0)], [(_LEFT, 0, 0.49)], 1.0),
  'wrong class': ([(_LEFT, 0)], [(_LEFT, 1, 0.9)], 2 / 2),
  'overlaps too little': (
    [(_LEFT, 0), (_RIGHT, 1)],
    [(_FAR_LEFT, 0, 0.9), (_RIGHT, 1, 0.8)],
    2 / 3,
  ),
  'found twice': (
    [(_LEFT, 0), (_RIGHT, 1)],
    [(_LEFT, 0, 0.9), (_RIGHT, 1, 0.8), (_NEAR_LEFT, 0, 0.7)],
    1 / 3,
  ),
  'two in one place': (
    [(_LEFT, 0), (_NEAR_LEFT, 0)],
    [(_LEFT, 0, 0.9), (_NEAR_LEFT, 0, 0.8)],
    0.0,
  ),
  'not there': ([], [(_LEFT, 0, 0.9)], 1.0),
  'a crowd is found or not': ([(_CROWD, 0, True)], [], 0.0),
  'of a crowd': (
    [(_CROWD, 0, True), (_RIGHT, 0)],
    [(_PART_OF_CROWD, 0, 0.9), (_CROWD, 0, 0.8), (_RIGHT, 0, 0.7)],
    0.0,
  ),
  'no crowd of this class': (
    [(_CROWD, 0, True)],
    [(_PART_OF_CROWD, 1, 0.9)],
    1.0,
  ),
}


class PicturesTest(tf.test.TestCase):
  def test_errors(self):
    """Of all images in one batch, whose outputs are detections already."""
    pictures = pictures_lib.make_pictures(lambda detections: detections)
    there, found, expected = zip(*_CASES.values())
    errors = pictures.errors(
      detection.detections([(_SIZE, objects) for objects in found]),
      _numpy(detection.box_targets([_there(*objects) for objects in there])),
    )
    self.assertAllClose(dict(zip(_CASES, expected)), dict(zip(_CASES, errors)))

  def test_truth_on_the_left_and_found_on_the_right(self):
    """What is found with a score below 0.3 is not drawn."""
    pictures = pictures_lib.make_pictures(
      lambda detections: detections, ('ant', 'bee')
    )
    image = np.full([*_SIZE, 3], 100, np.uint8)
    found = _numpy(
      detection.detections([(_SIZE, [(_RIGHT, 1, 0.3), (_LEFT, 0, 0.29)])])
    )
    there = _numpy(detection.box_targets([_there((_LEFT, 0))]))
    picture = pictures.draw(image, _first(found), _first(there))
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
