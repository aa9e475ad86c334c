"""Which anchors mining chooses, by hand and against the published choice."""

import numpy as np
import tensorflow as tf

from tasks.detection import box_coder
from tasks.detection import hard_example_miner
from tasks.detection import losses as losses_lib
from tests.helpers import detection


def _apart(number):
  """Returns boxes [number, 4] that do not overlap."""
  left = np.arange(number, dtype=np.float32)
  return np.stack([left * 0, left, left * 0 + 1, left + 1], -1)


def _mine(boxes, losses, is_positive):
  chosen = hard_example_miner.mine(
    tf.constant(boxes[np.newaxis]),
    tf.constant([losses], tf.float32),
    tf.constant([is_positive]),
  )
  return np.flatnonzero(chosen[0]).tolist()


class HardExampleMinerTest(tf.test.TestCase):
  def test_golden(self):
    heads = detection.heads()
    losses = losses_lib.classification_losses(
      heads.predictions.class_logits, heads.targets
    ).numpy()
    chosen = hard_example_miner.mine(
      box_coder.decode(heads.predictions.box_encodings, heads.anchors),
      losses,
      heads.targets.is_positive,
    )
    self.assertAllInSet(chosen, [0.0, 1.0])
    counted = detection.counts_of_mining(
      box_coder.decode(heads.predictions.box_encodings, heads.anchors),
      losses,
      heads.targets,
    )
    for key, values in counted.items():
      self.assertAllClose(heads.description['loss'][key], values, msg=key)
    for image, (chosen_here, losses_here) in enumerate(zip(chosen, losses)):
      self.assertAllEqual(
        heads.arrays[f'loss/selected_{image}'],
        detection.in_order(chosen_here, losses_here),
        image,
      )

  def test_three_negatives_for_each_positive(self):
    losses = [0.0, 10.0, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 0.0]
    is_positive = [True] + [False] * 8 + [True]
    self.assertEqual(
      [0, 1, 2, 3, 4, 5, 6, 9], _mine(_apart(10), losses, is_positive)
    )

  def test_three_negatives_without_positives(self):
    self.assertEqual(
      [1, 3, 4], _mine(_apart(5), [1.0, 2.0, 0.5, 4.0, 3.0], [False] * 5)
    )

  def test_of_one_box_only_the_worst_is_considered(self):
    """Positives, too: 0 goes, and takes three negatives' room with it."""
    boxes = _apart(9)
    boxes[1] = boxes[0] + 0.001  # overlap above 0.99
    losses = [1.0, 2.0, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0]
    is_positive = [True, True] + [False] * 7
    self.assertEqual([1, 2, 3, 4], _mine(boxes, losses, is_positive))
    boxes[1] = boxes[0] + 0.01  # overlap 0.96
    self.assertEqual(list(range(8)), _mine(boxes, losses, is_positive))

  def test_a_negative_may_drop_a_positive(self):
    boxes = _apart(3)
    boxes[1] = boxes[0]
    self.assertEqual([1, 2], _mine(boxes, [1.0, 5.0, 3.0], [True, False, True]))

  def test_images_are_apart(self):
    boxes = tf.constant(np.stack([_apart(5)] * 2))
    losses = tf.constant([[1.0, 2.0, 3.0, 4.0, 5.0], [5.0, 4.0, 3.0, 2.0, 1.0]])
    chosen = hard_example_miner.mine(boxes, losses, tf.fill([2, 5], False))
    self.assertAllEqual([[0, 0, 1, 1, 1], [1, 1, 1, 0, 0]], chosen)


if __name__ == '__main__':
  tf.test.main()
