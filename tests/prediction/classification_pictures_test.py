"""Pictures of a classification, pixel by pixel."""

from absl.testing import absltest
from matplotlib import colormaps
import numpy as np

from prediction import classification_pictures as pictures
from tasks.classification import Prediction
from tests.helpers import image_files

_BAR = np.array(pictures._BAR)
_PREDICTIONS = (Prediction(1, 'bee', 0.75), Prediction(0, 'ant', 0.0))


class DrawTest(absltest.TestCase):
  def test_a_line_for_each_class_below_the_image(self):
    image = image_files.noise(0, 300, 400)
    drawn = pictures.draw(image, _PREDICTIONS, ('bee', 'ant'))
    np.testing.assert_array_equal(image, drawn[:300])
    strip = drawn[300:]
    self.assertEqual(0, strip.shape[0] % 2)
    first, second = np.split(strip, 2)
    self.assertEqual(300, (first[0] == _BAR).all(-1).sum())
    self.assertFalse((second == _BAR).all(-1).any())
    # The name on the left, the probability on the right.
    for line in first, second:
      is_ink = (line == 255).all(-1)
      self.assertTrue(is_ink[:, :60].any())
      self.assertTrue(is_ink[:, -60:].any())
      self.assertFalse(is_ink[:, 150:250].any())

  def test_small_images_are_enlarged_and_long_names_cut(self):
    image = image_files.noise(0, 28, 28)
    drawn = pictures.draw(image, _PREDICTIONS[:1], ('a name ' * 40,))
    self.assertEqual(308, drawn.shape[1])
    np.testing.assert_array_equal(image, drawn[:308:11, ::11])

  def test_overlay_colours_its_window_where_it_is_hot(self):
    image = image_files.noise(0, 60, 80)
    heat = np.zeros([3, 3])
    window = (10, 20, 30, 40)
    self.assertIsNot(image, pictures.overlay(image, heat, window))
    np.testing.assert_array_equal(image, pictures.overlay(image, heat, window))
    hot = pictures.overlay(image, np.ones([3, 3]), window)
    outside = np.ones([60, 80], bool)
    outside[10:40, 20:60] = False
    np.testing.assert_array_equal(image[outside], hot[outside])
    color = 255 * np.array(colormaps['turbo'](1.0)[:3])
    np.testing.assert_allclose(
      0.35 * image[~outside] + 0.65 * color, hot[~outside], atol=0.51
    )

  def test_overlay_is_as_the_heat_map_lies(self):
    image = np.zeros([40, 40, 3], np.uint8)
    heat = np.zeros([4, 4])
    heat[0, 3] = 1.0
    changed = pictures.overlay(image, heat, (0, 0, 40, 40)).any(-1)
    self.assertTrue(changed[:10, 30:].all())
    self.assertFalse(changed[20:].any())
    self.assertFalse(changed[:, :20].any())


if __name__ == '__main__':
  absltest.main()
