"""What a report tells of detections: COCO's numbers, and by hand."""

import numpy as np
import tensorflow as tf

from tasks.detection.evaluator import DetectionEvaluator
from tests.helpers import detection

_NAMES = ('ant', 'bee', 'cat')
_SIZE = (200, 200)
_SMALL = (0, 0, 20, 20)
_MEDIUM = (50, 0, 110, 60)
_LARGE = (60, 60, 180, 180)
_PART_OF_MEDIUM = (50, 0, 110, 37.5)  # overlap 0.625: three of COCO's ten
_ELSEWHERE = (180, 0, 199, 19)
_THERE = [
  (_SIZE, [(_SMALL, 0, False, None), (_LARGE, 0, False, None)]),
  (_SIZE, [(_MEDIUM, 1, False, None), (_LARGE, 0, True, None)]),
]
_FOUND = [
  (_SIZE, [(_SMALL, 0, 0.9), (_ELSEWHERE, 0, 0.8), (_LARGE, 0, 0.7)]),
  (_SIZE, [(_PART_OF_MEDIUM, 1, 0.6)]),
]


def _evaluator():
  evaluator = DetectionEvaluator(lambda outputs: outputs, 3, _NAMES)
  evaluator.add(detection.detections(_FOUND), detection.box_targets(_THERE))
  return evaluator


class DetailsTest(tf.test.TestCase):
  def test_headline_is_of_the_metrics(self):
    evaluator = _evaluator()
    metrics = evaluator.result()
    headline = evaluator.details().headline
    self.assertEqual(['mAP', 'mAP_50', 'mAP_75', 'AP50_voc'], list(headline))
    for name, value in headline.items():
      self.assertEqual(metrics[name], value)

  def test_precision_recall(self):
    """Of ants the first and third of three are right, of two in all.

    Precision is 1 up to recall 1/2, then 2/3. There is no cat.
    """
    curves = _evaluator().details().sections[0].chart
    self.assertEqual(['ant', 'bee'], list(curves.curves))
    self.assertAllClose(np.linspace(0, 1, 101), curves.x)
    ant = np.where(curves.x <= 0.5, 1.0, 2 / 3)
    self.assertAllClose(ant, curves.curves['ant'])
    self.assertAllClose(np.ones(101), curves.curves['bee'])
    self.assertAllClose((ant + 1) / 2, curves.mean)

  def test_by_class_and_size(self):
    evaluator = _evaluator()
    table = evaluator.details().sections[1].table
    ant, bee, cat, of_all = table.rows
    part = (51 + 50 * 2 / 3) / 101
    # Of small ants: what is elsewhere is small, too, and comes second.
    self.assertAllClose([part] * 3 + [1.0], ant[1:5])
    self.assertEqual(('ant', None, 2), (ant[0], ant[5], ant[7]))
    self.assertAllClose([0.3, 1.0, 0.0], bee[1:4])
    self.assertAllClose(0.3, bee[5])
    self.assertEqual(('cat', *[None] * 6, 0), cat)
    metrics = evaluator.result()
    self.assertAllClose(
      [
        metrics[f'mAP{kind}']
        for kind in ('', '_50', '_75', '_small', '_medium', '_large')
      ],
      of_all[1:7],
    )
    self.assertEqual(3, of_all[7])  # A crowd is none.

  def test_caption(self):
    self.assertEqual('2 found, 0 missed, 1 wrong', _evaluator().caption(0))

  def test_counts_what_is_added_after_a_result(self):
    evaluator = _evaluator()
    before = evaluator.result()['mAP']
    evaluator.add(
      detection.detections([(_SIZE, [])]), detection.box_targets(_THERE[:1])
    )
    self.assertLess(evaluator.result()['mAP'], before)

  def test_nothing(self):
    evaluator = DetectionEvaluator(lambda outputs: outputs, 3, _NAMES)
    evaluator.add(
      detection.detections([(_SIZE, [])]), detection.box_targets([(_SIZE, [])])
    )
    curves, by_class = evaluator.details().sections
    self.assertEmpty(curves.chart.curves)
    self.assertEqual(('all', *[None] * 6, 0), by_class.table.rows[-1])

  def test_finds_the_objects_of_a_batch_once(self):
    calls = []

    def predict(outputs):
      calls.append(outputs)
      return outputs

    evaluator = DetectionEvaluator(predict, 3, _NAMES)
    errors = evaluator.add(
      detection.detections(_FOUND), detection.box_targets(_THERE)
    )
    evaluator.details()
    self.assertLen(calls, 1)
    self.assertAllClose([1 / 3, 0.0], errors)


if __name__ == '__main__':
  tf.test.main()
