"""doctor.py: one screen, JSON, and a status that scripts can go by."""

import contextlib
import io
import json
import os
import tempfile

from absl.testing import absltest

from datasets import folder_to_records
from datasets import tfrecord
from tests.helpers import image_files
from tests.helpers import programs


def _write_records(folder):
  """Returns folders: of records of which one is damaged, of one file less."""
  source = image_files.write_folder(f'{folder}/source', 'ab', 2)
  flipped, fewer = f'{folder}/flipped', f'{folder}/fewer'
  for output in flipped, fewer:
    with contextlib.redirect_stdout(io.StringIO()):
      folder_to_records.convert(source, output, 2, 0.0)
  name = 'train-00001-of-00002.tfrecord'
  with open(f'{flipped}/{name}', 'r+b') as file:
    file.seek(tfrecord.record_offsets(f'{flipped}/{name}')[1] + 50)
    file.write(b'????')
  os.remove(f'{fewer}/{name}')
  return flipped, fewer


class DoctorTest(absltest.TestCase):
  def test_a_folder_and_wrong_input(self):
    folder = self.enter_context(tempfile.TemporaryDirectory())
    for split, count in ('train', 11), ('validation', 10):
      image_files.write_folder(f'{folder}/{split}', ['a', 'b'], count)
    image_files.write(folder, 'train/a/bad.png', b'no image')
    data = ['--dataset_name=image_folder', f'--dataset_dir={folder}']
    flipped, fewer = _write_records(
      self.enter_context(tempfile.TemporaryDirectory())
    )
    text, as_json, healthy, damaged, *wrong = programs.run(
      'doctor',
      data,
      [*data, '--json'],
      ['--dataset_name=digits'],
      ['--dataset_name=tfrecord', f'--dataset_dir={flipped}'],
      ['--dataset_name=tfrecord', f'--dataset_dir={fewer}'],
      [],
      ['--dataset_name=image_folder', '--dataset_dir=/nowhere'],
      [f'--checkpoint_path={folder}'],
    )
    self.assertEqual(1, text.status, text.stderr)
    self.assertLessEqual(max(map(len, text.stdout.splitlines())), 80)
    self.assertNotIn(folder, text.stdout)
    self.assertIn('\n  train/a/bad.png: not a JPEG', text.stdout)
    self.assertIn('\n  train/a/00.png = validation/a/00.png\n', text.stdout)
    self.assertRegex(text.stdout, r'train +22 +1 +16 +24')
    self.assertEqual(0, healthy.status, healthy.stderr)
    self.assertEndsWith(healthy.stdout, '\n\nTo look at: nothing\n')
    # The seeds of write_folder begin anew in each split.
    self.assertIn('in several splits', text.stdout)
    found = json.loads(as_json.stdout)['data_set']
    self.assertEqual([11, 11], found['splits'][0]['counts'])
    self.assertIn(
      f'{folder}/train/a/bad.png: ', found['splits'][0]['unreadable'][0]
    )
    self.assertEqual(20, found['shared'])
    self.assertEqual(1, damaged.status, damaged.stderr)
    self.assertIn('-00001-of-00002.tfrecord record 1: damaged', damaged.stdout)
    programs.assert_all_fail(
      self,
      'doctor',
      (
        ([], f'{fewer}: train-00001-of-00002.tfrecord: 1 of 2 files are miss'),
        ([], 'give --dataset_name'),
        ([], 'dataset_dir /nowhere: No such'),
        ([], f'{folder} has no checkpoint'),
      ),
      wrong,
    )


if __name__ == '__main__':
  absltest.main()
