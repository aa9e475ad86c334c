"""COCO's files, written as the set is downloaded."""

import copy
import json
import os
import tempfile

from absl.testing import absltest
from absl.testing import parameterized
import numpy as np

from base.errors import InputError
from datasets import coco

# Numbers of images and categories have gaps, as COCO's have.
_CONTENT = {
  'info': {'year': 2017},
  'images': [
    {'id': 139, 'file_name': '000000000139.jpg', 'height': 50, 'width': 100},
    {'id': 85, 'file_name': '000000000085.jpg', 'height': 40, 'width': 80},
  ],
  'annotations': [
    {
      'id': 1,
      'image_id': 139,
      'category_id': 90,
      'bbox': [10, 5, 20.5, 30],
      'area': 400.5,
      'iscrowd': 0,
    },
    {
      'id': 2,
      'image_id': 139,
      'category_id': 3,
      'bbox': [0, 0, 100.4, 50],
      'iscrowd': 1,
    },
  ],
  'categories': [
    {'id': 90, 'name': 'toothbrush', 'supercategory': 'indoor'},
    {'id': 3, 'name': 'car', 'supercategory': 'vehicle'},
  ],
}


class CocoTest(parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enter_context(tempfile.TemporaryDirectory())
    for name in ('annotations', 'val2017'):
      os.makedirs(os.path.join(self.folder, name))

  def write(self, text, name='instances_val2017.json'):
    path = os.path.join(self.folder, 'annotations', name)
    with open(path, 'w', encoding='utf-8') as file:
      file.write(text if isinstance(text, str) else json.dumps(text))

  def test_boxes_by_hand(self):
    self.write(_CONTENT)
    split = coco.load(self.folder, 'validation')
    self.assertEqual([85, 139], split.image_ids)
    self.assertEqual(('car', 'toothbrush'), split.label_names)
    self.assertEqual((3, 90), split.category_ids)
    empty, full = split.images
    self.assertEqual((0, 4), empty.boxes.corners.shape)
    self.assertEqual(
      os.path.join(self.folder, 'val2017', '000000000139.jpg'), full.path
    )
    np.testing.assert_allclose(
      [[0.1, 0.1, 0.7, 0.305], [0, 0, 1, 1]], full.boxes.corners, rtol=1e-6
    )
    self.assertEqual([1, 0], full.boxes.labels.tolist())
    self.assertEqual([False, True], full.boxes.is_crowd.tolist())
    # Of the object where the file tells it, otherwise of the box.
    np.testing.assert_allclose([400.5 / 5000, 1], full.boxes.areas, rtol=1e-6)
    self.assertEqual([(40, 80), (50, 100)], [one.size for one in split.images])

  @parameterized.parameters(
    ({'image_id': 7}, 'annotation 1: there is no image 7'),
    ({'category_id': 1}, 'annotation 1: there is no category 1'),
    ({'bbox': [90, 5, 20, 30]}, 'annotation 1: the box .* outside'),
    ({'bbox': [10, 5, float('nan'), 30]}, 'annotation 1: the box .* outside'),
    ({'bbox': [10, 5, 20]}, 'not of COCO.s format'),
    ({'bbox': None}, 'not of COCO.s format'),
    ({'area': -1}, 'annotation 1: the area -1 is not at least 0'),
    ({'area': float('nan')}, 'annotation 1: the area nan is not'),
  )
  def test_wrong_annotation(self, change, message):
    content = copy.deepcopy(_CONTENT)
    content['annotations'][0].update(change)
    self.write(content)
    with self.assertRaisesRegex(InputError, message):
      coco.load(self.folder, 'validation')

  @parameterized.parameters(
    ([10, 5, 0, 30],), ([10, 5, 20, -1],), ([200, 5, 0, 0],)
  )
  def test_boxes_without_area_are_skipped(self, bbox):
    content = copy.deepcopy(_CONTENT)
    content['annotations'][0]['bbox'] = bbox
    content['annotations'].append({**content['annotations'][0], 'id': 3})
    self.write(content)
    with self.assertLogs(level='WARNING') as logs:
      split = coco.load(self.folder, 'validation')
    self.assertRegex(logs.output[0], 'skipping 2 annotations .* first is 1$')
    self.assertLen(logs.output, 1)
    self.assertEqual([0], split.images[1].boxes.labels.tolist())

  def test_image_without_pixels(self):
    content = copy.deepcopy(_CONTENT)
    content['images'][0]['width'] = 0
    self.write(content)
    with self.assertRaisesRegex(InputError, 'format.*50 x 0 pixels'):
      coco.load(self.folder, 'val')
    content['images'][0]['width'] = float('inf')
    self.write(content)
    with self.assertRaisesRegex(InputError, 'format.*infinity'):
      coco.load(self.folder, 'val')

  def test_two_categories_of_one_name(self):
    content = copy.deepcopy(_CONTENT)
    content['categories'][0]['name'] = 'car'
    self.write(content)
    with self.assertRaisesRegex(InputError, "2 classes are called 'car'"):
      coco.load(self.folder, 'val')

  @parameterized.parameters(
    ('{', 'not JSON'), ('[]', 'not of COCO.s format'), ('{}', 'categories')
  )
  def test_wrong_file(self, text, message):
    self.write(text)
    with self.assertRaisesRegex(InputError, message):
      coco.load(self.folder, 'validation')

  def test_missing_and_doubtful(self):
    with self.assertRaisesRegex(InputError, r'no annotations/instances_train'):
      coco.load(self.folder, 'train')
    self.write(_CONTENT)
    with self.assertRaisesRegex(InputError, r'no annotations/instances_test'):
      coco.load(self.folder, 'test')
    self.write(_CONTENT, 'instances_val2014.json')
    with self.assertRaisesRegex(InputError, 'several files'):
      coco.load(self.folder, 'validation')
    self.write(_CONTENT, 'instances_train2017.json')
    with self.assertRaisesRegex(InputError, 'no folder train2017'):
      coco.load(self.folder, 'train')


if __name__ == '__main__':
  absltest.main()
