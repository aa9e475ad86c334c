"""Damaged and odd data from end to end: a line each, and training goes on."""

import os

import tensorflow as tf

from datasets import folder_to_records
from datasets import tfrecord
from tests.helpers import image_files
from tests.helpers import programs
from tests.helpers import training_runs

_ODD_NAMES = ('with space', 'ünï✓', os.fsdecode(b'caf\xe9'))


class HostileDataTest(training_runs.TestCase):
  def write_photos(self):
    """Odd names, a link that leads nowhere, and a pipe."""
    photos = image_files.write_folder(self.path('photos'), _ODD_NAMES, 4)
    os.symlink('/nowhere', os.path.join(photos, _ODD_NAMES[2], 'link.png'))
    os.mkfifo(os.path.join(photos, 'with space', 'pipe.png'))
    return photos

  def write_records(self):
    """Returns folders: of damaged records, and of one file less."""
    folder = self.create_tempdir().full_path
    source = image_files.write_folder(f'{folder}/source', 'ab', 8)
    folders = [f'{folder}/flipped', f'{folder}/fewer']
    for folder in folders:
      folder_to_records.convert(source, folder, 2, 0.0)
    path = os.path.join(folders[0], 'train-00001-of-00002.tfrecord')
    with open(path, 'r+b') as file:
      file.seek(tfrecord.record_offsets(path)[3] + 50)
      file.write(b'????')
    os.remove(os.path.join(folders[1], os.path.basename(path)))
    return folders

  def test_training(self):
    photos = self.write_photos()
    _, fewer = self.write_records()
    broken = image_files.write_folder(self.path('broken'), ['a', 'b\nc'], 2)
    flags = (
      *training_runs.SMALL,
      '--validation_fraction=0',
      f'--train_dir={self.path("run")}',
    )
    odd = (
      *flags,
      '--dataset_name=image_folder',
      f'--dataset_dir={photos}',
      '--max_bad_records=1',
    )
    begun, resumed, *wrong = programs.run(
      training_runs.PROGRAM,
      (*odd, '--max_number_of_steps=2'),
      (*odd, '--max_number_of_steps=3'),
      (*flags, '--dataset_name=image_folder', f'--dataset_dir={broken}'),
      (*flags, '--dataset_name=tfrecord', f'--dataset_dir={fewer}'),
    )
    for result in begun, resumed:
      self.assertEqual(0, result.status, result.stderr)
      self.assertIn('skipped 1 file that is no image: pipe.png', result.stderr)
    self.assertRegex(
      begun.stdout, r'Skipped .*/caf\\udce9/link.png: No such file'
    )
    programs.assert_all_fail(
      self,
      training_runs.PROGRAM,
      (
        ((), rf"{broken}: a class is called 'b\\nc', but labels.txt has"),
        ((), rf'{fewer}: train-00001-of-00002.tfrecord: 1 of 2 files are mis'),
      ),
      wrong,
    )

  def test_doctor(self):
    flipped, fewer = self.write_records()
    found, missing = programs.run(
      'doctor',
      *(
        ['--dataset_name=tfrecord', f'--dataset_dir={folder}']
        for folder in (flipped, fewer)
      ),
    )
    self.assertEqual(1, found.status, found.stderr)
    self.assertIn(
      'train-00001-of-00002.tfrecord record 3: damaged', found.stdout
    )
    programs.assert_fails(
      self, 'doctor', missing, f'{fewer}: train-00001-of-00002.tfr.*: 1 of 2 '
    )


if __name__ == '__main__':
  tf.test.main()
