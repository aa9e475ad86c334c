"""A detector of COCO as published: a class for each number up to the largest.

Categories have numbers with gaps. COCO's own code, given its file of
annotations and what detect_objects.py writes, says what an evaluation is to
print.
"""

import contextlib
import io
import json
import os
import tempfile

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
import tensorflow as tf

from tests.helpers import checkpoints as checkpoint_testing
from tests.helpers import detection
from tests.helpers import image_files
from tests.helpers import networks as testing
from tests.helpers import programs as program_testing
from tests.helpers import soak

_NETWORK = 'ssdlite_mobilenet_v2_035'
_SIZE = 64
_NUM_CLASSES = 90
_IMAGE_IDS = (7, 139)
_RANKS = (1, 5, 9)  # of detections that are there


@soak.slow
class PublishedDetectorTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enterContext(tempfile.TemporaryDirectory())
    model = testing.RuledModel(_NETWORK, _NUM_CLASSES, 'fast')
    model(tf.zeros([1, _SIZE, _SIZE, 3]))
    # Without a model.json: the names alone say what is in it.
    path = checkpoint_testing.save(
      model.variables_by_name, os.path.join(self.folder, 'published')
    )
    self.as_published = (
      f'--checkpoint_path={path}',
      f'--model_name={_NETWORK}',
      f'--eval_image_size={_SIZE}',
      '--compute_dtype=float32',
      '--dataset_name=coco',
      f'--dataset_dir={self.folder}',
    )
    for image_id in _IMAGE_IDS:
      image_files.write(
        self.folder,
        f'val2017/{image_id:012d}.png',
        image_files.encode(image_files.noise(image_id, _SIZE, _SIZE)),
      )

  def detect(self, *flags):
    """Returns (what is printed, what is written)."""
    output = os.path.join(self.folder, 'found')
    (result,) = program_testing.run(
      'detect_objects',
      (
        *self.as_published,
        f'--output_dir={output}',
        *flags,
        os.path.join(self.folder, 'val2017'),
      ),
    )
    self.assertEqual(0, result.status, result.stderr)
    with open(
      os.path.join(output, 'detections.json'), encoding='utf-8'
    ) as file:
      return result.stdout, json.load(file)

  def write_annotations(self, objects):
    """Writes COCO's file; objects: [of detections.json]; returns its path."""
    numbers = {one['category_id'] for one in objects} | {_NUM_CLASSES}
    content = {
      'images': [
        {
          'id': image_id,
          'file_name': f'{image_id:012d}.png',
          'height': _SIZE,
          'width': _SIZE,
        }
        for image_id in _IMAGE_IDS
      ],
      'categories': [
        {'id': number, 'name': f'kind{number}'} for number in numbers
      ],
      'annotations': [
        {
          'id': number,
          'image_id': one['image_id'],
          'category_id': one['category_id'],
          'bbox': one['bbox'],
          'area': one['bbox'][2] * one['bbox'][3],
          'iscrowd': 0,
        }
        for number, one in enumerate(objects, 1)
      ],
    }
    return image_files.write(
      self.folder,
      'annotations/instances_val2017.json',
      json.dumps(content).encode(),
    )

  def test_evaluation_and_names(self):
    self.write_annotations([])
    _, found = self.detect()
    by_image = [
      [one for one in found if one['image_id'] == image_id]
      for image_id in _IMAGE_IDS
    ]
    objects = [of_image[rank] for of_image in by_image for rank in _RANKS]
    path = self.write_annotations(objects)
    numbers = {one['category_id'] for one in objects}
    self.assertNotEqual(set(range(1, len(numbers) + 1)), numbers)

    printed, _ = self.detect('--min_score=0')
    known = numbers | {_NUM_CLASSES}
    self.assertEqual(
      [
        f'kind{one["category_id"]}' if one['category_id'] in known else '?'
        for one in detection.surest(found)
      ],
      detection.printed_names(printed),
    )
    self.check_metrics(_coco_numbers(path, found), numbers)

  def check_metrics(self, expected, numbers):
    folder = os.path.join(self.folder, 'eval')
    (result,) = program_testing.run(
      'eval_object_detector',
      (*self.as_published, f'--eval_dir={folder}', '--implementation=fast'),
    )
    self.assertEqual(0, result.status, result.stderr)
    with open(
      os.path.join(folder, 'evaluation-model.ckpt-7.json'), encoding='utf-8'
    ) as file:
      metrics = json.load(file)['metrics']
    self.assertBetween(expected[0], 0.1, 0.99)
    self.assertAllClose(
      expected[:3],
      [metrics[name] for name in ('mAP', 'mAP_50', 'mAP_75')],
      atol=1e-3,
    )
    # Of the classes that exist on these images, and of no other.
    self.assertEqual(
      {f'AP_kind{number}' for number in numbers},
      {name for name in metrics if name.startswith('AP_')},
    )


def _coco_numbers(path, found):
  """Returns COCOeval's stats of a file of annotations and of results."""
  with contextlib.redirect_stdout(io.StringIO()):
    truth = COCO(path)
    evaluation = COCOeval(truth, truth.loadRes(found), 'bbox')
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
  return evaluation.stats


if __name__ == '__main__':
  tf.test.main()
