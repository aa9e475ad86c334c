"""The box coder, against arithmetic by hand and the published decoding."""

import numpy as np
import tensorflow as tf

from tasks.detection import box_coder
from tests.helpers import detection
from tests.helpers import networks as testing

ANCHORS = tf.constant([[0.2, 0.2, 0.6, 0.4]])  # 0.4 high, 0.2 wide


class BoxCoderTest(tf.test.TestCase):
  def test_golden(self):
    heads = detection.heads()
    decoded = box_coder.decode(heads.predictions.box_encodings, heads.anchors)
    self.assertAllClose(
      heads.arrays['decoded'],
      testing.sampled(decoded.numpy(), 1024),
      rtol=0,
      atol=1e-5,
    )

  def test_encode(self):
    """0.1 down and to the right, half as high, e times as wide."""
    width = 0.2 * np.e
    boxes = tf.constant([[0.4, 0.4 - width / 2, 0.6, 0.4 + width / 2]])
    self.assertAllClose(
      [[10 * 0.1 / 0.4, 10 * 0.1 / 0.2, -5 * np.log(2), 5.0]],
      box_coder.encode(boxes, ANCHORS),
      rtol=1e-5,
    )

  def test_decode_is_the_inverse(self):
    boxes = tf.constant([[0.1, 0.3, 0.9, 0.35]])
    self.assertAllClose(
      boxes, box_coder.decode(box_coder.encode(boxes, ANCHORS), ANCHORS)
    )

  def test_an_anchor_is_zeros(self):
    self.assertAllClose(
      np.zeros([1, 4]), box_coder.encode(ANCHORS, ANCHORS), atol=1e-6
    )

  def test_decoded_boxes_are_not_clipped(self):
    decoded = box_coder.decode(tf.constant([[-20.0, 0.0, 0.0, 0.0]]), ANCHORS)
    self.assertAllClose([[-0.6, 0.2, -0.2, 0.4]], decoded)

  def test_an_empty_box_is_finite(self):
    encoded = box_coder.encode(tf.zeros([1, 4]), ANCHORS)
    self.assertAllClose(
      5 * np.log([1e-8 / 0.4, 1e-8 / 0.2]), encoded[0, 2:], rtol=1e-4
    )


if __name__ == '__main__':
  tf.test.main()
