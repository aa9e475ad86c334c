"""Damaged and odd data from end to end: a line each, and training goes on."""

import os

import tensorflow as tf

from tests.helpers import image_files
from tests.helpers import programs
from tests.helpers import soak
from tests.helpers import training_runs

_ODD_NAMES = ('with space', 'ünï✓', os.fsdecode(b'caf\xe9'))


class HostileDataTest(training_runs.TestCase):
  def write_photos(self):
    """Odd names, a link that leads nowhere, and a pipe."""
    photos = image_files.write_folder(self.path('photos'), _ODD_NAMES, 4)
    os.symlink('/nowhere', os.path.join(photos, _ODD_NAMES[2], 'link.png'))
    os.mkfifo(os.path.join(photos, 'with space', 'pipe.png'))
    return photos

  @soak.slow
  def test_training(self):
    photos = self.write_photos()
    fewer = image_files.write(self.folder, 'fewer/labels.txt', b'0:a\n1:b')
    fewer = os.path.dirname(fewer)
    image_files.write(fewer, 'train-00000-of-00002', b'x')
    broken = image_files.write_folder(self.path('broken'), ['a', 'b\nc'], 2)
    flags = (
      *training_runs.SMALL,
      '--validation_fraction=0',
      f'--train_dir={self.path("run")}',
    )
    odd, *wrong = programs.run(
      training_runs.PROGRAM,
      (
        *flags,
        '--dataset_name=image_folder',
        f'--dataset_dir={photos}',
        '--max_bad_records=1',
        '--max_number_of_steps=2',
      ),
      (*flags, '--dataset_name=image_folder', f'--dataset_dir={broken}'),
      (*flags, '--dataset_name=tfrecord', f'--dataset_dir={fewer}'),
    )
    self.assertEqual(0, odd.status, odd.stderr)
    self.assertIn('skipped 1 file that is no image: pipe.png', odd.stderr)
    self.assertRegex(
      odd.stdout, r'Skipped .*/caf\\udce9/link.png: No such file'
    )
    programs.assert_all_fail(
      self,
      training_runs.PROGRAM,
      (
        ((), rf"{broken}: a class is called 'b\\nc', but labels.txt has"),
        ((), rf'{fewer}: train-00001-of-00002: 1 of 2 files are missing'),
      ),
      wrong,
    )


if __name__ == '__main__':
  tf.test.main()
