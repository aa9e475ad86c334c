"""The training programs with augmentation, weights and the rate finder."""

import os

import tensorflow as tf

from tests.helpers import checkpoints as checkpoint_testing
from tests.helpers import event_files
from tests.helpers import programs as program_testing
from tests.helpers import soak
from tests.helpers import training_runs

_ALL = (
  '--rand_augment_layers=2',
  '--random_erasing=0.5',
  '--mixup_alpha=0.4',
  '--cutmix_alpha=1',
  '--class_weights=balanced',
  '--label_smoothing=0.1',
)


@soak.slow
class AugmentedTrainingTest(training_runs.TestCase):
  def test_classifier(self):
    """Stopped and resumed as if straight on; and in slim; and what is wrong."""
    digits = (*training_runs.DIGITS, *_ALL)
    fast = (*digits, '--implementation=fast', '--dropout_keep_prob=1')
    wrong = (
      (('--class_weights=1,2',), 'class_weights: 2 numbers for the 10 classes'),
      (('--class_weights=no.txt',), 'class_weights no.txt: No such file'),
      (('--random_erasing=1.5',), r'.*random_erasing=1.5: .*\[0.0, 1.0\]'),
      (('--rand_augment_magnitude=11',), r'.*magnitude=11.*\[0.0, 10.0'),
      (('--mixup_alpha=-1',), '.*mixup_alpha=-1: .*non-negative'),
    )
    untouched = f'--train_dir={self.path("untouched")}'
    straight, begun, resumed, slim, rate, *failed = program_testing.run(
      training_runs.PROGRAM,
      (
        *fast,
        '--max_number_of_steps=4',
        f'--train_dir={self.path("straight")}',
      ),
      (*fast, '--max_number_of_steps=2', f'--train_dir={self.path("resumed")}'),
      (*fast, '--max_number_of_steps=4', f'--train_dir={self.path("resumed")}'),
      (*digits, '--max_number_of_steps=1', f'--train_dir={self.path("slim")}'),
      (*fast, '--find_learning_rate', f'--train_dir={self.path("rate")}'),
      *((*training_runs.DIGITS, untouched, *flags) for flags, _ in wrong),
    )
    for result in straight, begun, resumed, slim, rate:
      self.assertEqual(0, result.status, result.stderr)
    self._check_same()
    self.assertRegex(
      slim.stdout, r'\nstep 1/1  loss \d\.\d+  [Aa]ccuracy [01]\.\d\d '
    )
    self.assertRegex(rate.stdout, r'\nSuggested: --learning_rate=[\de.-]+, ')
    self.assertEqual(['learning_rate.png'], os.listdir(self.path('rate')))
    program_testing.assert_all_fail(self, training_runs.PROGRAM, wrong, failed)
    self.assertFalse(os.path.exists(self.path('untouched')))

  def _check_same(self):
    expected = checkpoint_testing.values(self.path('straight'))
    values = checkpoint_testing.values(self.path('resumed'))
    for name, value in expected.items():
      if 'moving' not in name:  # Those are measured anew.
        self.assertAllEqual(value, values[name], name)
    (images,) = event_files.images(self.path('straight'))['input'].values()
    self.assertLen(images, 8)


if __name__ == '__main__':
  tf.test.main()
