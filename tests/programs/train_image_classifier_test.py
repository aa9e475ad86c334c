"""The training program from end to end, at a few steps of a small network."""

import json
import os
from xml.etree import ElementTree

import numpy as np
import tensorflow as tf

from checkpoints import writer as writer_lib
from runtime.model import Model
from tests.helpers import checkpoints as checkpoint_testing
from tests.helpers import event_files
from tests.helpers import image_files
from tests.helpers import programs as program_testing
from tests.helpers import training_runs

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


def _default(text):
  """A flag's default as text, so that 4e-5 and 0.00004 are the same."""
  try:
    return str(float(text))
  except ValueError:
    return text.strip("'")


class TrainingTest(training_runs.TestCase):
  def test_short_runs(self):
    """Flags, folded weights, float16, fine-tuning, a bad image, divergence."""
    first, second = self.path('float16'), self.path('tuned')
    photos = image_files.write_folder(self.path('photos'), 'abc', 6)
    bad = image_files.write(photos, 'b/06.png', b'no image')
    fast = ('--implementation=fast', '--compute_dtype=float16')
    folder = (
      *training_runs.SMALL,
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
      training_runs.PROGRAM,
      ('--helpxml',),  # which absl knows in the first run of a process
      (
        *training_runs.DIGITS,
        '--implementation=fast',
        f'--checkpoint_path={folded}',
        f'--train_dir={self.path("unfolded")}',
        '--num_epochs=0.001',
      ),
      (
        *training_runs.DIGITS,
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
      training_runs.PROGRAM,
      runs[3],
      f'the loss is not finite at step 6: .*{second}/model.ckpt-4$',
    )
    self.assertEqual(4, checkpoint_testing.values(second)['global_step'])

  def _check_bad_image(self, result, bad):
    """The steps before it are not lost."""
    train_dir = self.path('bad')
    step = checkpoint_testing.values(train_dir)['global_step']
    self.assertEqual(2, step)
    program_testing.assert_fails(
      self,
      training_runs.PROGRAM,
      result,
      f'{bad}: .*; training so far is in {train_dir}/model.ckpt-{step}$',
    )
    self.assertContainsSubset(
      ['labels.txt', 'model.json'], os.listdir(train_dir)
    )

  def _check_float16(self, result, train_dir):
    self.assertEqual(0, result.status, result.stderr)
    self.assertEndsWith(result.stdout, f'\nCurves: {train_dir}/curve.png\n')
    with open(os.path.join(train_dir, 'flags.json'), encoding='utf-8') as file:
      self.assertEqual(12, json.load(file)['max_number_of_steps'])
    values = checkpoint_testing.values(train_dir)
    scalars = event_files.scalars(train_dir)
    # Steps that overflow, the first ones as a rule, halve the scale.
    scales = [scalars['loss_scale'][step] for step in range(1, 13)]
    scales.append(values['loss_scale'])
    halved = [after / before for before, after in zip(scales, scales[1:])]
    self.assertEqual(2.0**15, scales[0])
    self.assertContainsSubset(halved, [0.5, 1.0])
    self.assertIn(1.0, halved)
    good_steps = (halved[::-1] + [0.5]).index(0.5)  # since the last of them
    self.assertEqual(good_steps, values['loss_scale_good_steps'])
    self.assertAllClose(
      {step + 1: 1e-4 + (0.01 - 1e-4) * (1 - step / 12) for step in range(12)},
      scalars['learning_rate'],
    )

  def _check_fine_tuning(self, result, first, second, bad):
    self.assertEqual(0, result.status, result.stderr)
    self.assertIn(f'Checkpoint {first}/model.ckpt-12, step 12\n', result.stdout)
    self.assertRegex(result.stdout, r'\n\d+ other scopes +\d+ +2 +0\n')
    self.assertIn(f'Skipped {bad}: ', result.stdout)
    before, after = (
      checkpoint_testing.values(first),
      checkpoint_testing.values(second),
    )
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
