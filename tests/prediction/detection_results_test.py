"""Objects as lines of text."""

from absl.testing import absltest

from prediction import detection_results


def _lines(scores, min_score):
  objects = [{'score': score, 'bbox': [1, 20.4, 3, 400]} for score in scores]
  names = [f'class {number}' for number in range(len(scores))]
  return detection_results.to_lines(objects, names, min_score)


class ResultsTest(absltest.TestCase):
  def test_lines_by_hand(self):
    self.assertEqual(
      [
        '  0.9000      1     20      3    400  class 0',
        '  0.3000      1     20      3    400  class 1',
      ],
      _lines([0.9, 0.3, 0.29], 0.3),
    )
    self.assertEmpty(_lines([0.2], 0.3))
    self.assertEmpty(_lines([], 0.3))

  def test_lines_fit_a_terminal(self):
    one = {'score': 0.5, 'bbox': [0, 0, 1, 1]}
    (line,) = detection_results.to_lines([one], ['long ' * 20], 0.3)
    self.assertLen(line, 80)

  def test_of_many_the_surest(self):
    scores = [0.9] + [0.4] * 99
    self.assertLen(_lines(scores[:20], 0.3), 20)
    lines = _lines(scores, 0.3)
    self.assertLen(lines, 21)
    self.assertStartsWith(lines[0], '  0.9000')
    self.assertEqual('  and 80 more; --json or --min_score=0.5', lines[-1])
    self.assertEqual('  and 1 more; --json', _lines([0.9] * 21, 0.5)[-1])


if __name__ == '__main__':
  absltest.main()
