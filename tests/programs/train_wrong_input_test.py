"""What the training program says to wrong input, and what it leaves then."""

import itertools
import os
import subprocess
import sys
import tempfile

import tensorflow as tf

from base.errors import InputError
from checkpoints import run_info
from tests.helpers import image_files
from tests.helpers import programs as program_testing
from tests.helpers import soak

_PROGRAM = 'train_image_classifier'
_SMALL = (
  '--model_name=mobilenet_v1_025',
  '--train_image_size=32',
  '--batch_size=8',
  '--log_every_n_steps=1',
  '--implementation=fast',
)
_DIGITS = (*_SMALL, '--dataset_name=digits')


# (flags, regex of the line), ...
_WRONG_FLAGS = (
  (('--model_name=lenet_5',), "Unknown network 'lenet_5'; .* there are"),
  (
    ('--model_name=ssdlite_mobilenet_v2',),
    'ssdlite_mobilenet_v2 is a detector, which .*train_object_detector.py'
    ' takes; for this program there are mobilenet_v1',
  ),
  (('--dataset_name=digitz',), 'unknown data set digitz .did you mean digits'),
  (
    ('--dataset_name=imagenet',),
    'say what to learn from, by .*: image_folder is .*imagenet, needs a fo',
  ),
  (('--dataset_name=flowers',), 'data set flowers needs a folder'),
  (('--optimizer=lion',), "optimizer 'lion' is unknown: choose one of"),
  (
    ('--learning_rate_decay_type=polynomial',),
    'polynomial .* set --max.* or --num_epochs',
  ),
  (('--learning_rate_decay_type=cosine',), 'cosine .* set --max'),
  (('--learning_rate_milestones=half',), '.*milestones.* numbers above 0'),
  (
    ('--learning_rate_milestones=30,60',),
    '.*milestones.* numbers above 0 and at most 1',
  ),
  (('--early_stopping_epochs=3',), '.* add --validate_every_epochs=1'),
  (
    ('--freeze_epochs=1', '--trainable_scopes=MobilenetV1/Conv2d_0'),
    'freeze_epochs: trainable_scopes leave nothing',
  ),
  (
    ('--freeze_epochs=1', '--max_number_of_steps=5'),
    'only the head would be trained in all 5 steps',
  ),
  (('--accumulate_steps=0',), '.*accumulate_steps=0: .*positive'),
  (
    ('--compute_dtype=float16', '--implementation=slim'),
    '.*add --implementation=fast',
  ),
  (('--depth_multiplier=0.5',), 'depth_multiplier is fixed'),
  (('--train_image_size=31',), 'Images of 31 pixels are too small'),
  (('--trainable_scopes=Resnet',), 'trainable_scopes: no trainable'),
  (('--preprocessing_name=vgg',), 'unknown preprocessing vgg'),
  (('run/',), "What is 'run/'"),
  (
    ('--epochs=1',),
    "Unknown command line flag 'epochs' .did you mean --num_epochs",
  ),
  (('--optimizer=adams',), "optimizer 'adams' is unknown .did .* adam.?"),
  (('--batch_size=0',), '.*batch_size=0: .* in the range .1, 1000000'),
  (('--num_epochs=0',), '.*num_epochs=0.0: must be above 0'),
  (('--dropout_keep_prob=0',), '.*dropout_keep_prob=0.0: must be above'),
  (('--num_epochs_per_decay=0',), '.*num_epochs_per_decay=.*above 0'),
  (('--weight_decay=-1',), '.*weight_decay=-1: .*non-negative'),
  (('--adam_beta1=1',), '.*adam_beta1=1.0: must be below 1'),
  (('--rmsprop_decay=1.5',), r'.*rmsprop_decay=1.5: .*\[0.0, 1.0\]'),
  (('--train_image_size=100000',), '.*100000 is not integer <= 16384'),
  (('--labels_offset=-99999999999',), '.* is not integer >= -1000'),
  (('--depth_multiplier=1e9',), '.* is not number <= 10.0'),
  (
    ('--train_image_size=4096', '--batch_size=1000000'),
    '1000000 images of 4096 pixels take 187500 GiB in a step',
  ),
)


class WrongInputTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enterContext(tempfile.TemporaryDirectory())

  def path(self, name):
    return os.path.join(self.folder, name)

  @soak.slow
  def test_in_one_process(self):
    """Each check yields its command lines, and is sent what came of them."""
    checks = (self._one_line_each(), self._bad_data(), self._other_classes())
    wanted = [next(check) for check in checks]
    results = iter(program_testing.run(_PROGRAM, *itertools.chain(*wanted)))
    for check, lines in zip(checks, wanted):
      with self.assertRaises(StopIteration):
        check.send([next(results) for _ in lines])

  def _one_line_each(self):
    """And train_dir is not made."""
    train_dir = self.path('untouched')
    file = image_files.write(self.folder, 'file', b'')
    nowhere = self.path('nowhere')
    cases = (
      *_WRONG_FLAGS,
      ((f'--checkpoint_path={nowhere}',), f'there is no .* {nowhere}'),
      ((f'--train_dir={file}',), 'train_dir .*cannot be written'),
      ((f'--train_dir={train_dir}\udcff',), '.*udcff: must be UTF-8'),
    )
    common = (*_DIGITS, f'--train_dir={train_dir}')
    results = yield [(*common, *flags) for flags, _ in cases]
    for result, (flags, message) in zip(results, cases):
      with self.subTest(flags):
        program_testing.assert_fails(self, _PROGRAM, result, message)
        self.assertEqual('', result.stdout)
    self.assertFalse(os.path.exists(train_dir))

  def _bad_data(self):
    """No file is left of a run whose first step failed."""
    photos = image_files.write_folder(self.path('photos'), 'ab', 4)
    image_files.write_folder(self.path('one'), ['class'], 4)
    for name in 'ab':
      image_files.write(photos, f'{name}/00.png', b'no image')
    train_dir = self.path('run')
    flags = (
      *_SMALL,
      '--dataset_name=image_folder',
      '--validation_fraction=0',
      f'--train_dir={train_dir}',
    )
    bad, diverged, one = yield [
      (*flags, f'--dataset_dir={photos}'),
      (
        *flags,
        f'--dataset_dir={photos}',
        '--max_bad_images=2',
        '--max_number_of_steps=1',
        '--learning_rate=1e38',
      ),
      (*flags, f'--dataset_dir={self.path("one")}'),
    ]
    program_testing.assert_fails(
      self, _PROGRAM, bad, f'{photos}/./00.png.*: .*nothing is saved yet'
    )
    program_testing.assert_fails(
      self, _PROGRAM, diverged, 'training has diverged: .* at step 1'
    )
    program_testing.assert_fails(
      self,
      _PROGRAM,
      one,
      rf'{self.path("one")} has one class \(class\).*one level too high',
    )
    self.assertEqual(
      [],
      [name for name in os.listdir(train_dir) if not name.startswith('events')],
    )

  def _other_classes(self):
    train_dir = self.path('resumed')
    flags = (
      *_SMALL,
      '--dataset_name=image_folder',
      '--validation_fraction=0',
      f'--train_dir={train_dir}',
    )
    folders = [
      image_files.write_folder(self.path(names), names, 4)
      for names in ('abc', 'abd')
    ]
    begun, other, allowed = yield [
      (*flags, f'--dataset_dir={folders[0]}', '--max_number_of_steps=1'),
      (*flags, f'--dataset_dir={folders[1]}', '--max_number_of_steps=2'),
      (
        *(*flags, f'--dataset_dir={folders[1]}', '--max_number_of_steps=2'),
        '--allow_changes',
      ),
    ]
    self.assertEqual(0, begun.status, begun.stderr)
    program_testing.assert_fails(
      self,
      _PROGRAM,
      other,
      f'{train_dir} was begun with .*: label 2 was c, now it is d: .*--allow_',
    )
    self.assertEqual(0, allowed.status, allowed.stderr)
    self.assertIn('other classes, which is allowed', allowed.stdout)
    self.assertIn('The images are not those with which', allowed.stdout)

  def test_label_names_are_compared_as_written(self):
    run_info.check_label_names('run', ('a', 'caf?'), (' a', 'caf\udce9'))
    run_info.check_label_names('run', None, ('a',))
    for names in (('a',), ('a', 'b', 'c'), ('b', 'a')):
      with self.assertRaisesRegex(InputError, 'label [012] was .* now'):
        run_info.check_label_names('run', ('a', 'b'), names)

  def test_in_a_process_of_its_own(self):
    """Nothing but the line, of TensorFlow's either; and where a run would go.

    Without --train_dir, which other runs may lack, too.
    """
    program = os.path.join(program_testing.PROJECT, f'{_PROGRAM}.py')
    result = subprocess.run(
      [sys.executable, program, *_DIGITS, '--model_name=lenet_5'],
      env=program_testing.environment(),
      capture_output=True,
      text=True,
      stdin=subprocess.DEVNULL,
      check=False,
    )
    self.assertEqual(1, result.returncode)
    self.assertEqual(
      "--train_dir is not given: /tmp/tfmodel/ is slim's default, which all "
      'runs without the flag share.\n',
      result.stdout,
    )
    self.assertRegex(result.stderr, rf'^{_PROGRAM}\.py: Unknown network.*\n$')


if __name__ == '__main__':
  tf.test.main()
