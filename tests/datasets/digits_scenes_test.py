"""Scenes: the same whenever asked, boxes tight around masks, scans apart."""

import os
import tempfile

from absl.testing import absltest
from absl.testing import parameterized
import numpy as np
from PIL import Image

from datasets import digits_scenes


class DigitsScenesTest(parameterized.TestCase):
  @parameterized.parameters(True, False)
  def test_boxes_and_masks_agree(self, is_training):
    scans = digits_scenes.load(is_training)
    size = digits_scenes.SIZE
    seen, counts = set(), []
    for index in range(40):
      scene = digits_scenes.make_scene(scans, index)
      self.assertEqual((size, size, 3), scene.image.shape)
      self.assertEqual(np.uint8, scene.image.dtype)
      counts.append(len(scene.boxes.labels))
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
    self.assertContainsSubset({2, 3, 4}, counts)
    self.assertBetween(min(counts), 2, 6)
    self.assertLessEqual(max(counts), digits_scenes.MOST_DIGITS)

  def test_crops_show_the_digit_they_are_labelled_by(self):
    """Its box lies in the crop, in the middle where the edge is far."""
    scans, crop = digits_scenes.load(False), digits_scenes.CROP
    far = 0
    for index in range(20):
      image, label = digits_scenes.make_crop(scans, index)
      self.assertEqual((crop, crop, 3), image.shape)
      scene = digits_scenes.make_scene(scans, index)
      windows = np.lib.stride_tricks.sliding_window_view(
        scene.image, image.shape
      )[..., 0, :, :, :]
      (top, left), *others = np.argwhere((windows == image).all((2, 3, 4)))
      self.assertEmpty(others)
      number = index % len(scene.boxes.labels)
      self.assertEqual(label, scene.boxes.labels[number])
      corners = scene.boxes.corners[number] * digits_scenes.SIZE
      begin, end = corners[:2] - [top, left], corners[2:] - [top, left]
      self.assertTrue((begin >= 0).all() and (end <= crop).all())
      if 0 < left < digits_scenes.SIZE - crop:
        far += 1
        self.assertAlmostEqual(begin[1], crop - end[1], delta=2)
    self.assertGreater(far, 3)

  def test_samples(self):
    with tempfile.TemporaryDirectory() as folder:
      digits_scenes.write_samples(folder, 2)
      self.assertEqual(['0.png', '1.png'], sorted(os.listdir(folder)))
      with Image.open(os.path.join(folder, '1.png')) as image:
        np.testing.assert_array_equal(
          digits_scenes.make_scene(digits_scenes.load(False), 1).image, image
        )

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
