"""A run of an earlier version of this project is evaluated and goes on.

tests/golden/earlier_run is its train_dir, at step 5; earlier_run.json has what
that version made of it. Here the folder has suffered, besides.
"""

import json
import os
import pathlib
import shutil

import numpy as np
import tensorflow as tf

from tests.helpers import checkpoints as checkpoint_testing
from tests.helpers import programs as program_testing
from tests.helpers import soak
from tests.helpers import training_runs

_GOLDEN = pathlib.Path(program_testing.PROJECT, 'tests', 'golden')
_FLAGS = (
  *training_runs.TINY,
  '--moving_average_decay=0.9',
  '--learning_rate=0.003',
  '--max_number_of_steps=7',
)


class EarlierRunTest(training_runs.TestCase):
  def setUp(self):
    super().setUp()
    self.train_dir = self.path(self._testMethodName)
    shutil.copytree(_GOLDEN / 'earlier_run', self.train_dir)
    with open(_GOLDEN / 'earlier_run.json', encoding='utf-8') as file:
      self.golden = json.load(file)

  def test_evaluated(self):
    eval_dir = self.path('eval')
    (result,) = program_testing.run(
      'eval_image_classifier',
      (f'--checkpoint_path={self.train_dir}', f'--eval_dir={eval_dir}'),
    )
    self.assertEqual(0, result.status, result.stderr)
    with open(f'{eval_dir}/evaluation-model.ckpt-5.json') as file:
      metrics = json.load(file)['metrics']
    # Rounding depends on the processor's instructions.
    self.assertAllClose(
      self.golden['evaluation_loss'], metrics['loss'], rtol=1e-4
    )

  @soak.slow
  def test_goes_on(self):
    """Past a damaged checkpoint, which is kept; what changed is told."""
    before = checkpoint_testing.values(self.train_dir)
    self._damage()
    flags = (*_FLAGS, f'--train_dir={self.train_dir}')
    resumed, changed = program_testing.run(
      training_runs.PROGRAM,
      (*flags, '--max_checkpoints_to_keep=1'),
      (*flags, '--max_number_of_steps=8', '--optimizer=sgd', '--seed=3'),
    )
    for result in (resumed, changed):
      self.assertEqual(0, result.status, result.stderr)
    name = f'{self.train_dir}/damaged.model.ckpt-6'
    self.assertRegex(
      resumed.stderr, f'ckpt-6 .*damaged: .*kept as {name}, and .*ckpt-5 taken'
    )
    self.assertIn('steps 5 to 7\n', resumed.stdout)
    self.assertNotIn(' now it is ', resumed.stdout)
    self.assertCountEqual(
      [
        'damaged.model.ckpt-6.index',
        'model.ckpt-7.index',
        'model.ckpt-8.index',
      ],
      [file for file in os.listdir(self.train_dir) if file.endswith('.index')],
    )
    self._check_changes(before)
    for line in (
      '--optimizer was rmsprop when',
      '--seed was 0 when',
      '--max_number_of_steps was 7 when',
    ):
      self.assertIn(f'{line} {self.train_dir} was begun', changed.stdout)

  def _damage(self):
    """Makes a later checkpoint, of half the data."""
    for suffix in ('.index', '.data-00000-of-00001'):
      with open(f'{self.train_dir}/model.ckpt-5{suffix}', 'rb') as file:
        content = file.read()
      size = len(content) // 2 if 'data' in suffix else len(content)
      with open(f'{self.train_dir}/model.ckpt-6{suffix}', 'wb') as file:
        file.write(content[:size])
    with open(f'{self.train_dir}/checkpoint', 'w') as file:
      file.write('model_checkpoint_path: "model.ckpt-6"')

  def _check_changes(self, before):
    """The two steps change as much as they did in the earlier version."""
    after = checkpoint_testing.values(f'{self.train_dir}/model.ckpt-7')
    for name, norm in self.golden['norms_of_changes_by_steps_6_and_7'].items():
      self.assertAllClose(
        norm, np.linalg.norm(after[name] - before[name]), rtol=0.01, msg=name
      )


if __name__ == '__main__':
  tf.test.main()
