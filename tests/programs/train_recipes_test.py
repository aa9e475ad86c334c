"""Recipes, validation and resuming, by the programs that train and evaluate."""

import json
import os

import tensorflow as tf

from tests.helpers import checkpoints as checkpoint_testing
from tests.helpers import image_files
from tests.helpers import programs as program_testing
from tests.helpers import soak
from tests.helpers import training_runs

_HEAD = 'MobilenetV1/Logits'


@soak.slow
class TrainRecipesTest(training_runs.TestCase):
  def test_fine_tuning(self):
    """12 images train, 4 in a step: an epoch is frozen, which is 3 steps."""
    photos = image_files.write_folder(self.path('photos'), 'abc', 6)
    begun = (
      *training_runs.DIGITS,
      '--implementation=fast',
      f'--train_dir={self.path("begun")}',
      '--max_number_of_steps=2',
    )
    tune = (
      '--recipe=finetune',
      f'--dataset_dir={photos}',
      '--validation_fraction=0.3',
      f'--checkpoint_path={self.path("begun")}',
      '--implementation=fast',
      '--dropout_keep_prob=1.0',
      '--batch_size=4',
      '--learning_rate_decay_type=fixed',
      '--freeze_epochs=1',
      '--log_every_n_steps=1',
      '--validate_every_epochs=1',
    )
    straight, stopped = (
      (*tune, f'--train_dir={self.path(name)}')
      for name in ('straight', 'stopped')
    )
    resumed_alone = (  # from train_dir, which knows the network
      '--recipe=finetune',
      f'--dataset_dir={photos}',
      '--validation_fraction=0.3',
      f'--train_dir={self.path("straight")}',
    )
    diverged = (
      *training_runs.DIGITS,
      '--implementation=fast',
      f'--train_dir={self.path("diverged")}',
      '--max_number_of_steps=10',
      '--learning_rate=1e6',
      '--log_every_n_steps=5',
    )
    (_, *results) = program_testing.run(
      training_runs.PROGRAM,
      begun,
      (*straight, '--max_number_of_steps=6'),
      (*stopped, '--max_number_of_steps=4'),
      (*stopped, '--max_number_of_steps=6'),
      (*straight, '--max_number_of_steps=7', '--batch_size=2', '--seed=1'),
      (*resumed_alone, '--max_number_of_steps=7', '--batch_size=2'),
      (*resumed_alone, '--model_name=nasnet_mobile', '--dataset_dir=nowhere'),
      ('--recipe=finetune', f'--train_dir={self.path("nothing")}'),
      (
        *begun,
        f'--train_dir={self.path("hinted")}',
        f'--checkpoint_path={self.path("begun")}',
      ),
      (*begun, f'--train_dir={self.path("adam")}', '--optimizer=adam'),
      diverged,
      (*begun, '--validate_every_epochs=1'),
    )
    whole, _, resumed, other, alone, nasnet, nothing, *rest = results
    hinted, adam, diverged, late = rest
    self._check_recipe(whole)
    self._check_frozen(whole)
    self._check_resumed(resumed)
    self._check_differences(other)
    self._check_without_a_checkpoint(alone, nasnet, nothing)
    self._check_hints(hinted, adam)
    self.assertEqual(0, diverged.status)
    self.assertEqual(1, diverged.stdout.count('training has diverged'))
    self.assertRegex(
      late.stdout,
      r'\nepoch 0.011/0.011  validation Accuracy \d\.\d{3}, best\n.*is left',
    )

  def _check_without_a_checkpoint(self, alone, nasnet, nothing):
    self.assertEqual(0, alone.status, alone.stderr)
    self.assertIn('--model_name=mobilenet_v1_025', alone.stdout)
    self.assertIn('--train_image_size=32', alone.stdout)
    self.assertIn('is at step 7: nothing is left to train', alone.stdout)
    self.assertIn('--num_epochs=21', nasnet.stdout)
    self.assertNotIn('freeze', nasnet.stdout)
    self.assertIn('nowhere', nasnet.stderr)
    program_testing.assert_fails(
      self,
      training_runs.PROGRAM,
      nothing,
      '--recipe=finetune starts from a che',
    )

  def _check_hints(self, hinted, adam):
    self.assertIn('--recipe=finetune is better.\n', hinted.stdout)
    self.assertNotIn('opt_epsilon', hinted.stdout)
    self.assertIn('hardly adapts: add --opt_epsilon=1e-8.\n', adam.stdout)
    self.assertNotIn('finetune', adam.stdout)

  def _check_recipe(self, result):
    self.assertEqual(0, result.status, result.stderr)
    recipe, rest = result.stdout.split('\nCheckpoint ')
    self.assertEqual(
      'Recipe finetune: --optimizer=adam --opt_epsilon=1e-08 '
      '--learning_rate=0.0003 --head_learning_rate_multiplier=10 '
      '--end_learning_rate=0 --label_smoothing=0.1 '
      '--moving_average_decay=0.99 --dataset_name=image_folder '
      '--model_name=mobilenet_v1_025 --train_image_size=32',
      ' '.join(recipe.split()),
    )
    self.assertNotIn('finetune', rest)
    self.assertIn('\nValidated on image_folder validation: 6 images\n', rest)
    self.assertRegex(
      rest,
      r'\nepoch 1/\S+  loss \d\.\d+  Accuracy \d\.\d\d  '
      r'validation Accuracy \d\.\d{3}, best',
    )
    self.assertRegex(
      rest,
      rf'\nBest: Accuracy \d\.\d+, step \d, in {self.path("straight")}/best\n',
    )

  def _check_frozen(self, result):
    """The first checkpoint is of the first epoch."""
    del result
    train_dir = self.path('straight')
    steps = sorted(
      int(name.split('-')[1].split('.')[0])
      for name in os.listdir(train_dir)
      if name.endswith('.index')
    )
    before = checkpoint_testing.values(self.path('begun'))
    frozen, after = (
      checkpoint_testing.values(os.path.join(train_dir, f'model.ckpt-{step}'))
      for step in (steps[0], 6)
    )
    body = [
      name
      for name in before
      if name.startswith('MobilenetV1')
      and not name.startswith(_HEAD)
      and 'RMSProp' not in name
    ]
    self.assertLen(body, 135)
    for name in body:
      self.assertAllEqual(before[name], frozen[name], name)
      if name.endswith('weights'):
        self.assertNotAllEqual(before[name], after[name], name)
        self.assertAllEqual(0 * before[name], frozen[f'{name}/Adam'])
    self.assertNotAllEqual(0, frozen[f'{_HEAD}/Conv2d_1c_1x1/weights/Adam'])

  def _check_resumed(self, result):
    """As if it had never stopped, save batch norm's averages."""
    self.assertEqual(0, result.status, result.stderr)
    self.assertEqual(1, result.stdout.count(' was begun'))
    self.assertIn('\n--max_number_of_steps was 4 when ', result.stdout)
    wanted = checkpoint_testing.values(self.path('straight') + '/model.ckpt-6')
    values = checkpoint_testing.values(self.path('stopped') + '/model.ckpt-6')
    self.assertEqual(sorted(wanted), sorted(values))
    for name, value in wanted.items():
      if 'moving' not in name:
        self.assertAllEqual(value, values[name], name)

  def _check_differences(self, result):
    self.assertEqual(0, result.status, result.stderr)
    train_dir = self.path('straight')
    for line in (
      f'--batch_size was 4 when {train_dir} was begun, now it is 2.',
      f'--seed was 0 when {train_dir} was begun, now it is 1.',
    ):
      self.assertIn(f'{line}\n', result.stdout)
    self._check_evaluation(train_dir)

  def _check_evaluation(self, train_dir):
    """The best one comes out as it did, by its moving averages, unasked."""
    best = os.path.join(train_dir, 'best')
    out = [self.path(name) for name in ('averages', 'weights')]
    # As it was validated: by itself it takes bfloat16 where that is faster.
    flags = (f'--checkpoint_path={best}', '--compute_dtype=float32')
    for result in program_testing.run(
      'eval_image_classifier',
      (*flags, f'--eval_dir={out[0]}'),
      (*flags, f'--eval_dir={out[1]}', '--moving_average_decay=0'),
    ):
      self.assertEqual(0, result.status, result.stderr)
    averages, weights = (
      json.load(open(os.path.join(folder, name)))['metrics']
      for folder in out
      for name in os.listdir(folder)
      if name.endswith('.json')
    )
    with open(os.path.join(best, 'best.json'), encoding='utf-8') as file:
      validated = json.load(file)
    self.assertEqual(validated['value'], averages['Accuracy'])
    self.assertAllClose(validated['metrics']['loss'], averages['loss'], 1e-4)
    self.assertNotAllClose(weights['loss'], averages['loss'], 1e-3)


if __name__ == '__main__':
  tf.test.main()
