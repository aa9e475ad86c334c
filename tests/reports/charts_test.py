"""Charts by their pixels: what is longer, darker, or named is so."""

import io

import numpy as np
from PIL import Image
import tensorflow as tf

from reports import charts
from reports import contact_sheet
from tasks.details import Bars
from tasks.details import Curves
from tasks.details import Matrix
from tasks.details import Reliability

_RED, _GREEN = (255, 0, 0), (0, 255, 0)


def _pixels(png):
  return np.asarray(Image.open(io.BytesIO(png)).convert('RGB'))


def _draw(chart):
  return _pixels(charts.draw(chart))


def _count(pixels, color):
  return int((pixels == color).all(axis=-1).sum())


class ChartsTest(tf.test.TestCase):
  def test_bars_are_as_long_as_their_values(self):
    picture = _draw(Bars(['a', 'b'], [0.8, 0.4], 'IoU', [_RED, _GREEN]))
    self.assertAllClose(
      2, _count(picture, _RED) / _count(picture, _GREEN), rtol=0.02
    )

  def test_of_many_bars_the_lowest(self):
    colors = [_RED] + [_GREEN] * 60
    names = list(map(str, range(61)))
    picture = _draw(Bars(names, [0.9] + [0.5] * 60, 'IoU', colors))
    self.assertEqual(0, _count(picture, _RED))
    self.assertGreater(_count(picture, _GREEN), 0)

  def test_matrix(self):
    """The largest count is the darkest cell, at its place."""
    counts = np.array([[1, 9], [2, 3]])
    picture = _draw(Matrix(['ant', 'bee'], counts)).astype(int)
    is_dark = picture.sum(-1) < 200
    is_dark &= picture[..., 2] > picture[..., 0] + 40  # blue, unlike letters
    rows, columns = np.nonzero(is_dark)
    height, width = is_dark.shape
    self.assertLess(rows.mean(), 0.5 * height)
    self.assertGreater(columns.mean(), 0.5 * width)

  def test_many_classes(self):
    """Two hundred are still one picture, of the same width."""
    counts = np.eye(200, dtype=int) * 5
    counts[3, 4] = 7
    names = [f'a class with a long name {number}' for number in range(200)]
    few = _draw(Matrix(names[:100], counts[:100, :100]))
    many = _draw(Matrix(names, counts))
    self.assertEqual(few.shape, many.shape)
    self.assertLess(many.shape[1], 800)

  def test_no_mistakes_of_many(self):
    picture = _draw(Matrix(list('x' * 30), np.eye(30, dtype=int)))
    self.assertGreater(picture.std(), 0)

  def test_curves_are_named_where_they_are_few(self):
    x = np.linspace(0, 1, 5)

    def drawn(count):
      curves = {str(number): 1 - x * number / count for number in range(count)}
      return _draw(Curves('recall', 'precision', x, curves, 1 - x / 2))

    self.assertEqual(drawn(3).shape, drawn(30).shape)
    colored = [np.ptp(drawn(count), axis=-1).max() for count in (3, 30)]
    self.assertGreater(colored[0], 100)
    self.assertEqual(0, colored[1])  # all grey

  def test_reliability(self):
    bins = Reliability(
      np.array([0.2, 0.9]), np.array([0.1, 1.0]), np.array([1, 3])
    )
    self.assertGreater(_draw(bins).std(), 0)

  def test_the_same_bytes_again(self):
    chart = Bars(['a'], [0.5], 'IoU')
    self.assertEqual(charts.draw(chart), charts.draw(chart))

  def test_names_that_are_no_formulas(self):
    """Neither a $ nor letters that the font has not are an error."""
    for name in ('$a$b$', '$\\frac{$', '猫', 'x' * 300):
      picture = _draw(Bars([name], [0.5], 'IoU'))
      self.assertLess(picture.shape[1], 800)


class ContactSheetTest(tf.test.TestCase):
  def test_all_pictures_are_on_it(self):
    """Of the colours 40, 50 and so on, of either shape."""
    for shape in ((30, 30), (30, 60)):
      pictures = [
        (np.full([*shape, 3], [200, 10 * number, 0], np.uint8), str(number))
        for number in range(4, 11)
      ]
      sheet = _pixels(contact_sheet.draw(pictures))
      for picture, _ in pictures:
        self.assertGreater(_count(sheet, picture[0, 0]), 2000)


if __name__ == '__main__':
  tf.test.main()
