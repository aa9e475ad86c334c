"""The program, end to end: a classifier's weights, a resumed run, bad input."""

import json
import os
import tempfile

import tensorflow as tf

from checkpoints import run_info
from tests.helpers import annotated_folders
from tests.helpers import checkpoints as checkpoint_testing
from tests.helpers import image_files
from tests.helpers import networks as testing
from tests.helpers import programs as program_testing
from tests.helpers import soak

_TRAIN = 'train_object_detector'
_NETWORK = 'ssdlite_mobilenet_v2_035'
_SIZE = 64


@soak.slow
class TrainingTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enterContext(tempfile.TemporaryDirectory())

  def path(self, name):
    return os.path.join(self.folder, name)

  def test_in_one_process(self):
    train_dir, untouched = self.path('run'), self.path('untouched')
    common = (
      f'--model_name={_NETWORK}',
      f'--train_image_size={_SIZE}',
      '--batch_size=2',
      '--log_every_n_steps=1',
      '--learning_rate=1e-6',
    )
    model = testing.RuledModel(_NETWORK, 10, 'fast')
    model(tf.zeros([1, _SIZE, _SIZE, 3]))
    classifier = checkpoint_testing.save_classifier(
      model.variables_by_name, self.path('classifier')
    )
    run = (
      *common,
      '--dataset_name=digits_scenes',
      f'--checkpoint_path={classifier}',
      f'--train_dir={train_dir}',
      '--rand_augment_layers=1',
    )
    cases = (*self.bad_flags(), *self.bad_data())
    tuned, resumed, *bad = program_testing.run(
      _TRAIN,
      (
        *run,
        '--implementation=slim',
        '--trainable_scopes=BoxPredictor',
        '--max_number_of_steps=2',
      ),
      (*run, '--implementation=fast', '--max_number_of_steps=4'),
      # A case that is not refused would train without end.
      *(
        (*common, '--max_number_of_steps=1', f'--train_dir={untouched}', *flags)
        for flags, _ in cases
      ),
    )
    for result in (tuned, resumed):
      self.assertEqual(0, result.status, result.stderr)
    self.check_fine_tuning(tuned, classifier, train_dir)
    self.check_resuming(resumed, train_dir)
    program_testing.assert_all_fail(self, _TRAIN, cases, bad)
    self.assertFalse(os.path.exists(untouched))

  def check_fine_tuning(self, result, classifier, train_dir):
    lines = result.stdout.splitlines()
    self.assertEqual(f'Checkpoint {classifier}', lines[0])
    self.assertRegex(lines[1], '^scope +restored +skipped +initialised$')
    # 52 convolutions and their batch norms; four maps more, of three each.
    self.assertEqual(
      ['FeatureExtractor/MobilenetV2', '260', '0', '60'], lines[6].split()
    )
    self.assertRegex(lines[2], '^BoxPredictor/BoxEncodingPredictor +0 +0 +12$')
    before = checkpoint_testing.values(classifier)
    after = checkpoint_testing.values(os.path.join(train_dir, 'model.ckpt-2'))
    for name, value in before.items():
      if name.endswith('weights'):
        self.assertAllEqual(value, after[f'FeatureExtractor/{name}'], name)

  def check_resuming(self, result, train_dir):
    self.assertIn(
      f'--checkpoint_path is ignored: training goes on from {train_dir}/'
      'model.ckpt-2.\n',
      result.stdout,
    )
    self.assertRegex(
      result.stdout,
      rf'\n{_NETWORK} \(fast, NHWC float32\) on digits_scenes train: '
      r'\d+ images, 10 classes, 64 pixels, steps 2 to 4\n'
      r'step 3/4  loss \d+\.\d+  class_accuracy [01]\.\d+  box_overlap ',
    )
    values = checkpoint_testing.values(train_dir)
    self.assertEqual(4, values['global_step'])
    name = 'BoxPredictor_0/ClassPredictor/biases'
    self.assertEqual((3 * 11,), values[name].shape)
    self.assertEqual((3 * 11,), values[f'{name}/RMSProp'].shape)
    info = run_info.read_run_info(train_dir)
    self.assertEqual(
      (_NETWORK, 'digits_scenes', _SIZE, 'lenet', 10),
      tuple(
        info[key]
        for key in (
          *('model_name', 'dataset_name', 'image_size'),
          *('preprocessing_name', 'num_classes'),
        )
      ),
    )
    with open(os.path.join(train_dir, 'labels.txt'), encoding='utf-8') as file:
      self.assertEqual(
        [f'{i}:{i}' for i in range(10)], file.read().splitlines()
      )

  def bad_flags(self):
    """Returns ((arguments, regex of the line), ...)."""
    scenes = '--dataset_name=digits_scenes'
    return (
      ((scenes, '--model_name=vgg_16'), "Unknown network 'vgg_16'; for this"),
      (
        (scenes, '--model_name=mobilenet_v2'),
        'mobilenet_v2 is a classifier, .*; for this program there are ssdlite',
      ),
      (
        (scenes, '--preprocessing_name=deeplab'),
        'preprocessing deeplab is for masks, not for boxes',
      ),
      ((scenes, '--train_image_size=31'), 'Images of 31 pixels are too small'),
      (('--dataset_name=mask_folder',), 'unknown data set of boxes mask_fold'),
      (('--dataset_name=voc',), 'data set voc needs a folder'),
      ((), 'say what to learn from.*: coco, as downloaded, has annotations/'),
      ((scenes, 'run/'), "What is 'run/'"),
      ((scenes, '--mixup_alpha=1'), "Unknown command line flag 'mixup_alpha'"),
    )

  def bad_data(self):
    """Returns the same, of data sets that are not as they should be."""
    cases = [*self.bad_coco(), self.bad_voc(), *self.bad_yolo()]
    return tuple(
      ((f'--dataset_name={name}', f'--dataset_dir={folder}'), message)
      for name, folder, message in cases
    )

  def bad_coco(self):
    """Yields (name, folder, regex)."""
    for key, value, message in (
      ('bbox', [50, 5, 20, 20], 'the box .* lies outside of the image'),
      ('category_id', 5, 'there is no category 5'),
      ('image_id', 4, 'there is no image 4'),
    ):
      folder = tempfile.mkdtemp(dir=self.folder)
      content = annotated_folders.write_coco(folder, 'train2017')
      content['annotations'][0][key] = value
      path = image_files.write(
        folder,
        'annotations/instances_train2017.json',
        json.dumps(content).encode(),
      )
      yield 'coco', folder, f'{path}: annotation 1: {message}'

  def bad_voc(self):
    root = annotated_folders.write_voc(self.path('voc'))
    image_files.write(root, 'ImageSets/Main/train.txt', b'2007_000000')
    path = os.path.join(root, 'Annotations', '2007_000000.xml')
    with open(path, encoding='utf-8') as file:
      text = file.read().replace('bicycle', 'unicycle')
    image_files.write(root, 'Annotations/2007_000000.xml', text.encode())
    return 'voc', root, f"{path}: object 1: unknown class 'unicycle'"

  def bad_yolo(self):
    for line, message in (
      ('2 .5 .5 .1 .1', 'class 2 is none of the 2 that are named'),
      ('0 .5 .5 1.2 .1', 'the box .* lies outside of the image'),
    ):
      folder = tempfile.mkdtemp(dir=self.folder)
      image_files.write(folder, 'classes.txt', b'cat\ndog')
      image_files.write(folder, 'images/train/a.png', b'')
      path = image_files.write(folder, 'labels/train/a.txt', line.encode())
      yield 'yolo_folder', folder, f'{path}: line 1: {message}'


if __name__ == '__main__':
  tf.test.main()
