"""The three programs for segmenters, end to end.

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

from checkpoints import names
from checkpoints import run_info
from checkpoints import writer as writer_lib
from datasets import preparation
from tasks.segmentation import drawing
from tasks.segmentation import maps
from tests.helpers import annotated_folders
from tests.helpers import event_files
from tests.helpers import image_files
from tests.helpers import networks as testing
from tests.helpers import programs as program_testing

_NETWORK = 'deeplab_v3_mobilenet_v2'
_WIDTH = 0.1
_SIZE = 65
_NAMES = ('background', *annotated_folders.NAMES)
_TRAIN = 'train_image_segmenter'
_EVAL = 'eval_image_segmenter'
_SEGMENT = 'segment_image'
_HEAD = 'MobilenetV2/Logits/Conv2d_1c_1x1/biases'


@functools.cache
def _model():
  """Returns a network at the rule, which has its variables."""
  model = testing.RuledModel(
    _NETWORK, len(_NAMES), 'fast', depth_multiplier=_WIDTH
  )
  model(tf.zeros([1, _SIZE, _SIZE, 3]))
  return model


def _values(path):
  """Returns {name: array} of a checkpoint, or of a folder's newest."""
  reader = tf.train.load_checkpoint(path)
  return {
    name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()
  }


def _save(variables_by_name, folder):
  return writer_lib.save(writer_lib.make_writer(variables_by_name, folder), 7)


class TestCase(tf.test.TestCase):
  """Has a folder for all of its files."""

  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())

  def path(self, name):
    return os.path.join(self.folder, name)

  def check_bad(self, program, cases, results):
    """Each is one line, and leaves nothing."""
    for (flags, message), result in zip(cases, results, strict=True):
      with self.subTest(flags):
        program_testing.assert_fails(self, program, result, message)
        self.assertEqual('', result.stdout)
    self.assertFalse(os.path.exists(self.path('untouched')))


