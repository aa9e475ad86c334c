"""VOC's average precision, against arithmetic by hand."""

from absl.testing import absltest
import numpy as np

from tasks.detection import voc_ap

# Of an image of 10 x 10.
LEFT, RIGHT = [0, 0, 10, 5], [0, 5, 10, 10]
NEARLY_LEFT = [0, 0, 10, 4]  # 40 / 50 of LEFT
HALF_OF_LEFT = [0, 0, 5, 5]  # 25 / 50
LESS = [0, 0, 4.9, 5]


def _image(found, there):
  """Of [(box, label, score)] and [(box, label, is_difficult)]."""

  def columns(rows):
    boxes, labels, values = zip(*rows) if rows else ((), (), ())
    boxes = np.array(boxes, float).reshape([-1, 4])
    return boxes, np.array(labels, int), np.array(values)

  *truth, is_difficult = columns(there)
  return voc_ap.Image(*columns(found), *truth, is_difficult.astype(bool))


class VocApTest(absltest.TestCase):
  def test_area_under_the_curve(self):
    """Right, wrong, right of 4: precision 1, 1/2, 2/3 at recall 1/4, 1/4, 2/4.

    From recall 1/4 to 2/4 the best precision is 2/3.
    """
    found = voc_ap.average_precision(np.array([1, 0, 1]), 4)
    self.assertAlmostEqual(1 / 4 + 2 / 3 / 4, found)

  def test_precision_is_monotone(self):
    """Wrong, right, right of 2: 2/3 all along."""
    found = voc_ap.average_precision(np.array([0, 1, 1]), 2)
    self.assertAlmostEqual(2 / 3, found)

  def test_nothing_found(self):
    self.assertEqual(0.0, voc_ap.average_precision(np.zeros([0]), 2))

  def test_verdicts(self):
    found = voc_ap.verdicts(
      np.array([NEARLY_LEFT, LEFT, RIGHT, LESS], float),
      np.array([LEFT, RIGHT], float),
      np.array([False, True]),
    )
    # The second on the same object is wrong, though it overlaps more.
    self.assertEqual([1.0, 0.0, 0.0], list(found[[0, 1, 3]]))
    self.assertTrue(np.isnan(found[2]))

  def test_half_is_enough(self):
    truth, difficult = np.array([LEFT], float), np.array([False])
    for box, expected in ((HALF_OF_LEFT, 1.0), (LESS, 0.0)):
      found = voc_ap.verdicts(np.array([box], float), truth, difficult)
      self.assertEqual([expected], list(found))

  def test_an_objects_best_is_taken_not_its_second_best(self):
    """Both overlap LEFT most: the second does not go on to the other one."""
    truth = np.array([LEFT, [0, 0, 10, 4.5]], float)
    found = voc_ap.verdicts(
      np.array([LEFT, LEFT], float), truth, np.array([False, False])
    )
    self.assertEqual([1.0, 0.0], list(found))

  def test_mean_over_classes_and_images(self):
    images = [
      _image(
        [(LEFT, 0, 0.9), (RIGHT, 0, 0.8), (RIGHT, 1, 0.3)],
        [(LEFT, 0, False), (RIGHT, 1, True), (LEFT, 1, False)],
      ),
      _image([(RIGHT, 0, 0.85)], [(RIGHT, 0, False)]),
      _image([(LEFT, 2, 0.5)], []),
    ]
    # Class 0: right .9, right .85, wrong .8, of 2. Class 1: its one detection
    # is on a difficult object, and the other is not found. Class 2 has no
    # object, nor has class 3.
    self.assertAlmostEqual(
      (1.0 + 0.0) / 2, voc_ap.mean_average_precision(images, 4)
    )

  def test_scores_rank_across_images(self):
    images = [
      _image([(LEFT, 0, 0.2)], [(LEFT, 0, False)]),
      _image([(LEFT, 0, 0.6)], []),
    ]
    self.assertAlmostEqual(0.5, voc_ap.mean_average_precision(images, 1))

  def test_no_image_and_no_object(self):
    self.assertEqual(0.0, voc_ap.mean_average_precision([], 3))
    self.assertEqual(
      0.0, voc_ap.mean_average_precision([_image([(LEFT, 0, 0.2)], [])], 3)
    )


if __name__ == '__main__':
  absltest.main()
