"""Boxes on images, pixel by pixel."""

from absl.testing import absltest
from absl.testing import parameterized
import numpy as np

from tasks.detection import drawing

NAMES = ('ant', 'bee', 'a cat with quite a long name')


def _gray(height, width):
  return np.full([height, width, 3], 128, np.uint8)


def _of_color(image, label):
  """Returns whether a pixel is of a class's colour, [height, width]."""
  return (image == drawing.color(label)).all(-1)


def _extent(mask):
  """Returns top, left, bottom, right of what is true, all of it included."""
  rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
  return rows[0], columns[0], rows[-1], columns[-1]


class DrawingTest(parameterized.TestCase):
  @parameterized.parameters((100, 1), (600, 3), (4000, 8))
  def test_a_box(self, side, line):
    image = _gray(side, 2 * side)
    drawn = drawing.draw(image, np.array([[0.5, 0.25, 0.75, 0.5]]), [1])
    self.assertEqual((np.uint8, image.shape), (drawn.dtype, drawn.shape))
    self.assertTrue((image == 128).all())
    mask = _of_color(drawn, 1)
    box = mask[side // 2 : 3 * side // 4, side // 2 : side]
    self.assertTrue(box[:line].all() and box[-line:].all())
    self.assertTrue(box[:, :line].all() and box[:, -line:].all())
    inner = drawn[side // 2 + line : 3 * side // 4 - line]
    self.assertTrue((inner[:, side // 2 + line : side - line] == 128).all())
    # All else is the text, right above.
    changed = (drawn != 128).any(-1)
    changed[side // 2 : 3 * side // 4, side // 2 : side] = False
    _, left, bottom, _ = _extent(changed)
    self.assertEqual((side // 2, side // 2 - 1), (left, bottom))

  def test_text_lies_within_the_image(self):
    """As much of it in each corner as in the middle."""
    expected = None
    for top, left in ((0.4, 0.4), (0, 0), (0, 0.9), (0.9, 0), (0.9, 0.9)):
      box = np.array([[top, left, top + 0.1, left + 0.1]])
      drawn = drawing.draw(_gray(300, 300), box, [1], [0.5], NAMES)
      changed = (drawn != 128).any(-1)
      y, x = round(300 * top), round(300 * left)
      changed[y : y + 30, x : x + 30] = False
      extent = _extent(changed)
      size = extent[2] - extent[0], extent[3] - extent[1]
      expected = expected or size
      self.assertEqual(expected, size)

  def test_long_names_are_cut(self):
    box = np.array([[0.5, 0.1, 0.9, 0.9]])
    drawn = drawing.draw(_gray(64, 64), box, [2], [0.5], NAMES)
    _, left, _, right = _extent((drawn[:32] != 128).any(-1))
    self.assertLess(right - left, 64)
    self.assertGreater(right - left, 48)

  def test_texts_do_not_hide_each_other(self):
    """Of two boxes in one place the second has its text below."""
    box = [0.4, 0.3, 0.7, 0.6]
    drawn = drawing.draw(_gray(200, 200), np.array([box, box]), [0, 1])
    above, below = drawn[:80], drawn[140:]
    self.assertTrue(_of_color(above, 0).any() and _of_color(below, 1).any())
    self.assertFalse(_of_color(above, 1).any() or _of_color(below, 0).any())
    # The first box is drawn over the second.
    self.assertTrue(_of_color(drawn, 0)[80, 60:120].all())

  def test_text_says_name_and_score(self):
    box = np.array([[0.5, 0.1, 0.9, 0.9]])

    def draw(*arguments):
      return drawing.draw(_gray(200, 200), box, [0], *arguments)

    seen = [draw(), draw([0.5]), draw([0.6]), draw(None, NAMES)]
    for number, one in enumerate(seen):
      for other in seen[:number]:
        self.assertTrue((one != other).any())
    np.testing.assert_array_equal(
      draw([0.5], NAMES), draw(None, ['ant 0.50', 'bee'])
    )

  def test_nothing_to_draw_and_less_than_a_pixel(self):
    image = _gray(40, 40)
    nothing = drawing.draw(image, np.zeros([0, 4]), [])
    np.testing.assert_array_equal(image, nothing)
    tiny = np.array([[0.9999, 0.9999, 1, 1], [0.5, 0.5, 0.5, 0.5]])
    drawn = drawing.draw(image, tiny, [0, 1])
    self.assertTrue(_of_color(drawn, 0)[39, 39])

  def test_colors_are_distinct(self):
    """Those of 20 classes by far, those of COCO's 80 at all."""
    colors = np.array([drawing.color(label) for label in range(80)])
    apart = np.linalg.norm(colors[:, np.newaxis] - colors, axis=-1)
    np.fill_diagonal(apart, np.inf)
    self.assertGreater(apart[:10, :10].min(), 50)
    self.assertGreater(apart[:20, :20].min(), 35)
    self.assertGreater(apart.min(), 5)


if __name__ == '__main__':
  absltest.main()
