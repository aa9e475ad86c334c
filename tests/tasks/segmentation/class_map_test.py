"""The map of an image that is a part of the square that a network saw."""

import numpy as np
import tensorflow as tf

from tasks.segmentation import maps


class ClassMapTest(tf.test.TestCase):
  def test_by_hand(self):
    """The square's columns are -3, 1, 5; the image is the first two of them."""
    logits = tf.constant([[[[0.0, -3.0], [0.0, 5.0]]] * 2])
    mask, probabilities = maps.class_map(logits, 3, (3, 2), (2, 5))
    expected = 1 / (1 + np.exp([3.0, 2.0, 1.0, 0.0, -1.0]))
    self.assertAllClose([expected] * 2, probabilities[..., 1])
    # Of equal ones it is the first class.
    self.assertAllEqual([[0, 0, 0, 0, 1]] * 2, mask)


if __name__ == '__main__':
  tf.test.main()
