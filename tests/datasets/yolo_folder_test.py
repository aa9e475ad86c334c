"""Folders of images and text files of boxes."""

import os
import tempfile

from absl.testing import absltest
from absl.testing import parameterized
import numpy as np

from base.errors import InputError
from datasets import yolo_folder
from tests.helpers import annotated_folders
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

  def test_polygons(self):
    """Their box: as trainers of the format take them."""
    self.write('images/train/a.jpg')
    self.write(
      'labels/train/a.txt',
      '1 0.5 0.1 0.9 0.4 0.3 0.8\n0 0 0.2 0.1 0.2 0.1 1.0005 0 1\n',
    )
    (image,), _ = yolo_folder.load(self.folder, 'train')
    np.testing.assert_allclose(
      [[0.1, 0.3, 0.8, 0.9], [0.2, 0, 1, 0.1]], image.boxes.corners, rtol=1e-6
    )
    self.assertEqual([1, 0], image.boxes.labels.tolist())

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
    ('0 0.5 0.5 0.1 0.1 0.9', 'want class, x, y, width, height'),
    ('0 0.5 0.5 0.1 0.1 0.9 0.1 1', 'want class, x, y, width, height'),
    ('0 0.5 0.5 0.1 nan 0.2 0.2', 'not finite'),
    ('0 0.5 0.5 0.1 0.1 1.2 0.2', 'the box .* outside'),
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

  def test_names(self):
    self.write('images/train/a.jpg')
    self.write('labels/train/a.txt')
    self.write('classes.txt', 'cat\ndog\n\n')
    _, label_names = yolo_folder.load(self.folder, 'train')
    self.assertEqual(('cat', 'dog'), label_names)
    self.write('classes.txt', 'cat\ncat\n')
    with self.assertRaisesRegex(
      InputError, r"classes\.txt: 2 classes are call"
    ):
      yolo_folder.load(self.folder, 'train')

  def test_names_where_labelimg_writes_them(self):
    os.remove(os.path.join(self.folder, 'classes.txt'))
    for number in range(20):
      self.write(f'images/{number}.jpg')
      self.write(f'labels/{number}.txt', '1 0.5 0.5 0.1 0.1')
    self.write('labels/classes.txt', 'ant\nbee\n')
    _, label_names = yolo_folder.load(self.folder, 'train')
    self.assertEqual(('ant', 'bee'), label_names)
    self.write('classes.txt', 'cat\ndog\n')
    _, label_names = yolo_folder.load(self.folder, 'train')
    self.assertEqual(('cat', 'dog'), label_names)

  def test_link_that_leads_nowhere(self):
    """No image without boxes: its labels are missing."""
    self.write('images/train/a.jpg')
    os.makedirs(os.path.join(self.folder, 'labels/train'))
    os.symlink('gone.txt', os.path.join(self.folder, 'labels/train/a.txt'))
    with self.assertRaisesRegex(InputError, r'labels/train/a\.txt: No such'):
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
    self.write('labels/train/c.txt')
    self.write('labels/train/d.txt')
    with self.assertRaisesRegex(InputError, r'b\.txt \(and 2 more\): there is'):
      yolo_folder.load(self.folder, 'train')
    self.write('images/train/a.png')
    with self.assertRaisesRegex(InputError, 'the same text file'):
      yolo_folder.load(self.folder, 'train')
    os.remove(os.path.join(self.folder, 'classes.txt'))
    with self.assertRaisesRegex(
      InputError,
      rf'^{self.folder}: no classes.txt, labels/classes.txt or data.yaml in it'
      rf'; write the names of the classes into {self.folder}/classes.txt, one '
      'a line, ',
    ):
      yolo_folder.load(self.folder, 'train')


class DataYamlTest(parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enter_context(tempfile.TemporaryDirectory())

  def write(self, text):
    image_files.write(self.folder, 'data.yaml', text.encode())

  def load(self, split_name='val'):
    images, label_names = yolo_folder.load(self.folder, split_name)
    names = [os.path.relpath(one.path, self.folder) for one in images]
    return images, names, label_names

  @parameterized.parameters(
    # Roboflow's, which names folders beside the one that it is in.
    """
    train: ../train/images
    val: ../valid/images
    nc: 3
    names: ['aeroplane', 'bicycle', 'bird']
    """,
    # Ultralytics', with a path of the machine that made it.
    """
    path: /home/somebody/datasets/planes  # dataset root
    train: train/images
    val: valid/images
    test:  # none
    names:
      0: aeroplane
      1: bicycle
      2: bird
    """,
    """
    path: .
    train: ./train/images/
    val: valid/images
    names: {2: bird, 0: aeroplane, 1: bicycle}
    """,
  )
  def test_exports(self, text):
    annotated_folders.write_yolo(self.folder, 'train', [0, 1])
    annotated_folders.write_yolo(self.folder, 'valid', [2])
    self.write(text)
    with self.assertRaisesRegex(InputError, 'split test; there is train, val'):
      self.load('test')
    for split_name in 'validation', 'val':
      images, names, label_names = self.load(split_name)
      self.assertEqual(['valid/images/2.png'], names)
      self.assertEqual(('aeroplane', 'bicycle', 'bird'), label_names)
      self.assertEqual([2], images[0].boxes.labels.tolist())
    images, names, _ = self.load('train')
    self.assertEqual(['train/images/0.png', 'train/images/1.png'], names)
    np.testing.assert_allclose(
      annotated_folders.corners(0), images[0].boxes.corners, atol=1e-6
    )

  def test_names_alone(self):
    """Without folders, and before classes.txt."""
    self.write('names: [a, b, 7]')
    image_files.write(self.folder, 'classes.txt', b'x')
    image_files.write(self.folder, 'images/val/a.png', b'')
    image_files.write(self.folder, 'labels/val/a.txt', b'2 0.5 0.5 0.1 0.1')
    _, names, label_names = self.load()
    self.assertEqual(['images/val/a.png'], names)
    self.assertEqual(('a', 'b', '7'), label_names)

  @parameterized.parameters(
    ('names: [a', 'not YAML'),
    ('{names: [a], d: 2020-13-45}', 'not YAML .*month'),
    ('- a', 'want names'),
    ('names: []', 'want names'),
    ('names: [a, b, a]', "data.yaml: 2 classes are called 'a'"),
    ('names: cat', 'want names'),
    ('names: {1: a, 2: b}', 'must be 0, 1, 2, ...; they are 1, 2'),
    ('{names: [a], nc: 2}', 'nc is 2, but there are 1 names'),
    ('{names: [a], val: ../../etc}', 'val is ../../etc, which is no folder in'),
    ('{names: [a], val: /etc}', 'val is /etc, which is no folder in'),
    ('{names: [a], val: [x, y]}', 'val must be one folder'),
    ('{names: [a], train: train}', 'no folder for the split val; there is tr'),
    ('{names: [a], val: train}', 'train: no images/ in this path'),
    ('{names: [!!python/object/apply:os.abort []]}', 'not YAML'),
  )
  def test_wrong(self, text, message):
    os.makedirs(os.path.join(self.folder, 'train'))
    self.write(text)
    with self.assertRaisesRegex(InputError, message) as caught:
      self.load()
    self.assertNotIn('\n', str(caught.exception))


if __name__ == '__main__':
  absltest.main()