class CheckpointTest(TestCase):
  """A checkpoint as published: the names alone say what is in it."""

  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.data = os.path.join(cls.folder, 'data')
    annotated_folders.write_masks(cls.data)
    image_files.write(cls.data, 'val.txt', b'0\n1\n2\n3\n')
    cls.published = _save(
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
      'slim': ('--num_pictures=2', '--batch_size=3'),
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
    self.check_bad(_EVAL, cases, results[len(lines) :])

  def check_metrics(self, name, expected, stdout):
    """Printed, as JSON and for TensorBoard; of each class, too."""
    with open(
      self.path(f'{name}/evaluation-model.ckpt-7.json'), encoding='utf-8'
    ) as file:
      metrics = json.load(file)['metrics']
    self.assertEqual(4, metrics.pop('num_examples'))
    self.assertGreater(metrics.pop('images_per_second'), 0)
    # A rounding error moves a pixel or two, of 2,400 an image.
    self.assertAllClose(expected, metrics, atol=2e-3)
    printed = dict(line.split() for line in stdout.splitlines()[4:])
    self.assertEqual(f'{metrics["IoU_bird"]:.4f}', printed['IoU_bird'])
    logged = event_files.scalars(self.path(name))
    for metric, value in metrics.items():
      self.assertAllClose({0: value}, logged[metric])

  def check_pictures(self):
    """As large as the padded images, enlarged: truth and result."""
    for name, count in (('slim', 2), ('fast', 0), ('scales', 1)):
      logged = event_files.pictures(self.path(name))
      files = [file for file in os.listdir(self.path(name)) if 'worst' in file]
      self.assertLen(files, count)
      for number in range(1, count + 1):
        picture = Image.open(self.path(f'{name}/worst-{number}.png'))
        self.assertEqual((2 * 5 * _SIZE, 5 * _SIZE), picture.size)
        self.assertAllEqual(picture, logged[f'worst/{number}'][0])

  def bad_evaluation(self):
    """Returns ((arguments, regex of the line), ...)."""
    detector = self.path('detector')
    _save(
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
        "Unknown network 'mobilenet_v2'; for this program .* deeplab_v3",
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
        *('--implementation=slim', '--batch_size=3', bad, images),
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
      f'{_SEGMENT}.py: {bad}: not a JPEG, PNG, BMP, GIF or WebP image, or '
      f'damaged at its start\n{_SEGMENT}.py: 1 of 5 images could not be read\n',
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
    self.check_bad(_SEGMENT, cases, failed)

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
        "Unknown network 'ssdlite_mobilenet_v2'; for this program",
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


class TrainingTest(TestCase):
  def test_in_one_process(self):
    train_dir = self.path('run')
    common = (
      f'--model_name={_NETWORK}',
      f'--depth_multiplier={_WIDTH}',
      '--train_image_size=33',
      '--batch_size=2',
      '--log_every_n_steps=1',
      '--learning_rate=1e-6',
    )
    classifier = self.save_classifier()
    run = (
      *common,
      '--dataset_name=digits_scenes',
      f'--checkpoint_path={classifier}',
      f'--train_dir={train_dir}',
      f'--label_weights={",".join("1" * 11)}',
      '--top_k_percent_pixels=0.5',
    )
    cases = (*self.bad_flags(), *self.bad_lists())
    masks = self.bad_masks()
    tuned, resumed, *bad = program_testing.run(
      _TRAIN,
      (*run, '--implementation=slim', '--max_number_of_steps=2'),
      (*run, '--implementation=fast', '--max_number_of_steps=4'),
      *(
        (
          *common,
          f'--train_dir={self.path("begun")}',
          '--dataset_name=mask_folder',
          '--validation_fraction=0',
          '--max_number_of_steps=1',
          *flags,
        )
        for flags, _ in masks
      ),
      *(
        (
          *common,
          f'--train_dir={self.path("untouched")}',
          '--max_number_of_steps=1',
          *flags,
        )
        for flags, _ in cases
      ),
    )
    for result in (tuned, resumed):
      self.assertEqual(0, result.status, result.stderr)
    self.check_fine_tuning(tuned, classifier, train_dir)
    self.check_resuming(resumed, train_dir)
    for (_, message), result in zip(masks, bad):
      program_testing.assert_fails(self, _TRAIN, result, message)
    # Of a run whose first step failed.
    self.assertEqual(
      [],
      [f for f in os.listdir(self.path('begun')) if not f.startswith('events')],
    )
    self.check_bad(_TRAIN, cases, bad[len(masks) :])

  def save_classifier(self):
    """Returns a checkpoint of a classifier whose backbone fits."""
    backbone = {
      name: variable
      for name, variable in _model().variables_by_name.items()
      if names.of_backbone(name)
    }
    return _save(
      {**backbone, _HEAD: tf.Variable([0.0] * 5)}, self.path('classifier')
    )

  def check_fine_tuning(self, result, classifier, train_dir):
    lines = result.stdout.splitlines()
    self.assertEqual(f'Checkpoint {classifier}', lines[0])
    # 51 convolutions with batch norm; of the head only the logits have none.
    table = {line.split()[0]: line.split()[1:4] for line in lines[2:15]}
    self.assertEqual(['250', '0', '0'], table['MobilenetV2/expanded_conv'])
    self.assertEqual(['5', '0', '0'], table['MobilenetV2/Conv'])
    self.assertEqual(['0', '0', '2'], table['logits/semantic'])
    before = _values(classifier)
    after = _values(os.path.join(train_dir, 'model.ckpt-2'))
    for name, value in before.items():
      if name.endswith('weights'):
        self.assertAllClose(value, after[name], atol=1e-4, msg=name)

  def check_resuming(self, result, train_dir):
    self.assertRegex(
      result.stdout,
      rf'\n{_NETWORK} \(fast, NHWC float32\) on digits_scenes train: 2000 '
      r'images, 11 classes, 33 pixels, steps 2 to 4\n'
      r'step 3/4  loss \d+\.\d+  pixel_accuracy [01]\.\d+  rate ',
    )
    values = _values(train_dir)
    self.assertEqual(4, values['global_step'])
    self.assertEqual((11,), values['logits/semantic/biases'].shape)
    self.assertIn('logits/semantic/biases/Momentum', values)
    self.assertAllClose(
      {step + 1: 1e-6 * (1 - step / 4) ** 0.9 for step in (2, 3)},
      {
        step: rate
        for step, rate in event_files.scalars(train_dir)[
          'learning_rate'
        ].items()
        if step > 2
      },
      atol=1e-10,
    )
    info = run_info.read_run_info(train_dir)
    self.assertEqual(
      (_NETWORK, _WIDTH, 'digits_scenes', 33, 'lenet', 11),
      tuple(
        info[key]
        for key in (
          *('model_name', 'depth_multiplier', 'dataset_name', 'image_size'),
          *('preprocessing_name', 'num_classes'),
        )
      ),
    )
    with open(os.path.join(train_dir, 'labels.txt'), encoding='utf-8') as file:
      self.assertEqual('0:background\n1:0\n', ''.join(file.readlines()[:2]))

  def bad_flags(self):
    """Returns ((arguments, regex of the line), ...)."""
    scenes = '--dataset_name=digits_scenes'
    return (
      (
        (scenes, '--label_weights=1,2'),
        'label_weights: 2 numbers, want one for each of the 11 classes',
      ),
      (
        (scenes, '--label_weights=1,-2'),
        '.*label_weights=.*-2.*: must be numbers',
      ),
      ((scenes, '--top_k_percent_pixels=0'), '.*pixels=0.0: must be above 0'),
      ((scenes, '--model_name=vgg_16'), "Unknown network 'vgg_16'; for this"),
      (
        (scenes, '--model_name=mobilenet_v2'),
        "Unknown network 'mobilenet_v2'; for this program there are deeplab",
      ),
      (
        (scenes, '--preprocessing_name=ssd'),
        'preprocessing ssd is for boxes, not for masks',
      ),
      (('--dataset_name=coco',), 'unknown data set of masks coco'),
      ((scenes, 'run/'), "What is 'run/'"),
    )

  def bad_lists(self):
    """Returns the same, of data sets in which something is missing."""
    lonely, listed = self.path('lonely'), self.path('listed')
    for folder in (lonely, listed):
      annotated_folders.write_masks(folder)
    os.remove(os.path.join(lonely, 'masks', '2.png'))
    image_files.write(listed, 'train.txt', b'0\n9\n')
    return tuple(
      (
        (
          '--dataset_name=mask_folder',
          '--validation_fraction=0',
          f'--dataset_dir={folder}',
        ),
        message,
      )
      for folder, message in (
        (lonely, f'{lonely}/images/2.png: there is no mask masks/2.png'),
        (listed, f'{listed}: no image 9 in images/'),
      )
    )

  def bad_masks(self):
    """Returns the same, of masks that say what cannot be."""
    small, above = self.path('small'), self.path('above')
    for folder, mask in (
      (small, np.zeros([40, 59], np.uint8)),
      (above, np.full([40, 60], 4, np.uint8)),
    ):
      annotated_folders.write_masks(folder)
      for number in range(4):
        image_files.write(
          folder, f'masks/{number}.png', image_files.encode(mask)
        )
    return (
      (
        (f'--dataset_dir={small}',),
        f'{small}/masks/[0-3].png: the mask has 40 x 59 pixels .* 40 x 60',
      ),
      (
        (f'--dataset_dir={above}',),
        f'{above}/masks/[0-3].png: class 4 is none of the 4 classes, 0 to 3',
      ),
    )


if __name__ == '__main__':
  tf.test.main()
