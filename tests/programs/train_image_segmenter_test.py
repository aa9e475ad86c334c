"""The program, end to end: a classifier's weights, a resumed run, bad input."""

import os
import tempfile

import numpy as np
import tensorflow as tf

from checkpoints import run_info
from tests.helpers import annotated_folders
from tests.helpers import checkpoints as checkpoint_testing
from tests.helpers import event_files
from tests.helpers import image_files
from tests.helpers import networks as testing
from tests.helpers import programs as program_testing
from tests.helpers import soak

_TRAIN = 'train_image_segmenter'
_NETWORK = 'deeplab_v3_mobilenet_v2'
_WIDTH = 0.1
_SIZE = 33


@soak.slow
class TrainingTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enterContext(tempfile.TemporaryDirectory())

  def path(self, name):
    return os.path.join(self.folder, name)

  def test_in_one_process(self):
    train_dir = self.path('run')
    common = (
      f'--model_name={_NETWORK}',
      f'--depth_multiplier={_WIDTH}',
      f'--train_image_size={_SIZE}',
      '--batch_size=2',
      '--log_every_n_steps=1',
      '--learning_rate=1e-6',
    )
    model = testing.RuledModel(_NETWORK, 10, 'fast', depth_multiplier=_WIDTH)
    model(tf.zeros([1, _SIZE, _SIZE, 3]))
    classifier = checkpoint_testing.save_classifier(
      model.variables_by_name, self.path('classifier')
    )
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
      (
        *run,
        '--implementation=slim',
        '--trainable_scopes=concat_projection,logits',
        '--max_number_of_steps=2',
      ),
      (*run, '--implementation=fast', '--max_number_of_steps=4'),
      *(
        (
          *common,
          '--implementation=fast',
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
          '--implementation=fast',
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
    # Of a run whose first step failed there is nothing.
    self.assertFalse(os.path.exists(self.path('begun')))
    program_testing.assert_all_fail(self, _TRAIN, cases, bad[len(masks) :])
    self.assertFalse(os.path.exists(self.path('untouched')))

  def check_fine_tuning(self, result, classifier, train_dir):
    lines = result.stdout.splitlines()
    self.assertEqual(f'Checkpoint {classifier}', lines[0])
    # 51 convolutions with batch norm; of the head only the logits have none.
    table = {line.split()[0]: line.split()[1:4] for line in lines[2:15]}
    self.assertEqual(['250', '0', '0'], table['MobilenetV2/expanded_conv'])
    self.assertEqual(['5', '0', '0'], table['MobilenetV2/Conv'])
    self.assertEqual(['0', '0', '2'], table['logits/semantic'])
    before = checkpoint_testing.values(classifier)
    after = checkpoint_testing.values(os.path.join(train_dir, 'model.ckpt-2'))
    for name, value in before.items():
      if name.endswith('weights'):
        self.assertAllEqual(value, after[name], name)

  def check_resuming(self, result, train_dir):
    self.assertRegex(
      result.stdout,
      rf'\n{_NETWORK} \(fast, NHWC float32\) on digits_scenes train: '
      r'\d+ images, 11 classes, 33 pixels, steps 2 to 4\n'
      r'step 3/4  loss \d+\.\d+  pixel_accuracy [01]\.\d+  rate ',
    )
    values = checkpoint_testing.values(train_dir)
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
        'mobilenet_v2 is a classifier, .*; for this program there are deep',
      ),
      (
        (scenes, '--preprocessing_name=ssd'),
        'preprocessing ssd is for boxes, not for masks',
      ),
      (('--dataset_name=coco',), 'unknown data set of masks coco'),
      ((scenes, 'run/'), "What is 'run/'"),
      (
        (scenes, '--random_erasing=1'),
        "Unknown command line flag 'random_erasing'",
      ),
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
