"""Random erasing: how often, how much, where, with what."""

from absl.testing import absltest
import numpy as np

from datasets import random_erasing

_HEIGHT, _WIDTH = 60, 90
_IMAGE = np.full([_HEIGHT, _WIDTH, 3], 77, np.uint8)


def _window(image):
  """Returns (top, left, rows, columns) of what is erased."""
  changed = (image != 77).any(axis=-1)
  rows = np.flatnonzero(changed.any(axis=1))
  columns = np.flatnonzero(changed.any(axis=0))
  return rows[0], columns[0], np.ptp(rows) + 1, np.ptp(columns) + 1


class EraseTest(absltest.TestCase):
  def test_probability(self):
    for probability in 0.0, 0.25, 1.0:
      erased = [
        (random_erasing.erase(_IMAGE, probability, [0, i]) != 77).any()
        for i in range(800)
      ]
      # Its standard deviation is at most 0.0153.
      self.assertAlmostEqual(probability, np.mean(erased), delta=0.06)
    self.assertTrue((_IMAGE == 77).all())

  def test_rectangles(self):
    windows = []
    for i in range(800):
      image = random_erasing.erase(_IMAGE, 1.0, [1, i])
      top, left, rows, columns = _window(image)
      windows.append((top, left, rows, columns))
      # All of it is noise: a pixel stays what it was once in 16.8 million.
      inside = image[top : top + rows, left : left + columns]
      self.assertLess(np.mean(inside == 77), 0.05)
    top, left, rows, columns = np.array(windows).T
    area = rows * columns / (_HEIGHT * _WIDTH)
    self.assertBetween(area.min(), 0.015, 0.04)
    self.assertBetween(area.max(), 0.31, 0.345)
    self.assertAlmostEqual((0.02 + 1 / 3) / 2, area.mean(), delta=0.02)
    # As often twice as wide as high as the reverse; at most 10 to 3.
    aspect = np.log(columns / rows)
    self.assertAlmostEqual(0, aspect.mean(), delta=0.1)
    self.assertLess(np.abs(aspect).max(), np.log(10 / 3) + 0.15)
    for begin, size, whole in (top, rows, _HEIGHT), (left, columns, _WIDTH):
      place = begin / np.maximum(whole - size, 1)
      self.assertEqual((0.0, 1.0), (place.min(), place.max()))
      self.assertAlmostEqual(0.5, place.mean(), delta=0.06)

  def test_noise_has_all_values(self):
    values = np.concatenate(
      [
        image[image != 77]
        for image in (random_erasing.erase(_IMAGE, 1, [2, i]) for i in range(9))
      ]
    )
    self.assertLen(np.unique(values), 255)
    self.assertAlmostEqual(127.5, values.mean(), delta=3)


if __name__ == '__main__':
  absltest.main()
