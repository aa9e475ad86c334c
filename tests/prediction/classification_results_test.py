"""Results as text and as CSV, which the csv module reads back."""

import csv

from absl.testing import absltest

from prediction import classification_results
from prediction.classification_results import Result
from tasks.classification import Prediction

_RESULTS = (
  Result(
    'a, b.jpg',
    None,
    (Prediction(3, 'a "name", with all', 0.75), Prediction(10, None, 1.25e-7)),
  ),
  Result('bad.jpg', 'bad.jpg: the file is empty'),
)


class ResultsTest(absltest.TestCase):
  def test_csv(self):
    text = classification_results.to_csv(_RESULTS)
    rows = list(csv.DictReader(text.splitlines()))
    self.assertEqual(
      [
        ('a, b.jpg', '1', '3', 'a "name", with all', '0.75', ''),
        ('a, b.jpg', '2', '10', '', '1.25e-07', ''),
        ('bad.jpg', '', '', '', '', 'bad.jpg: the file is empty'),
      ],
      [tuple(row.values()) for row in rows],
    )
    self.assertEqual(
      ['file', 'rank', 'label', 'name', 'probability', 'error'], list(rows[0])
    )

  def test_several_classes_are_a_block(self):
    self.assertEqual(
      'a, b.jpg\n     3  0.7500  a "name", with all\n    10  0.0000',
      classification_results.to_text(_RESULTS[0], 20),
    )

  def test_one_class_is_one_line(self):
    one = _RESULTS[0]._replace(predictions=_RESULTS[0].predictions[:1])
    self.assertEqual(
      'a, b.jpg        3  0.7500  a "name", with all',
      classification_results.to_text(one, 10),
    )
    long = one._replace(file='a' * 100)
    text = classification_results.to_text(long, 100)
    self.assertEqual('a' * 100 + '      3  0.7500', text)
    of_long_name = one._replace(
      predictions=[Prediction(3, 'of many words ' * 9, 0.75)]
    )
    text = classification_results.to_text(of_long_name, 10)
    self.assertStartsWith(text, 'a, b.jpg        3  0.7500  of many words of')
    self.assertLen(text, 80)

  def test_json(self):
    good, bad = (one.as_json() for one in _RESULTS)
    self.assertEqual(
      {'label': 3, 'name': 'a "name", with all', 'probability': 0.75},
      good['predictions'][0],
    )
    self.assertEqual(
      {'file': 'bad.jpg', 'error': 'bad.jpg: the file is empty'}, bad
    )


if __name__ == '__main__':
  absltest.main()
