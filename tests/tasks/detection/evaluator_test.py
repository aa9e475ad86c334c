"""COCO's numbers against pycocotools on files, and by hand."""

import contextlib
import io
import json
import os
import tempfile

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
import tensorflow as tf

from tasks.detection import evaluator
from tests.helpers import detection

NAMES = ('ant', 'bee', 'cat', 'dog')
CATEGORY_IDS = (3, 7, 20, 44)
SIZE = (100, 200)
SMALL = (10, 10, 30, 30)
MEDIUM = (10, 50, 60, 120)
LARGE = (0, 0, 98, 198)


def _evaluate(found, there, batch_size=2):
  """Returns DetectionEvaluator's result; see tests.helpers.detection."""
  tested = evaluator.DetectionEvaluator(lambda outputs: outputs, 4, NAMES)
  for start in range(0, len(found), batch_size):
    batch = slice(start, start + batch_size)
    tested.add(
      detection.detections(found[batch]), detection.box_targets(there[batch])
    )
  return tested.result()


def _random_images(number):
  """Returns (found, there): objects found roughly, missed, invented, twice."""
  rng = np.random.default_rng(1)
  found, there = [], []
  for _ in range(number):
    size = tuple(int(side) for side in rng.integers(60, 300, 2))
    objects, seen = [], []
    for _ in range(rng.integers(0, 6)):
      corners = _random_box(rng, size)
      label, is_crowd = int(rng.integers(3)), bool(rng.random() < 0.2)
      area = float(np.round(rng.uniform(0.3, 1) * _area(corners), 2))
      objects.append((corners, label, is_crowd, area))
      for _ in range(rng.choice([0, 1, 1, 2])):
        moved = np.round(corners + rng.normal(0, 3, 4), 2)
        moved = np.clip(moved, 0, [*size, *size])
        if moved[0] < moved[2] and moved[1] < moved[3]:
          guess = label if rng.random() < 0.8 else int(rng.integers(4))
          seen.append((moved, guess, _score(rng)))
    if rng.random() < 0.5:
      seen.append((_random_box(rng, size), int(rng.integers(4)), _score(rng)))
    found.append((size, seen))
    there.append((size, objects))
  return found, there


def _random_box(rng, size):
  high, wide = (rng.uniform(0.05, 0.9) * side for side in size)
  top, left = rng.uniform(0, size[0] - high), rng.uniform(0, size[1] - wide)
  return np.round([top, left, top + high, left + wide], 2)


def _score(rng):
  return float(np.float32(rng.uniform(0.05, 1)))


def _area(corners):
  return (corners[2] - corners[0]) * (corners[3] - corners[1])


def _bbox(corners):
  top, left, bottom, right = map(float, corners)
  return [left, top, round(right - left, 2), round(bottom - top, 2)]


def _of_files(folder, found, there):
  """Returns (stats, precision) by pycocotools, of two files of COCO's."""
  truth = {
    'images': [
      {'id': number, 'height': height, 'width': width}
      for number, ((height, width), _) in enumerate(there, 1000)
    ],
    'categories': [
      {'id': number, 'name': name} for number, name in zip(CATEGORY_IDS, NAMES)
    ],
    'annotations': [
      {
        'image_id': number,
        'category_id': CATEGORY_IDS[label],
        'bbox': _bbox(corners),
        'area': area,
        'iscrowd': int(is_crowd),
      }
      for number, (_, objects) in enumerate(there, 1000)
      for corners, label, is_crowd, area in objects
    ],
  }
  for number, annotation in enumerate(truth['annotations'], 1):
    annotation['id'] = number
  results = [
    {
      'image_id': number,
      'category_id': CATEGORY_IDS[label],
      'bbox': _bbox(corners),
      'score': score,
    }
    for number, (_, seen) in enumerate(found, 1000)
    for corners, label, score in seen
  ]
  paths = [os.path.join(folder, name) for name in ('truth', 'results')]
  for path, content in zip(paths, (truth, results)):
    with open(path, 'w', encoding='utf-8') as file:
      json.dump(content, file)
  with contextlib.redirect_stdout(io.StringIO()):
    coco = COCO(paths[0])
    evaluation = COCOeval(coco, coco.loadRes(paths[1]), 'bbox')
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
  return evaluation.stats, evaluation.eval['precision']


