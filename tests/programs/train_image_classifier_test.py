"""The training program from end to end, at a few steps of a small network."""

import os
import signal
import subprocess
import sys
import tempfile
from xml.etree import ElementTree

import numpy as np
import tensorflow as tf

from checkpoints import run_info
from checkpoints import writer as writer_lib
from runtime import gpu
from runtime.model import Model
from tests.helpers import event_files
from tests.helpers import image_files
from tests.helpers import programs as program_testing

_PROGRAM = 'train_image_classifier'
_SMALL = (
  '--model_name=mobilenet_v1_025',
  '--train_image_size=32',
  '--batch_size=8',
  '--log_every_n_steps=1',
)
_DIGITS = (*_SMALL, '--dataset_name=digits')
_SCOPE = 'MobilenetV1/Conv2d_1_pointwise'
_HEAD = 'MobilenetV1/Logits/Conv2d_1c_1x1'

# Of slim's program, model_name excepted: 'flag default', by default none.
_SLIM_FLAGS = """
master '' | train_dir /tmp/tfmodel/ | warmup_epochs 0 | num_clones 1 |
clone_on_cpu false | worker_replicas 1 | num_ps_tasks 0 | num_readers 4 |
num_preprocessing_threads 4 | log_every_n_steps 10 | save_summaries_secs 600 |
save_interval_secs 600 | task 0 | weight_decay 4e-5 | optimizer rmsprop |
adadelta_rho .95 | adagrad_initial_accumulator_value .1 | adam_beta1 .9 |
adam_beta2 .999 | opt_epsilon 1.0 | ftrl_learning_rate_power -.5 |
ftrl_initial_accumulator_value .1 | ftrl_l1 0 | ftrl_l2 0 | momentum .9 |
rmsprop_momentum .9 | rmsprop_decay .9 | quantize_delay -1 |
learning_rate_decay_type exponential | learning_rate .01 |
end_learning_rate 1e-4 | label_smoothing 0 | learning_rate_decay_factor .94 |
num_epochs_per_decay 2.0 | sync_replicas false | replicas_to_aggregate 1 |
moving_average_decay | dataset_name imagenet | dataset_split_name train |
dataset_dir | labels_offset 0 | preprocessing_name | batch_size 32 |
train_image_size | max_number_of_steps | use_grayscale false |
checkpoint_path | checkpoint_exclude_scopes | trainable_scopes |
ignore_missing_vars false
"""


def _command(*arguments):
  return [
    sys.executable,
    os.path.join(program_testing.PROJECT, f'{_PROGRAM}.py'),
    *arguments,
  ]


def _default(text):
  """A flag's default as text, so that 4e-5 and 0.00004 are the same."""
  try:
    return str(float(text))
  except ValueError:
    return text.strip("'")


def _values(train_dir):
  """Returns {name: array} of a folder's newest checkpoint."""
  reader = tf.train.load_checkpoint(train_dir)
  return {
    name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()
  }


