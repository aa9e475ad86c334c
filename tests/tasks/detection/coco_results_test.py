"""COCO's result format, by hand and as its own code reads it."""

import contextlib
import io
import json
import os
import tempfile

import numpy as np
from pycocotools.coco import COCO
import tensorflow as tf

from tasks.detection import coco_results
from tests.helpers import detection

SIZE = (40, 80)
# In pixels: top, left, bottom, right.
FOUND = [((4, 8, 20, 72), 1, 0.75), ((0, 0.5, 40, 80), 0, 0.5)]


def _of_first_image():
  batch = detection.detections([(SIZE, FOUND)])
  return tf.nest.map_structure(lambda values: values[0], batch)


class CocoResultsTest(tf.test.TestCase):
  def test_by_hand(self):
    found = coco_results.to_json(_of_first_image(), 17, SIZE, [3, 44])
    self.assertEqual(
      [
        {
          'image_id': 17,
          'category_id': 44,
          'bbox': [8.0, 4.0, 64.0, 16.0],
          'score': 0.75,
        },
        {
          'image_id': 17,
          'category_id': 3,
          'bbox': [0.5, 0.0, 79.5, 40.0],
          'score': 0.5,
        },
      ],
      found,
    )

  def test_cocos_code_reads_it(self):
    folder = self.enterContext(tempfile.TemporaryDirectory())
    truth = os.path.join(folder, 'truth.json')
    with open(truth, 'w', encoding='utf-8') as file:
      json.dump(
        {
          'images': [{'id': 17}, {'id': 18}],
          'categories': [{'id': 3}, {'id': 44}],
          'annotations': [],
        },
        file,
      )
    found = os.path.join(folder, 'found.json')
    with open(found, 'w', encoding='utf-8') as file:
      json.dump(
        coco_results.to_json(_of_first_image(), 17, SIZE, [3, 44]), file
      )
    with contextlib.redirect_stdout(io.StringIO()):
      results = COCO(truth).loadRes(found)
    read = results.loadAnns(results.getAnnIds(imgIds=[17], catIds=[44]))
    self.assertLen(read, 1)
    self.assertEqual([8.0, 4.0, 64.0, 16.0], read[0]['bbox'])
    self.assertEqual(64 * 16, read[0]['area'])
    self.assertEmpty(results.getAnnIds(imgIds=[18]))

  def test_nothing_found(self):
    batch = detection.detections([(SIZE, [])])
    nothing = tf.nest.map_structure(lambda values: values[0], batch)
    self.assertEqual([], coco_results.to_json(nothing, 1, SIZE, [3, 44]))

  def test_pixels_are_whole_again(self):
    """Parts of an image in float32 are off by their last bits."""
    corners = np.float32([[123.45 / 479, 67.89 / 641, 1, 1]])
    self.assertEqual(
      [[67.89, 123.45, 573.11, 355.55]],
      coco_results.to_pixels(corners, (479, 641)),
    )


if __name__ == '__main__':
  tf.test.main()
