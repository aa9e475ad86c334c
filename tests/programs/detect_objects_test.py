"""The program that draws and writes what a detector finds, end to end."""

import json
import os

import numpy as np
from PIL import Image
from pycocotools.coco import COCO
import tensorflow as tf

from tests.helpers import detectors
from tests.helpers import programs as program_testing
from tests.helpers import soak

_MIN_SCORE = 0.9
_DETECT = 'detect_objects'


@soak.slow
class DetectionTest(detectors.TestCase):
  def test_detection(self):
    bad = self.write('bad.jpg', b'no image')
    cases = self.bad_detection()
    labels = self.path('data/classes.txt')
    shown, plain, *failed = program_testing.run(
      _DETECT,
      (
        *self.as_published,
        f'--output_dir={self.path("shown")}',
        f'--labels_path={labels}',
        f'--min_score={_MIN_SCORE}',
        '--batch_size=3',
        *(self.paths[0], bad, *self.paths),
      ),
      (
        *self.as_published,
        f'--output_dir={self.path("plain")}',
        '--implementation=slim',
        '--json',
        self.path('data/images'),
      ),
      *(
        (*self.as_published, f'--output_dir={self.path("untouched")}', *flags)
        for flags, _ in cases
      ),
    )
    self.assertEqual(1, shown.status)
    self.assertEndsWith(
      shown.stderr,
      f'{_DETECT}.py: {bad}: not a JPEG, PNG, BMP, GIF, WebP or TIFF image, or '
      f'damaged at its start\n{_DETECT}.py: 1 of 5 images could not be read\n',
    )
    self.assertEqual(0, plain.status, plain.stderr)
    self.check_text(shown.stdout)
    self.check_json(plain)
    for path, array in zip(self.paths, self.arrays):
      name = os.path.basename(path)
      for folder in ('shown', 'plain'):
        picture = np.asarray(Image.open(self.path(f'{folder}/{name}')))
        self.assertEqual(array.shape, picture.shape)
        self.assertNotAllEqual(array, picture)
    program_testing.assert_all_fail(self, _DETECT, cases, failed)
    self.assertFalse(os.path.exists(self.path('untouched')))

  def check_text(self, stdout):
    """Once each image, and the objects of at least min_score."""
    images = stdout.split(self.folder + '/data')[1:]
    self.assertLen(images, len(self.paths))
    for number, lines in enumerate(image.splitlines() for image in images):
      name = f'{number + 1}.png'
      self.assertEqual(
        f'/images/val/{name} -> {self.path("shown/" + name)}', lines[0]
      )
      scores = self.detections.scores[number]
      scores = scores[scores >= _MIN_SCORE]
      self.assertGreater(len(scores), 5)
      if len(scores) > 20:
        self.assertEqual(f'  and {len(scores) - 20} more; --json', lines.pop())
        scores = scores[:20]
      objects = [line.split() for line in lines[1:]]
      self.assertAllClose(
        scores, [float(score) for score, *_ in objects], atol=2e-4
      )
      classes = self.detections.classes[number, : len(scores)]
      self.assertCountEqual(
        [detectors.NAMES[label] for label in classes],
        [one[-1] for one in objects],
      )

  def check_json(self, result):
    """The file is what is printed, and what the model computes."""
    path = self.path('plain/detections.json')
    with open(path, encoding='utf-8') as file:
      self.assertEqual(json.load(file), json.loads(result.stdout))
    coco = COCO()
    coco.dataset = {
      'images': [{'id': number} for number in range(1, 5)],
      'categories': [
        {'id': label + 1} for label in range(len(detectors.NAMES))
      ],
      'annotations': [],
    }
    coco.createIndex()
    found = coco.loadRes(path)
    for number, array in enumerate(self.arrays):
      of_image = found.imgToAnns[number + 1]
      self.assertLen(of_image, 100)
      self.assertEqual(
        {self.paths[number]}, {one['file_name'] for one in of_image}
      )
      values = [
        [one['category_id'], one['score'], *one['bbox']] for one in of_image
      ]
      for expected in self.expected_objects(number, array.shape[:2]):
        # Rounding errors decide the order where scores are almost the same.
        differences = np.abs(np.array(values) - expected).max(1)
        self.assertLess(differences.min(), 0.02)

  def expected_objects(self, number, size):
    """Yields [category_id, score, left, top, width, height] of the best."""
    height, width = size
    for rank in range(50):
      top, left, bottom, right = self.detections.boxes[number, rank]
      yield [
        self.detections.classes[number, rank] + 1,
        self.detections.scores[number, rank],
        *(left * width, top * height),
        *((right - left) * width, (bottom - top) * height),
      ]

  def bad_detection(self):
    image, folder = self.paths[0], self.path('published')
    two = self.write('two.txt', b'a\nb\n')
    export = self.write('export/model.json', b'{"format": "onnx"}')
    return (
      ((), 'name images, or folders of images'),
      ((folder,), '.*published: no images in this folder'),
      ((image, '--model_name=mobilenet_v2'), 'mobilenet_v2 is a classifier'),
      (
        (image, '--preprocessing_name=deeplab'),
        'preprocessing deeplab is for masks, not for boxes',
      ),
      ((image, f'--labels_path={two}'), '.*two.txt names 2 classes, .* has 3'),
      (
        (image, '--dataset_name=digits_scenes'),
        'digits_scenes names 10 classes, .* has 3',
      ),
      (
        (image, f'--output_dir={os.path.dirname(image)}'),
        '.*1.png: the picture of .*1.png would take the place of an image',
      ),
      ((image, '--min_score=2'), '.*min_score=2: 2.0 is not a number in'),
      (
        (image, f'--checkpoint_path={self.path("data")}'),
        '.*data has no checkpoint',
      ),
      (
        (
          *(image, f'--checkpoint_path={os.path.dirname(export)}'),
          '--score_threshold=0',
        ),
        '--score_threshold=0.0: .*/export is an export, which runs as it is',
      ),
    )


if __name__ == '__main__':
  tf.test.main()