class TrainingTest(tf.test.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())

  def path(self, name):
    return os.path.join(self.folder, name)

  def test_train_and_resume(self):
    """Stopped by Ctrl-C and started again: as if it had never stopped."""
    stopped, straight = self.path('stopped'), self.path('straight')
    flags = (
      *_DIGITS,
      '--implementation=fast',
      '--dropout_keep_prob=1.0',
      '--moving_average_decay=0.9',
      '--num_epochs_per_decay=0.01',
      '--num_clones=2',
    )
    step, output = self._train_until_ctrl_c(*flags, f'--train_dir={stopped}')
    self.assertIn(f'\nStopping\nSaved {stopped}/model.ckpt-{step}\n', output)
    # settling.py takes 20 steps into the averages, of one run here.
    last_step = step + 20
    flags += (f'--max_number_of_steps={last_step}',)
    again, done, other = program_testing.run(
      _PROGRAM,
      (*flags, f'--train_dir={stopped}'),
      (*flags, f'--train_dir={stopped}'),
      (*flags, f'--train_dir={straight}'),
    )
    for result in (again, done, other):
      self.assertEqual(0, result.status, result.stderr)
    self.assertIn(f'steps {step} to {last_step}\n', again.stdout)
    self.assertIn(f'step {step + 1}/{last_step} ', again.stdout)
    self.assertNotIn(f'step {step}/{last_step} ', again.stdout)
    self.assertIn(f'is at step {last_step}: nothing is left', done.stdout)
    self.assertNotIn('images/s', done.stdout)
    self._check_same(_values(straight), _values(stopped))
    self._check_output(other.stdout, straight, last_step)
    self._check_files(straight, last_step)

  def _train_until_ctrl_c(self, *flags):
    """Returns the step at which it stopped, and what it had printed."""
    # Shells start jobs in the background with Ctrl-C ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(
      _command(*flags),
      env=program_testing.environment(),
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
    """Bit for bit, save batch norm's averages: they are measured anew."""
    self.assertEqual(sorted(expected), sorted(values))
    for name, value in expected.items():
      if 'moving' in name:
        self.assertAllClose(value, values[name], msg=name)
      else:
        self.assertAllEqual(value, values[name], name)

  def _check_output(self, output, train_dir, last_step):
    lines = output.splitlines()
    self.assertEqual(
      [
        '--num_clones has no effect: training runs on one device; raise '
        '--batch_size.',
        gpu.describe_device(),
        'mobilenet_v1_025 (fast, NHWC float32) on digits train: 1437 images, '
        f'10 classes, 32 pixels, steps 0 to {last_step}',
      ],
      lines[:3],
    )
    self.assertLen(lines, 3 + last_step + 1)
    self.assertRegex(
      lines[3],
      (
        rf'^step 1/{last_step}  loss \d\.\d+  accuracy [01]\.\d\d  rate 0\.01  '
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
    values = _values(train_dir)
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
    self.assertEqual(
      {
        'model_name': 'mobilenet_v1_025',
        'implementation': 'fast',
        'num_classes': 10,
        'image_size': 32,
        'preprocessing_name': 'lenet',
        'use_grayscale': False,
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
      ['loss', 'accuracy', 'learning_rate', 'loss_scale', 'images_per_second'],
      scalars,
    )
    # A stair is 0.01 * 1437 / 8 = 1.8 steps, so one.
    self.assertAllClose(
      {step + 1: 0.01 * 0.94**step for step in range(last_step)},
      scalars['learning_rate'],
    )
    self.assertEqual({1.0}, set(scalars['loss_scale'].values()))

  def test_short_runs(self):
    """Flags, folded weights, float16, fine-tuning, a bad image, divergence."""
    first, second = self.path('float16'), self.path('tuned')
    photos = image_files.write_folder(self.path('photos'), 'abc', 6)
    bad = image_files.write(photos, 'b/06.png', b'no image')
    fast = ('--implementation=fast', '--compute_dtype=float16')
    folder = (
      *_SMALL,
      '--dataset_name=image_folder',
      f'--dataset_dir={photos}',
      '--validation_fraction=0',
    )
    tune = (
      *folder,
      f'--checkpoint_path={first}',
      '--optimizer=sgd',
      '--trainable_scopes=MobilenetV1/Logits',
      '--max_bad_images=1',
      '--preprocessing_name=lenet',
      f'--train_dir={second}',
    )
    folded = self._save_folded_weights()
    flags, unfolded, *runs = program_testing.run(
      _PROGRAM,
      ('--helpxml',),  # which absl knows in the first run of a process
      (
        *_DIGITS,
        '--implementation=fast',
        f'--checkpoint_path={folded}',
        f'--train_dir={self.path("unfolded")}',
        '--num_epochs=0.001',
      ),
      (
        *_DIGITS,
        *fast,
        f'--train_dir={first}',
        '--max_number_of_steps=12',
        '--learning_rate_decay_type=polynomial',
      ),
      (*tune, '--max_number_of_steps=4'),
      (
        *folder,
        *fast,
        f'--train_dir={self.path("bad")}',
        '--num_epochs=2',
        '--seed=1',
      ),  # which meets it as its 18th image
      (*tune, '--max_number_of_steps=9', '--learning_rate=1e38'),
    )
    self._check_flags(flags.stdout)
    self.assertEqual(0, unfolded.status, unfolded.stderr)
    self.assertIn(
      'Batch norm is folded into these weights: measured anew on 8 '
      'training images.\n',
      unfolded.stdout,
    )
    self._check_float16(runs[0], first)
    self._check_fine_tuning(runs[1], first, second, bad)
    self._check_bad_image(runs[2], bad)
    program_testing.assert_fails(
      self,
      _PROGRAM,
      runs[3],
      f'the loss is not finite at step 6: .*{second}/model.ckpt-4$',
    )
    self.assertEqual(4, _values(second)['global_step'])

  def _check_bad_image(self, result, bad):
    """The steps before it are not lost."""
    train_dir = self.path('bad')
    step = _values(train_dir)['global_step']
    self.assertEqual(2, step)
    program_testing.assert_fails(
      self,
      _PROGRAM,
      result,
      f'{bad}: .*; training so far is in {train_dir}/model.ckpt-{step}$',
    )
    self.assertContainsSubset(
      ['labels.txt', 'model.json'], os.listdir(train_dir)
    )

  def _check_float16(self, result, train_dir):
    self.assertEqual(0, result.status, result.stderr)
    values = _values(train_dir)
    # The first steps overflow; each halves the scale.
    skipped = 12 - values['loss_scale_good_steps']
    self.assertBetween(skipped, 0, 11)
    self.assertEqual(2.0 ** (15 - skipped), values['loss_scale'])
    scalars = event_files.scalars(train_dir)
    self.assertAllClose(
      {step + 1: 1e-4 + (0.01 - 1e-4) * (1 - step / 12) for step in range(12)},
      scalars['learning_rate'],
    )
    self.assertEqual(2.0**15, scalars['loss_scale'][1])
    self.assertEqual(2.0 ** (15 - skipped), scalars['loss_scale'][12])

  def _check_fine_tuning(self, result, first, second, bad):
    self.assertEqual(0, result.status, result.stderr)
    self.assertIn(f'Checkpoint {first}/model.ckpt-12, step 12\n', result.stdout)
    self.assertRegex(result.stdout, r'\n\d+ other scopes +\d+ +2 +0\n')
    self.assertIn(f'Skipped {bad}: ', result.stdout)
    before, after = _values(first), _values(second)
    self.assertEqual((3,), after[f'{_HEAD}/biases'].shape)
    self.assertNotAllClose(np.zeros(3), after[f'{_HEAD}/biases'])
    kept = [
      name
      for name in after
      if not name.startswith(_HEAD)
      and name.endswith(('weights', 'gamma', 'beta'))
    ]
    self.assertLen(kept, 81)
    for name in kept:
      self.assertAllEqual(before[name], after[name], name)

  def _save_folded_weights(self):
    """Returns the folder of a checkpoint whose batch norms do nothing."""
    model = Model('mobilenet_v1_025', 10, 'fast')
    model.build(32)
    for name, variable in model.trainable_variables_by_name.items():
      if name.endswith('beta'):
        variable.assign(variable + 0.5)
    folder = self.path('folded')
    writer_lib.save(writer_lib.make_writer(model.variables_by_name, folder), 0)
    return folder

  def _check_flags(self, helpxml):
    """They are slim's, with slim's defaults."""
    defaults = {
      flag.findtext('name'): flag.findtext('default')
      for flag in ElementTree.fromstring(helpxml).iter('flag')
    }
    rows = [row.split() for row in _SLIM_FLAGS.split('|')]
    self.assertLen(rows, 50)
    for name, *default in rows:
      self.assertEqual(
        _default(*default or ['']), _default(defaults[name]), name
      )
    self.assertEqual('mobilenet_v2', defaults['model_name'])


if __name__ == '__main__':
  tf.test.main()
