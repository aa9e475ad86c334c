"""doctor.py: one screen, JSON, and a status that scripts can go by."""

import json
import tempfile

from absl.testing import absltest

from tests.helpers import image_files
from tests.helpers import programs


class DoctorTest(absltest.TestCase):
  def test_a_folder_and_wrong_input(self):
    folder = self.enter_context(tempfile.TemporaryDirectory())
    for split, count in ('train', 11), ('validation', 10):
      image_files.write_folder(f'{folder}/{split}', ['a', 'b'], count)
    image_files.write(folder, 'train/a/bad.png', b'no image')
    data = ['--dataset_name=image_folder', f'--dataset_dir={folder}']
    text, as_json, healthy, *wrong = programs.run(
      'doctor',
      data,
      [*data, '--json'],
      ['--dataset_name=digits'],
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
    programs.assert_all_fail(
      self,
      'doctor',
      (
        ([], 'give --dataset_name'),
        ([], 'dataset_dir /nowhere: No such'),
        ([], f'{folder} has no checkpoint'),
      ),
      wrong,
    )


if __name__ == '__main__':
  absltest.main()
