"""The programs that evaluate segmenters and use them, end to end.

A network at the goldens' rule says what is on images of a mask_folder; what it
says is computed here, too.
"""

import functools
import json
import os
import tempfile

import numpy as np
from PIL import Image
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
import tensorflow as tf

from checkpoints import run_info
from datasets import preparation
from tasks.segmentation import drawing
from tasks.segmentation import maps
from tests.helpers import annotated_folders
from tests.helpers import checkpoints as checkpoint_testing
from tests.helpers import event_files
from tests.helpers import image_files
from tests.helpers import networks as testing
from tests.helpers import programs as program_testing

_NETWORK = 'deeplab_v3_mobilenet_v2'
_WIDTH = 0.1
_SIZE = 65
_NAMES = ('background', *annotated_folders.NAMES)
_EVAL = 'eval_image_segmenter'
_SEGMENT = 'segment_image'


@functools.cache
def _model():
  """Returns a network at the rule, which has its variables."""
  model = testing.RuledModel(
    _NETWORK, len(_NAMES), 'fast', depth_multiplier=_WIDTH
  )
  model(tf.zeros([1, _SIZE, _SIZE, 3]))
  return model


class ProgramsTest(tf.test.TestCase):
  """A checkpoint as published: the names alone say what is in it."""

  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
    cls.data = os.path.join(cls.folder, 'data')
    annotated_folders.write_masks(cls.data)
    image_files.write(cls.data, 'val.txt', b'0\n1\n2\n3\n')
    cls.published = checkpoint_testing.save(
      _model().variables_by_name, os.path.join(cls.folder, 'published')
    )
    cls.as_published = (
      f'--checkpoint_path={cls.published}',
      f'--model_name={_NETWORK}',
      f'--depth_multiplier={_WIDTH}',
      f'--eval_image_size={_SIZE}',
      '--compute_dtype=float32',
    )
    images = [annotated_folders.image(number) for number in range(4)]
    cls.images = np.stack(
      [preparation.fit(image, _SIZE, 'deeplab')[0] for image in images]
    )
    cls.logits = testing.run_eagerly(_model(), cls.images)[0]

  def path(self, name):
    return os.path.join(self.folder, name)

  def expected_metrics(self, logits):
    """Of pixels that neither pad an image nor are to be ignored."""
    predicted = np.argmax(maps.resize(logits, [_SIZE, _SIZE]), -1)
    pairs = [
      np.stack([annotated_folders.mask(number), row[:40, :60]]).reshape(2, -1)
      for number, row in enumerate(predicted)
    ]
    truth, found = np.concatenate(pairs, 1)
    truth, found = truth[truth != 255], found[truth != 255]
    ious = {
      f'IoU_{name}': np.sum((truth == label) & (found == label))
      / np.sum((truth == label) | (found == label))
      for label, name in enumerate(_NAMES)
    }
    return {
      'mIOU': np.mean(list(ious.values())),
      'pixel_accuracy': np.mean(truth == found),
      **ious,
    }

  def test_evaluation(self):
    cases = self.bad_evaluation()
    data = ('--dataset_name=mask_folder', f'--dataset_dir={self.data}')
    lines = {
      'slim': ('--num_pictures=2', '--batch_size=3', '--report'),
      'fast': ('--num_pictures=0',),
      'scales': (
        *('--eval_scales=0.5,1.25', '--add_flipped_images'),
        *('--implementation=fast', '--num_pictures=1'),
      ),
    }
    (*results,) = program_testing.run(
      _EVAL,
      *(
        (
          *self.as_published,
          *data,
          f'--eval_dir={self.path(name)}',
          f'--implementation={"slim" if name == "slim" else "fast"}',
          *flags,
        )
        for name, flags in lines.items()
      ),
      *(
        (*self.as_published, f'--eval_dir={self.path("untouched")}', *flags)
        for flags, _ in cases
      ),
    )
    expected = self.expected_metrics(self.logits)
    self.assertBetween(expected['mIOU'], 0.02, 0.9)
    many = maps.multi_scale_probabilities(
      lambda images: _model()(images)[0],
      tf.constant(self.images),
      output_stride=16,
      scales=(0.5, 1.25),
    )
    at_scales = self.expected_metrics(many)
    self.assertNotAllClose(expected['mIOU'], at_scales['mIOU'], atol=0.01)
    for (name, result), metrics in zip(
      zip(lines, results), (expected, expected, at_scales)
    ):
      self.assertEqual(0, result.status, result.stderr)
      self.assertEqual('', result.stderr)
      self.check_metrics(name, metrics, result.stdout)
    self.check_pictures()
    self.assertContainsSubset(
      ['report.html', 'iou.png', 'iou.csv', 'worst.png'],
      os.listdir(self.path('slim')),
    )
    program_testing.assert_all_fail(self, _EVAL, cases, results[len(lines) :])
    self.assertFalse(os.path.exists(self.path('untouched')))

  def check_metrics(self, name, expected, stdout):
    """Printed, as JSON and for TensorBoard; of each class, too."""
    with open(
      self.path(f'{name}/evaluation-model.ckpt-7.json'), encoding='utf-8'
    ) as file:
      metrics = json.load(file)['metrics']
    self.assertEqual(4, metrics.pop('num_examples'))
    self.assertGreater(metrics.pop('images_per_second'), 0)
    # A rounding error moves a pixel or two, of 9,600.
    self.assertAllClose(expected, metrics, atol=5e-3)
    printed = dict(line.split() for line in stdout.splitlines()[4:])
    self.assertEqual(f'{metrics["IoU_bird"]:.4f}', printed['IoU_bird'])
    logged = event_files.scalars(self.path(name))
    for metric, value in metrics.items():
      self.assertAllClose({0: value}, logged[metric])

  def check_pictures(self):
    """As large as the padded images, enlarged: truth and result."""
    for name, count in (('slim', 2), ('fast', 0), ('scales', 1)):
      logged = event_files.pictures(self.path(name))
      files = [file for file in os.listdir(self.path(name)) if 'worst-' in file]
      self.assertLen(files, count)
      for number in range(1, count + 1):
        picture = Image.open(self.path(f'{name}/worst-{number}.png'))
        self.assertEqual((2 * 5 * _SIZE, 5 * _SIZE), picture.size)
        self.assertAllEqual(picture, logged[f'worst/{number}'][0])

  def bad_evaluation(self):
    """Returns ((arguments, regex of the line), ...)."""
    detector = self.path('detector')
    checkpoint_testing.save(
      {'BoxPredictor_0/ClassPredictor/biases': tf.Variable([0.0] * 6)}, detector
    )
    run_info.write_run_info(detector, {'model_name': 'ssdlite_mobilenet_v2'})
    scenes = '--dataset_name=digits_scenes'
    return (
      (('--eval_scales=0',), r".*eval_scales=\['0'\]: must be numbers above 0"),
      (('--eval_scales=',), r'.*eval_scales=\[\]: must be numbers above 0'),
      (
        ('--eval_scales=1,big',),
        '.*eval_scales=.*big.*: must be numbers above 0',
      ),
      (
        ('--eval_scales=nan',),
        '.*eval_scales=.*nan.*: must be numbers above 0',
      ),
      ((scenes, '--model_name=vgg_16'), "Unknown network 'vgg_16'"),
      (
        (scenes, '--model_name=mobilenet_v2'),
        'mobilenet_v2 is a classifier, .*; for this program .* deeplab_v3',
      ),
      (
        (f'--checkpoint_path={detector}', '--model_name='),
        "Unknown network ''",
      ),
      (
        (scenes, f'--checkpoint_path={detector}'),
        '.* is of another model: it lacks 272 of 272 variables: MobilenetV2/',
      ),
      (
        (scenes, '--preprocessing_name=ssd'),
        'preprocessing ssd is for boxes, not for masks',
      ),
    )

  def test_segmentation(self):
    bad = image_files.write(self.folder, 'bad.jpg', b'no image')
    cases = self.bad_segmentation()
    images = os.path.join(self.data, 'images')
    shown, plain, *failed = program_testing.run(
      _SEGMENT,
      (
        *self.as_published,
        f'--output_dir={self.path("shown")}',
        f'--labels_path={self.data}/labels.txt',
        *('--batch_size=3', bad, images),
      ),
      (
        *self.as_published,
        f'--output_dir={self.path("plain")}',
        *('--json', images),
      ),
      *(
        (*self.as_published, f'--output_dir={self.path("untouched")}', *flags)
        for flags, _ in cases
      ),
    )
    self.assertEqual(1, shown.status)
    self.assertEndsWith(
      shown.stderr,
      f'{_SEGMENT}.py: {bad}: not a JPEG, PNG, BMP, GIF, WebP or TIFF image, '
      'or damaged at its start\n'
      f'{_SEGMENT}.py: 1 of 5 images could not be read\n',
    )
    self.assertEqual(0, plain.status, plain.stderr)
    masks = [self.expected_mask(number) for number in range(4)]
    self.check_text(shown.stdout, masks)
    self.check_json(plain, masks)
    for number, (mask, _) in enumerate(masks):
      expected = drawing.draw(annotated_folders.image(number), mask)
      for folder in ('shown', 'plain'):
        picture = np.asarray(Image.open(self.path(f'{folder}/{number}.png')))
        self.assertEqual(expected.shape, picture.shape)
        differs = np.any(expected != picture, -1)
        self.assertLess(np.mean(differs), 2e-3)
    program_testing.assert_all_fail(self, _SEGMENT, cases, failed)
    self.assertFalse(os.path.exists(self.path('untouched')))

  def expected_mask(self, number):
    """Returns (mask [40, 60], probabilities): the padding is cut off."""
    logits = maps.resize(self.logits[number : number + 1], [_SIZE, _SIZE])
    probabilities = tf.nn.softmax(logits[0, :40, :60]).numpy()
    return probabilities.argmax(-1), probabilities

  def check_text(self, stdout, masks):
    """Each class's part of the image, and mean probability."""
    expected = []
    for number, (mask, probabilities) in enumerate(masks):
      path = os.path.join(self.data, 'images', f'{number}.png')
      expected.append(f'{path} -> {self.path(f"shown/{number}.png")}'.split())
      for label in np.unique(mask):
        part = np.mean(mask == label)
        score = probabilities[mask == label, label].mean()
        expected.append([part, score, _NAMES[label]])
    lines = [line.split() for line in stdout.splitlines()]
    self.assertEqual(
      [line[-1] for line in expected], [line[-1] for line in lines]
    )
    for line, (part, score, _) in zip(lines, expected):
      if '->' not in line:
        self.assertAllClose(100 * part, float(line[0].rstrip('%')), atol=0.2)
        self.assertAllClose(score, float(line[1]), atol=2e-3)

  def check_json(self, result, masks):
    """The file is what is printed, and what the model computes."""
    path = self.path('plain/masks.json')
    with open(path, encoding='utf-8') as file:
      self.assertEqual(json.load(file), json.loads(result.stdout))
    coco = COCO()
    coco.dataset = {
      'images': [{'id': number} for number in range(4)],
      'categories': [{'id': label} for label in range(len(_NAMES))],
      'annotations': [],
    }
    coco.createIndex()
    found = coco.loadRes(path)
    for number, (mask, probabilities) in enumerate(masks):
      labels = [int(label) for label in np.unique(mask) if label]
      of_image = found.imgToAnns[number]
      self.assertEqual(labels, [one['category_id'] for one in of_image])
      for label, one in zip(labels, of_image):
        decoded = coco_mask.decode(one['segmentation'])
        self.assertLess(np.mean(decoded != (mask == label)), 2e-3)
        self.assertAllClose(
          probabilities[mask == label, label].mean(), one['score'], atol=2e-3
        )

  def bad_segmentation(self):
    image = os.path.join(self.data, 'images', '0.png')
    two = image_files.write(self.folder, 'two.txt', b'a\nb\n')
    return (
      ((), 'name images, or folders of images'),
      (
        (image, '--model_name=ssdlite_mobilenet_v2'),
        'ssdlite_mobilenet_v2 is a detector, which detect_objects.py, .*; for',
      ),
      (
        (image, '--preprocessing_name=ssd'),
        'preprocessing ssd is for boxes, not for masks',
      ),
      ((image, f'--labels_path={two}'), '.*two.txt names 2 classes, .* has 4'),
      (
        (image, '--dataset_name=digits_scenes'),
        'digits_scenes names 11 classes, .* has 4',
      ),
      (
        (image, '--output_stride=8', '--atrous_rates=x'),
        '.*atrous_rates=.*x.*: must be whole numbers',
      ),
    )


if __name__ == '__main__':
  tf.test.main()