class EvaluatorTest(tf.test.TestCase):
  def test_against_cocos_files(self):
    found, there = _random_images(60)
    crowds = sum(one[2] for _, objects in there for one in objects)
    self.assertGreater(crowds, 10)
    stats, precision = _of_files(
      self.enterContext(tempfile.TemporaryDirectory()), found, there
    )
    stdout = io.StringIO()
    with contextlib.redirect_stdout(stdout):
      metrics = _evaluate(found, there, batch_size=7)
    self.assertEmpty(stdout.getvalue())
    self.assertBetween(stats[0], 0.2, 0.8)
    for name, value in zip(
      (
        *('mAP', 'mAP_50', 'mAP_75', 'mAP_small', 'mAP_medium', 'mAP_large'),
        *('AR_1', 'AR_10', 'AR_100', 'AR_small', 'AR_medium', 'AR_large'),
      ),
      stats,
      strict=True,
    ):
      self.assertAlmostEqual(value, metrics[name], msg=name)
    for label, name in enumerate(NAMES[:3]):
      self.assertAlmostEqual(
        precision[:, :, label, 0, 2].mean(), metrics[f'AP_{name}'], msg=name
      )
    self.assertNotIn('AP_dog', metrics)  # there is none
    self.assertBetween(metrics['AP50_voc'], metrics['mAP'], 1)

  def test_by_hand(self):
    """One of two found, 40 / 50 of it: right up to an overlap of 0.8.

    Seven of ten overlaps; precision is 1 up to recall 1/2, which is 51 of 101
    recalls.
    """
    found = [(SIZE, [((10, 10, 50, 20), 0, 0.9)])]
    there = [
      (
        SIZE,
        [
          ((10, 10, 60, 20), 0, False, None),
          ((10, 100, 60, 120), 0, False, None),
        ],
      )
    ]
    metrics = _evaluate(found, there)
    part = 51 / 101
    for name, expected in (
      ('mAP', 0.7 * part),
      ('mAP_50', part),
      ('mAP_75', part),
      ('mAP_small', 0.7 * part),
      ('AR_100', 0.7 * 0.5),
      ('AP_ant', 0.7 * part),
      ('AP50_voc', 0.5),
    ):
      self.assertAlmostEqual(expected, metrics[name], msg=name)
    for name in ('mAP_medium', 'mAP_large', 'AR_large', 'AP_bee'):
      self.assertNotIn(name, metrics)

  def test_sizes_are_of_the_original_image_and_by_area(self):
    """A large box of a small object is small: COCO's area is its mask's."""
    there = [
      (
        SIZE,
        [
          (SMALL, 0, False, None),
          (MEDIUM, 1, False, None),
          (LARGE, 2, False, 1024.0),
        ],
      )
    ]
    found = [(SIZE, [(LARGE, 2, 0.9)])]
    metrics = _evaluate(found, there)
    # Of 1024 pixels, which counts as both.
    self.assertAlmostEqual((0 + 1) / 2, metrics['mAP_small'])
    self.assertAlmostEqual((0 + 1) / 2, metrics['mAP_medium'])
    self.assertNotIn('mAP_large', metrics)

  def test_crowds(self):
    """Any number of detections within a crowd is neither right nor wrong."""
    there = [(SIZE, [(SMALL, 0, False, None), (LARGE, 0, True, None)])]
    found = [
      (SIZE, [(SMALL, 0, 0.5), (MEDIUM, 0, 0.9), ((70, 10, 90, 40), 0, 0.8)])
    ]
    self.assertAlmostEqual(1.0, _evaluate(found, there)['mAP'])
    there[0][1][1] = (LARGE, 0, False, None)
    self.assertLess(_evaluate(found, there)['mAP'], 0.5)

  def test_nothing(self):
    nothing, there = [(SIZE, [])], [(SIZE, [(SMALL, 1, False, None)])]
    found = [(SIZE, [(SMALL, 1, 0.9)])]
    for outputs, targets in (
      ([], []),
      (nothing, nothing),
      (nothing, there),
      (found, nothing),
    ):
      metrics = _evaluate(outputs, targets)
      for name in ('mAP', 'mAP_50', 'AR_100', 'AP50_voc'):
        self.assertEqual(0.0, metrics[name])
      self.assertEqual(targets is there, 'mAP_small' in metrics)
      self.assertEqual(targets is there, 'AP_bee' in metrics)

  def test_without_names(self):
    tested = evaluator.DetectionEvaluator(lambda outputs: outputs, 2)
    tested.add(
      detection.detections([(SIZE, [(SMALL, 1, 0.9)])]),
      detection.box_targets([(SIZE, [(SMALL, 1, False, None)])]),
    )
    self.assertAlmostEqual(1.0, tested.result()['AP_1'])


if __name__ == '__main__':
  tf.test.main()
