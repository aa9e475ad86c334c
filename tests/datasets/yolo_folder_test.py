"""Folders of images and text files of boxes."""

import os
import tempfile

from absl.testing import absltest
from absl.testing import parameterized
import numpy as np

from base.errors import InputError
from datasets import yolo_folder
from tests.helpers import image_files


class YoloFolderTest(parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enter_context(tempfile.TemporaryDirectory())
    self.write('classes.txt', 'cat\ndog\n')

  def write(self, name, text=''):
    return image_files.write(self.folder, name, text.encode())

  def test_boxes_by_hand(self):
    path = self.write('images/train/a.jpg')
    self.write('images/train/b.PNG')
    self.write('images/val/c.jpg')
    self.write(
      'labels/train/a.txt', '1 0.5 0.25 0.2 0.5\n\n0 0.8335 0.5 0.3334 1\n'
    )
    self.write('labels/val/c.txt')
    images, label_names = yolo_folder.load(self.folder, 'train')
    self.assertEqual(('cat', 'dog'), label_names)
    self.assertEqual([path, path[:-5] + 'b.PNG'], [one.path for one in images])
    np.testing.assert_allclose(
      [[0, 0.4, 0.5, 0.6], [0, 0.6668, 1, 1]],  # cut at the edge
      images[0].boxes.corners,
      rtol=1e-6,
    )
    self.assertEqual([1, 0], images[0].boxes.labels.tolist())
    self.assertEqual((0, 4), images[1].boxes.corners.shape)
    held_out, _ = yolo_folder.load(self.folder, 'validation')
    self.assertLen(held_out, 1)

  def test_undivided_folder_is_divided_by_name(self):
    for number in range(40):
      self.write(f'images/{number}.jpg')
      self.write(f'labels/{number}.txt')
    splits = [
      {one.path for one in yolo_folder.load(self.folder, name)[0]}
      for name in ('train', 'validation')
    ]
    self.assertLen(splits[0] | splits[1], 40)
    self.assertEmpty(splits[0] & splits[1])
    self.assertBetween(len(splits[1]), 2, 16)

  @parameterized.parameters(
    ('2 0.5 0.5 0.1 0.1', 'class 2 is none of the 2'),
    ('-1 0.5 0.5 0.1 0.1', 'class -1 is none of the 2'),
    ('0 0.5 0.5 0.1', 'want class, x, y, width, height'),
    ('cat 0.5 0.5 0.1 0.1', 'want class, x, y, width, height'),
    ('0 0.5 0.5 inf 0.1', 'not finite'),
    ('0 0.97 0.5 0.1 0.1', 'the box .* outside'),
    ('0 0.5 0.5 0 0.1', 'the box .* has no area'),
    ('0 0.5 0.5 -0.1 0.1', 'the box .* has no area'),
  )
  def test_wrong_line(self, line, message):
    self.write('images/train/a.jpg')
    self.write('labels/train/a.txt', f'0 0.5 0.5 0.1 0.1\n{line}\n')
    with self.assertRaisesRegex(InputError, rf'a\.txt: line 2: {message}'):
      yolo_folder.load(self.folder, 'train')

  def test_missing_and_doubtful(self):
    self.write('images/train/a.jpg')
    with self.assertRaisesRegex(InputError, 'labels/train: No such file'):
      yolo_folder.load(self.folder, 'train')
    with self.assertRaisesRegex(InputError, 'no folder for the split val'):
      yolo_folder.load(self.folder, 'validation')
    self.write('labels/train/b.txt')
    with self.assertRaisesRegex(InputError, r'b\.txt: there is no such image'):
      yolo_folder.load(self.folder, 'train')
    self.write('images/train/a.png')
    with self.assertRaisesRegex(InputError, 'the same text file'):
      yolo_folder.load(self.folder, 'train')
    os.remove(os.path.join(self.folder, 'classes.txt'))
    with self.assertRaisesRegex(InputError, 'classes.txt: No such file'):
      yolo_folder.load(self.folder, 'train')


if __name__ == '__main__':
  absltest.main()
