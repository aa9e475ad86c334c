"""Scenes: the same whenever asked, boxes tight around masks, scans apart."""

from absl.testing import absltest
from absl.testing import parameterized
import numpy as np

from datasets import digits_scenes


class DigitsScenesTest(parameterized.TestCase):
  @parameterized.parameters(True, False)
  def test_boxes_and_masks_agree(self, is_training):
    scans = digits_scenes.load(is_training)
    size = digits_scenes.SIZE
    seen = set()
    for index in range(40):
      scene = digits_scenes.make_scene(scans, index)
      self.assertEqual((size, size, 3), scene.image.shape)
      self.assertEqual(np.uint8, scene.image.dtype)
      self.assertBetween(len(scene.boxes.labels), 1, 6)
      left_over = scene.mask.copy()
      for corners, label in zip(
        scene.boxes.corners, scene.boxes.labels, strict=True
      ):
        top, left, bottom, right = np.int64(np.round(corners * size))
        inside = scene.mask[top:bottom, left:right]
        # Every side touches ink of this digit, and there is no other in it.
        self.assertEqual({label + 1}, set(inside.ravel()) - {0})
        for side in (inside[0], inside[-1], inside[:, 0], inside[:, -1]):
          self.assertIn(label + 1, side)
        left_over[top:bottom, left:right] = 0
        seen.add(int(label))
      self.assertFalse(left_over.any())  # All ink is in a box.
    self.assertEqual(set(range(10)), seen)

  def test_follows_from_split_and_number(self):
    training, held_out = map(digits_scenes.load, (True, False))
    first, again = (digits_scenes.make_scene(training, 7) for _ in range(2))
    np.testing.assert_array_equal(first.image, again.image)
    np.testing.assert_array_equal(first.mask, again.mask)
    for other in (
      digits_scenes.make_scene(training, 8),
      digits_scenes.make_scene(held_out, 7),
    ):
      self.assertGreater(np.mean(first.image != other.image), 0.9)

  def test_ink_differs_from_the_canvas(self):
    scene = digits_scenes.make_scene(digits_scenes.load(False), 0)
    ink, canvas = (
      scene.image[chosen].mean() for chosen in (scene.mask > 0, scene.mask == 0)
    )
    self.assertGreater(abs(ink - canvas), 40)


if __name__ == '__main__':
  absltest.main()
