"""Boxes, filled up for batches and cut again."""

from absl.testing import absltest
import numpy as np
import tensorflow as tf

from datasets import annotations


class AnnotationsTest(absltest.TestCase):
  def test_areas(self):
    """Of the object where it is said, otherwise of the box."""
    boxes = annotations.make_boxes(
      [(0, 0, 0.5, 0.5), (0.5, 0.25, 1, 0.75)], [3, 1], areas=[0.1, None]
    )
    np.testing.assert_allclose([0.1, 0.25], boxes.areas)
    boxes = annotations.make_boxes([(0, 0, 0.5, 0.5)], [3])
    np.testing.assert_allclose([0.25], boxes.areas)
    self.assertEqual((0,), annotations.make_boxes([], []).areas.shape)

  def test_filled_up_and_cut(self):
    boxes = annotations.make_boxes(
      [(0, 0, 0.5, 0.5), (0.5, 0.25, 1, 0.75)], [3, 1], [False, True]
    )
    for count in 2, 0:
      some = annotations.Boxes(*(part[:count] for part in boxes))
      targets = annotations.fill_up(some, 4, (30, 40), 5)
      spec = annotations.box_targets_spec(4)
      for part, of_spec in zip(targets, spec, strict=True):
        self.assertTrue(of_spec.is_compatible_with(tf.convert_to_tensor(part)))
      self.assertEqual((count, 5), (targets.count, targets.index))
      self.assertEqual([30, 40], targets.size.tolist())
      for part in targets[:4]:
        self.assertFalse(part[count:].any())
      for part, stored in zip(annotations.cut_filling(targets), some):
        np.testing.assert_array_equal(stored, part)
        self.assertEqual(stored.dtype, part.dtype)


if __name__ == '__main__':
  absltest.main()
