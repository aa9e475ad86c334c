"""The geometry of boxes, against arithmetic by hand."""

import tensorflow as tf

from tasks.detection import boxes as boxes_lib


class BoxesTest(tf.test.TestCase):
  def test_intersection_over_union(self):
    ones = tf.constant([[0.0, 0.0, 0.4, 0.4], [0.2, 0.2, 0.6, 0.4]])
    others = tf.constant(
      [[0.0, 0.0, 0.4, 0.4], [0.2, 0.0, 0.4, 0.8], [0.6, 0.6, 0.9, 0.9]]
    )
    self.assertAllClose(
      # 0.16 and 0.08 of area; 0.16, 0.16 and 0.09
      [[1.0, 0.08 / 0.24, 0.0], [0.04 / 0.20, 0.04 / 0.20, 0.0]],
      boxes_lib.intersection_over_union(ones, others),
    )

  def test_empty_boxes_overlap_nothing(self):
    boxes = tf.constant([[0.0] * 4, [0.0, 0.0, 1.0, 1.0]])
    self.assertAllEqual(
      [[0.0, 0.0], [0.0, 1.0]], boxes_lib.intersection_over_union(boxes, boxes)
    )

  def test_boxes_that_touch_do_not_overlap(self):
    boxes = tf.constant([[[0.0, 0.0, 0.5, 0.5]], [[0.5, 0.5, 1.0, 1.0]]])
    self.assertAllEqual(
      [[0.0]], boxes_lib.intersection_over_union(boxes[0], boxes[1])
    )

  def test_corners_and_centers(self):
    boxes = tf.constant([[0.1, 0.2, 0.5, 0.3]])
    centers, sizes = boxes_lib.centers_and_sizes(boxes)
    self.assertAllClose([[0.3, 0.25]], centers)
    self.assertAllClose([[0.4, 0.1]], sizes)
    self.assertAllClose(boxes, boxes_lib.corners_of(centers, sizes))
    self.assertAllClose([0.04], boxes_lib.area(boxes))

  def test_clip(self):
    self.assertAllClose(
      [0.0, 0.2, 1.0, 1.0], boxes_lib.clip(tf.constant([-0.1, 0.2, 1.3, 1.0]))
    )


if __name__ == '__main__':
  tf.test.main()
