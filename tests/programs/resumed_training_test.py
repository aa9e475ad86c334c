"""The training program, stopped and started again."""

import json
import os
import signal
import subprocess

import numpy as np
import tensorflow as tf

from checkpoints import run_info
from runtime import gpu
from tests.helpers import checkpoints as checkpoint_testing
from tests.helpers import event_files
from tests.helpers import programs as program_testing
from tests.helpers import soak
from tests.helpers import training_runs

_SCOPE = 'MobilenetV1/Conv2d_1_pointwise'


@soak.slow
class ResumedTrainingTest(training_runs.TestCase):
  def test_train_and_resume(self):
    """Stopped by Ctrl-C and started again: as if it had never stopped."""
    stopped, straight = self.path('stopped'), self.path('straight')
    flags = (
      *training_runs.DIGITS,
      '--implementation=fast',
      '--dropout_keep_prob=0.5',
      '--moving_average_decay=0.9',
      '--num_epochs_per_decay=0.01',
      '--worker_replicas=2',
    )
    step, output = self._train_until_ctrl_c(*flags, f'--train_dir={stopped}')
    self.assertIn(f'\nSaved {stopped}/model.ckpt-{step}\n', output)
    self.assertEndsWith(output, f'\nCurves: {stopped}/curve.png\n')
    self.assertNotIn('max_number_of_steps', self._given(stopped))
    last_step = step + 3
    flags += (f'--max_number_of_steps={last_step}',)
    again, done, other = program_testing.run(
      training_runs.PROGRAM,
      (*flags, f'--train_dir={stopped}'),
      # Trains nothing: flags.json stays that of the run.
      (*flags, f'--train_dir={stopped}', '--log_every_n_steps=7'),
      (*flags, f'--train_dir={straight}'),
    )
    for result in (again, done, other):
      self.assertEqual(0, result.status, result.stderr)
    self.assertIn(f'steps {step} to {last_step}\n', again.stdout)
    self.assertIn(f'step {step + 1}/{last_step} ', again.stdout)
    self.assertNotIn(f'step {step}/{last_step} ', again.stdout)
    self.assertIn(f'is at step {last_step}: nothing is left', done.stdout)
    self.assertNotIn('images/s', done.stdout)
    self.assertNotIn('Curves', done.stdout)
    given = self._given(stopped)
    self.assertEqual(
      (last_step, 1), (given['max_number_of_steps'], given['log_every_n_steps'])
    )
    self._check_same(
      checkpoint_testing.values(straight), checkpoint_testing.values(stopped)
    )
    self._check_output(other.stdout, straight, last_step)
    self._check_files(straight, last_step)

  def test_find_learning_rate_in_a_run(self):
    """It trains nothing: the run stays as it was, but for the chart."""
    train_dir = self.path('found')
    flags = (
      *training_runs.DIGITS,
      # So many that losses fall, whichever images come first.
      '--batch_size=64',
      '--implementation=fast',
      f'--train_dir={train_dir}',
    )
    trained, finder = program_testing.run(
      training_runs.PROGRAM,
      (*flags, '--max_number_of_steps=1'),
      (*flags, '--max_number_of_steps=2', '--find_learning_rate'),
    )
    for result in (trained, finder):
      self.assertEqual(0, result.status, result.stderr)
    self.assertRegex(finder.stdout, r'\nSuggested: --learning_rate=[\de.-]+, ')
    self.assertNotIn('Curves', finder.stdout)
    given = self._given(train_dir)
    self.assertEqual(1, given['max_number_of_steps'])
    self.assertNotIn('find_learning_rate', given)
    names = os.listdir(train_dir)
    self.assertIn('learning_rate.png', names)
    self.assertIn('model.ckpt-1.index', names)
    self.assertNotIn('model.ckpt-2.index', names)

  def _given(self, train_dir):
    with open(os.path.join(train_dir, 'flags.json'), encoding='utf-8') as file:
      return json.load(file)

  def _train_until_ctrl_c(self, *flags):
    """Returns the step at which it stopped, and what it had printed."""
    # Shells start jobs in the background with Ctrl-C ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with program_testing.start(
      training_runs.PROGRAM,
      *flags,
      text=True,
      stdin=subprocess.DEVNULL,
      stdout=subprocess.PIPE,
    ) as process:
      lines = []
      for line in process.stdout:
        lines.append(line)
        if line.startswith('step 3 '):
          process.send_signal(signal.SIGINT)
    self.assertEqual(130, process.returncode)
    last_line = [line for line in lines if line.startswith('Saved ')][-1]
    return int(last_line.split('-')[-1]), ''.join(lines)

  def _check_same(self, expected, values):
    """Bit for bit; batch norm's averages, too, which are measured anew."""
    self.assertEqual(sorted(expected), sorted(values))
    for name, value in expected.items():
      self.assertAllEqual(value, values[name], name)

  def _check_output(self, output, train_dir, last_step):
    lines = output.splitlines()
    self.assertEqual(
      [
        '--worker_replicas has no effect: --worker_hosts lists the machines.',
        gpu.describe_device(),
        'mobilenet_v1_025 (fast, NHWC float32) on digits train: 1437 images, '
        f'10 classes, 32 pixels, steps 0 to {last_step}',
      ],
      lines[:3],
    )
    self.assertEqual(f'Curves: {train_dir}/curve.png', lines.pop())
    self.assertLen(lines, 3 + last_step + 1)
    self.assertRegex(
      lines[3],
      (
        rf'^step 1/{last_step}  loss \d\.\d+  Accuracy [01]\.\d\d  rate 0\.01  '
        r'\d+ images/s  \d\d:\d\d left$'
      ),
    )
    self.assertEndsWith(lines[-2], '00:00 left')
    self.assertEqual(
      f'Saved {train_dir}/model.ckpt-{last_step}; TensorBoard: tensorboard '
      f'--logdir={train_dir}',
      lines[-1],
    )

  def _check_files(self, train_dir, last_step):
    values = checkpoint_testing.values(train_dir)
    self.assertEqual(np.int64, values['global_step'].dtype)
    self.assertEqual(last_step, values['global_step'])
    trained = f'{_SCOPE}/weights'
    for suffix in ('', '/RMSProp', '/RMSProp_1', '/ExponentialMovingAverage'):
      self.assertEqual((1, 1, 8, 16), values[trained + suffix].shape)
    mean = f'{_SCOPE}/BatchNorm/moving_mean'
    self.assertIn(f'{mean}/ExponentialMovingAverage', values)
    self.assertNotIn(f'{mean}/RMSProp', values)
    # 137 variables, 83 of which are trained
    self.assertLen(values, 2 * 137 + 2 * 83 + 1)
    with open(os.path.join(train_dir, 'labels.txt')) as file:
      self.assertEqual(
        [f'{i}:{i}' for i in range(10)], file.read().splitlines()
      )
    info = run_info.read_run_info(train_dir)
    kept = info.pop('flags')
    self.assertEqual('rmsprop', kept['optimizer'])
    self.assertEqual(0, kept['label_smoothing'])
    for name in ('train_dir', 'log_every_n_steps', 'xla', 'num_clones'):
      self.assertNotIn(name, kept)
    self.assertEqual(
      {
        'model_name': 'mobilenet_v1_025',
        'implementation': 'fast',
        'num_classes': 10,
        'category_ids': None,
        'num_examples': 1437,
        'fingerprint': None,
        'image_size': 32,
        'preprocessing_name': 'lenet',
        'batch_size': 8,
        'accumulate_steps': 1,
        'seed': 0,
        'use_grayscale': False,
        'shrink_images': False,
        'moving_average_decay': 0.9,
        'dataset_name': 'digits',
        'dataset_dir': None,
        'labels_offset': 0,
        'validation_fraction': 0.2,
      },
      info,
    )
    scalars = event_files.scalars(train_dir)
    self.assertContainsSubset(
      ['loss', 'Accuracy', 'learning_rate', 'loss_scale', 'images_per_second'],
      scalars,
    )
    # A stair is 0.01 * 1437 / 8 = 1.8 steps, so one.
    self.assertAllClose(
      {step + 1: 0.01 * 0.94**step for step in range(last_step)},
      scalars['learning_rate'],
    )
    self.assertEqual({1.0}, set(scalars['loss_scale'].values()))


if __name__ == '__main__':
  tf.test.main()
