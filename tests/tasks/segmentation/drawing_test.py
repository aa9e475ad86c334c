"""VOC's colours, and masks in them."""

from absl.testing import absltest
import numpy as np

from tasks.segmentation import drawing


class DrawingTest(absltest.TestCase):
  def test_palette_as_published(self):
    """The colours of the devkit's documentation."""
    colors = [tuple(color) for color in drawing.palette().tolist()]
    self.assertLen(set(colors), 256)
    self.assertEqual((0, 0, 0), colors[0])
    self.assertEqual((128, 0, 0), colors[1])  # aeroplane
    self.assertEqual((192, 128, 128), colors[15])  # person
    self.assertEqual((0, 64, 128), colors[20])  # tvmonitor
    self.assertEqual((224, 224, 192), colors[255])  # void

  def test_background_stays_and_ignored_is_white(self):
    image = np.full([1, 2, 3], 50, np.uint8)
    drawn = drawing.draw(image, np.array([[0, 255]]))
    self.assertEqual([[50] * 3, [0.4 * 50 + 0.6 * 255] * 3], drawn[0].tolist())


if __name__ == '__main__':
  absltest.main()
