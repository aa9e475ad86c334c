"""Anchors, against arithmetic by hand and the published ones."""

import numpy as np
import tensorflow as tf

from specs.ssdlite import AnchorShape
from tasks.detection import anchors as anchors_lib
from tests.helpers import detection
from tests.helpers import networks as testing


class AnchorsTest(tf.test.TestCase):
  def test_golden(self):
    for case in (detection.NETWORK, detection.HEADS):
      _, arrays = testing.load_golden(case)
      anchors = anchors_lib.ssdlite_anchors(300, 300)
      self.assertEqual(np.float32, anchors.dtype)
      self.assertAllClose(arrays['anchors'], anchors, rtol=0, atol=1e-6)

  def test_number(self):
    self.assertLen(anchors_lib.ssdlite_anchors(300, 300), 1917)
    self.assertLen(anchors_lib.ssdlite_anchors(320, 320), 2034)

  def test_a_cells_anchors_are_innermost_then_columns(self):
    shapes = [AnchorShape(0.2, 1.0), AnchorShape(0.4, 4.0)]
    anchors = anchors_lib.grid((1, 2), shapes, np.ones([2]))
    self.assertAllClose(
      [
        [0.4, 0.15, 0.6, 0.35],
        [0.4, -0.15, 0.6, 0.65],  # 0.2 high, 0.8 wide; not clipped
        [0.4, 0.65, 0.6, 0.85],
        [0.4, 0.35, 0.6, 1.15],
      ],
      anchors,
    )

  def test_rows_are_outermost(self):
    anchors = anchors_lib.grid((2, 1), [AnchorShape(0.1, 1.0)], np.ones([2]))
    self.assertAllClose(
      [[0.2, 0.45, 0.3, 0.55], [0.7, 0.45, 0.8, 0.55]], anchors
    )

  def test_a_square_on_a_wide_image(self):
    """128 x 256 pixels: 8 x 16 cells in the first map."""
    anchors = anchors_lib.ssdlite_anchors(128, 256)
    height, width = anchors[0, 2:] - anchors[0, :2]
    self.assertAllClose([0.1, 0.05], [height, width])
    self.assertAllClose(
      [0.5 / 8, 0.5 / 16], (anchors[0, 2:] + anchors[0, :2]) / 2
    )


if __name__ == '__main__':
  tf.test.main()
