"""The programs that evaluate detectors and use them, end to end.

A network at the goldens' rule detects in noise; the data set's truth is what
it detects on some images, so that its numbers are neither 0 nor 1.
"""

import functools
import json
import os
import tempfile

import numpy as np
from PIL import Image
from pycocotools.coco import COCO
import tensorflow as tf

from checkpoints import run_info
from datasets import preparation
from tasks.detection import task as detection_task
from tests.helpers import checkpoints as checkpoint_testing
from tests.helpers import detection
from tests.helpers import event_files
from tests.helpers import image_files
from tests.helpers import networks as testing
from tests.helpers import programs as program_testing

_NETWORK = 'ssdlite_mobilenet_v2_035'
_SIZE = 64
_NAMES = ('ant', 'bee', 'cat')
_MIN_SCORE = 0.9
_EVAL = 'eval_object_detector'
_DETECT = 'detect_objects'


@functools.cache
def _model():
  """Returns a network at the rule, which has its variables."""
  model = testing.RuledModel(_NETWORK, len(_NAMES), 'fast')
  model(tf.zeros([1, _SIZE, _SIZE, 3]))
  return model


class ProgramsTest(tf.test.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
    cls.task = detection_task.make_task(len(_NAMES), _SIZE, _NAMES)
    cls.arrays = [image_files.noise(seed, _SIZE, _SIZE) for seed in range(3)]
    cls.arrays.append(image_files.noise(3, 48, 80))
    cls.paths = [
      cls.write(f'data/images/val/{number}.png', image_files.encode(array))
      for number, array in enumerate(cls.arrays, 1)
    ]
    images = np.stack(
      [preparation.fit(array, _SIZE, 'ssd')[0] for array in cls.arrays]
    )
    cls.outputs = testing.run_eagerly(_model(), images)[0]
    cls.detections = tf.nest.map_structure(
      np.asarray, cls.task.predict(cls.outputs)
    )
    cls.write_truth()
    # As published: the names alone say what is in it.
    cls.published = checkpoint_testing.save(
      _model().variables_by_name, os.path.join(cls.folder, 'published')
    )
    cls.as_published = (
      f'--checkpoint_path={cls.published}',
      f'--model_name={_NETWORK}',
      f'--eval_image_size={_SIZE}',
      '--compute_dtype=float32',
    )

  @classmethod
  def write(cls, name, data):
    return image_files.write(cls.folder, name, data)

  @classmethod
  def path(cls, name):
    return os.path.join(cls.folder, name)

  @classmethod
  def true_ranks(cls, number):
    """Returns which detections of an image are there: each class's second."""
    classes = cls.detections.classes[number]
    return [np.flatnonzero(classes == label)[1] for label in range(len(_NAMES))]

  @classmethod
  def write_truth(cls):
    """Writes the labels of a yolo_folder."""
    cls.write('data/classes.txt', '\n'.join(_NAMES).encode())
    for number in range(len(cls.arrays)):
      lines = []
      for rank in cls.true_ranks(number):
        top, left, bottom, right = cls.detections.boxes[number, rank].tolist()
        label = cls.detections.classes[number, rank]
        lines.append(
          f'{label} {(left + right) / 2} {(top + bottom) / 2} {right - left} '
          f'{bottom - top}\n'
        )
      cls.write(f'data/labels/val/{number + 1}.txt', ''.join(lines).encode())

  def expected_metrics(self):
    targets = detection.box_targets(
      [
        (
          array.shape[:2],
          [
            (
              self.detections.boxes[number, rank] * (array.shape[:2] * 2),
              self.detections.classes[number, rank],
              False,
              None,
            )
            for rank in self.true_ranks(number)
          ],
        )
        for number, array in enumerate(self.arrays)
      ]
    )
    evaluator = self.task.make_evaluator()
    evaluator.add(self.outputs, targets)
    return evaluator.result()

  def test_evaluation(self):
    cases = self.bad_evaluation()
    data = ('--dataset_name=yolo_folder', f'--dataset_dir={self.path("data")}')
    slim, fast, *bad = program_testing.run(
      _EVAL,
      *(
        (
          *self.as_published,
          *data,
          f'--eval_dir={self.path(implementation)}',
          f'--implementation={implementation}',
          *flags,
        )
        for implementation, *flags in (
          ('slim', '--num_pictures=2', '--batch_size=3', '--report'),
          ('fast', '--num_pictures=0'),
        )
      ),
      *((*flags, f'--eval_dir={self.path("untouched")}') for flags, _ in cases),
    )
    expected = self.expected_metrics()
    self.assertBetween(expected['mAP'], 0.1, 0.9)
    for implementation, result in (('slim', slim), ('fast', fast)):
      self.assertEqual(0, result.status, result.stderr)
      self.assertEqual('', result.stderr)
      self.check_metrics(implementation, expected, result.stdout)
    self.check_pictures()
    self.assertContainsSubset(
      ['report.html', 'precision_recall.png', 'classes.csv', 'worst.png'],
      os.listdir(self.path('slim')),
    )
    self.assertNotIn('report.html', os.listdir(self.path('fast')))
    program_testing.assert_all_fail(self, _EVAL, cases, bad)
    self.assertFalse(os.path.exists(self.path('untouched')))

  def check_metrics(self, implementation, expected, stdout):
    """Printed, as JSON and for TensorBoard; of each class, too."""
    folder = self.path(implementation)
    with open(
      os.path.join(folder, 'evaluation-model.ckpt-7.json'), encoding='utf-8'
    ) as file:
      written = json.load(file)
    self.assertEqual(_NETWORK, written['model_name'])
    self.assertEqual('yolo_folder', written['dataset_name'])
    metrics = written['metrics']
    self.assertEqual(4, metrics.pop('num_examples'))
    self.assertGreater(metrics.pop('images_per_second'), 0)
    self.assertAllClose(expected, metrics, atol=1e-4)
    self.assertContainsSubset(
      ['mAP', 'mAP_50', 'mAP_75', 'AP50_voc', *(f'AP_{n}' for n in _NAMES)],
      metrics,
    )
    printed = dict(line.split() for line in stdout.splitlines()[4:])
    self.assertEqual(f'{metrics["AP_bee"]:.4f}', printed['AP_bee'])
    logged = event_files.scalars(folder)
    for name, value in metrics.items():
      self.assertAllClose({0: value}, logged[name])

  def check_pictures(self):
    folder = self.path('slim')
    logged = event_files.pictures(folder)
    for number in (1, 2):
      picture = Image.open(os.path.join(folder, f'worst-{number}.png'))
      self.assertEqual((2 * 320, 320), picture.size)
      self.assertAllEqual(picture, logged[f'worst/{number}'][0])
    self.assertFalse(os.path.exists(os.path.join(folder, 'worst-3.png')))
    self.assertFalse(
      os.path.exists(os.path.join(self.path('fast'), 'worst-1.png'))
    )

  def bad_evaluation(self):
    """Returns ((arguments, regex of the line), ...)."""
    other_task = self.path('segmenter')
    checkpoint_testing.save(
      {'logits/semantic/biases': tf.Variable([0.0])}, other_task
    )
    run_info.write_run_info(
      other_task, {'model_name': 'deeplab_v3_mobilenet_v2'}
    )
    classifier = checkpoint_testing.save(
      {'MobilenetV2/Logits/biases': tf.Variable([0.0])}, self.path('classifier')
    )
    published = self.as_published
    return (
      ((*published, '--model_name=vgg_16'), "Unknown network 'vgg_16'"),
      (
        (*published, '--model_name=mobilenet_v2'),
        'mobilenet_v2 is a classifier, .*; for this program .* ssdlite',
      ),
      (
        (f'--checkpoint_path={other_task}',),
        'deeplab_v3_mobilenet_v2 is a segmenter, which segment_image.py, ',
      ),
      (
        (
          *published,
          f'--checkpoint_path={classifier}',
          '--dataset_name=digits_scenes',
        ),
        '.* is of another model: it lacks 404 of 404 .*: FeatureExtractor/',
      ),
      ((*published, '--dataset_name=digits'), 'unknown data set of boxes'),
      (
        (
          *published,
          '--dataset_name=digits_scenes',
          '--preprocessing_name=deeplab',
        ),
        'preprocessing deeplab is for masks, not for boxes',
      ),
      ((*published, '--num_pictures=-1'), '.*num_pictures=-1: .*non-negative'),
    )

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
        [_NAMES[label] for label in classes], [one[-1] for one in objects]
      )

  def check_json(self, result):
    """The file is what is printed, and what the model computes."""
    path = self.path('plain/detections.json')
    with open(path, encoding='utf-8') as file:
      self.assertEqual(json.load(file), json.loads(result.stdout))
    coco = COCO()
    coco.dataset = {
      'images': [{'id': number} for number in range(1, 5)],
      'categories': [{'id': label + 1} for label in range(len(_NAMES))],
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
    )


if __name__ == '__main__':
  tf.test.main()
