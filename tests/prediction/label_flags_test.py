"""Where the names of classes are found, and what must fit."""

import os
import tempfile

from absl.testing import absltest

from base.errors import InputError
from checkpoints.reader import Checkpoint
from datasets import kinds
from prediction import label_flags
from prediction.label_flags import LabelOptions
from tests.helpers import annotated_folders
from tests.helpers import image_files

_TEN = tuple('0123456789')


class LabelFlagsTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enterContext(tempfile.TemporaryDirectory())

  def write(self, name, *lines):
    return image_files.write(self.folder, name, '\n'.join(lines).encode())

  def find(self, num_classes, kind=kinds.BOXES, path=None, name=None, dir=None):
    return label_flags.find_label_names(
      LabelOptions(path, name, dir),
      kind,
      Checkpoint(os.path.join(self.folder, 'run', 'model.ckpt-7'), {}),
      num_classes,
    )

  def test_the_flag_then_the_data_set_then_the_checkpoints_folder(self):
    self.assertIsNone(self.find(2))
    self.write('run/labels.txt', '0:a', '1:b')
    self.assertEqual(('a', 'b'), self.find(2))
    self.assertEqual(_TEN, self.find(10, name='digits_scenes'))
    self.write('data/labels.txt', '0:c', '1:d')
    data = os.path.join(self.folder, 'data')
    self.assertEqual(('c', 'd'), self.find(2, dir=data))
    self.assertEqual(('c', 'd'), self.find(2, name='yolo_folder', dir=data))
    self.write('data/labels.txt', 'c', 'd')  # as a data set of masks has it
    self.assertEqual(('c', 'd'), self.find(2, dir=data))
    path = self.write('names.txt', 'e', 'f')
    self.assertEqual(('e', 'f'), self.find(2, path=path, dir=data))

  def test_masks_have_a_background(self):
    self.assertEqual(
      ('background', *_TEN),
      self.find(11, kind=kinds.MASKS, name='digits_scenes'),
    )

  def test_names_of_a_data_set_without_labels_txt(self):
    data = os.path.join(self.folder, 'coco')
    annotated_folders.write_coco(data, 'train2017')
    self.assertEqual(
      annotated_folders.NAMES, self.find(3, name='coco', dir=data)
    )

  def test_as_many_names_as_classes(self):
    path = self.write('names.txt', 'a', 'b', 'c')
    for options in ({'path': path}, {'name': 'digits_scenes'}):
      with self.assertRaisesRegex(
        InputError, r'names (3|10) classes, .*ckpt-7 has 2: .*--labels_path'
      ):
        self.find(2, **options)

  def test_what_is_not_there(self):
    with self.assertRaisesRegex(InputError, 'nowhere.txt: No such file'):
      self.find(2, path=os.path.join(self.folder, 'nowhere.txt'))
    with self.assertRaisesRegex(InputError, 'unknown data set of boxes dogs'):
      self.find(2, name='dogs')


if __name__ == '__main__':
  absltest.main()
