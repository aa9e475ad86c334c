"""Results in COCO's format have the numbers that COCO gave the classes."""

import json
import os
import tempfile

import tensorflow as tf

from checkpoints import run_info
from tests.helpers import annotated_folders
from tests.helpers import checkpoints as checkpoint_testing
from tests.helpers import detection
from tests.helpers import networks as testing
from tests.helpers import programs as program_testing
from tests.helpers import soak

_SIZE = 65


@soak.slow
class CategoryIdsTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enterContext(tempfile.TemporaryDirectory())
    self.images = self.path('coco/train2017')
    annotated_folders.write_coco(self.path('coco'), 'train2017')

  def path(self, name):
    return os.path.join(self.folder, name)

  def run_one(self, program, *arguments):
    (result,) = program_testing.run(program, arguments)
    self.assertEqual(0, result.status, result.stderr)
    return result.stdout

  def results(self, name):
    with open(self.path(name), encoding='utf-8') as file:
      return json.load(file)

  def test_a_detector_keeps_those_of_its_data_set(self):
    """4, 9 and 90 of the three classes; 3, 17, 18 and 139 of the images."""
    self.run_one(
      'train_object_detector',
      '--model_name=ssdlite_mobilenet_v2_035',
      '--dataset_name=coco',
      f'--dataset_dir={self.path("coco")}',
      f'--train_dir={self.path("run")}',
      f'--train_image_size={_SIZE - 1}',
      '--batch_size=2',
      '--max_number_of_steps=1',
    )
    printed = self.run_one(
      'detect_objects',
      f'--checkpoint_path={self.path("run")}',
      f'--output_dir={self.path("found")}',
      '--min_score=0',
      self.images,
    )
    ids = dict(zip(annotated_folders.NAMES, annotated_folders.CATEGORY_IDS))
    names = detection.printed_names(printed)
    found = self.results('found/detections.json')
    self.assertEqual(
      [ids[name] for name in names],
      [one['category_id'] for one in detection.surest(found)],
    )
    self.assertGreater(len(found), 100)
    self.assertLen({one['category_id'] for one in found}, 3)
    self.assertEqual(
      set(annotated_folders.IMAGE_IDS), {one['image_id'] for one in found}
    )

  def test_a_segmenter_that_has_some(self):
    network = 'deeplab_v3_mobilenet_v2'
    model = testing.RuledModel(network, 4, 'fast', depth_multiplier=0.1)
    model(tf.zeros([1, _SIZE, _SIZE, 3]))
    checkpoint_testing.save(model.variables_by_name, self.path('run'))
    run_info.write_run_info(
      self.path('run'),
      {
        'model_name': network,
        'depth_multiplier': 0.1,
        'image_size': _SIZE,
        'category_ids': [0, *annotated_folders.CATEGORY_IDS],
      },
    )
    self.run_one(
      'segment_image',
      f'--checkpoint_path={self.path("run")}',
      f'--output_dir={self.path("masks")}',
      self.images,
    )
    found = {one['category_id'] for one in self.results('masks/masks.json')}
    self.assertNotEmpty(found)
    self.assertContainsSubset(found, annotated_folders.CATEGORY_IDS)


if __name__ == '__main__':
  tf.test.main()
