"""What an image's errors count, by hand."""

import tensorflow as tf

from tasks.detection.evaluator import DetectionEvaluator
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


class MistakesTest(tf.test.TestCase):
  def test_errors(self):
    """Of all images in one batch, whose outputs are detections already."""
    evaluator = DetectionEvaluator(lambda detections: detections, 2)
    there, found, expected = zip(*_CASES.values())
    errors = evaluator.add(
      detection.detections([(_SIZE, objects) for objects in found]),
      detection.box_targets([_there(*objects) for objects in there]),
    )
    self.assertAllClose(dict(zip(_CASES, expected)), dict(zip(_CASES, errors)))


if __name__ == '__main__':
  tf.test.main()
