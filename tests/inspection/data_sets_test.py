"""A data set's faults are found, each by the image that has it."""

import shutil
import tempfile

from absl.testing import absltest
import numpy as np

from datasets import annotations
from datasets import kinds
from datasets.kinds import DatasetOptions
from inspection import data_sets
from tests.helpers import image_files


class DataSetsTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enter_context(tempfile.TemporaryDirectory())
    image_files.write_folder(f'{self.folder}/train', ['a', 'b'], 12)
    for name, seed in (('a', 100), ('b', 200)):
      image_files.write(
        self.folder,
        f'validation/{name}/0.png',
        image_files.encode(image_files.noise(seed, 40, 30)),
      )

  def inspect(self):
    splits = [
      kinds.LABELS.open(DatasetOptions('image_folder', name, self.folder, 0.2))
      for name in ('train', 'validation')
    ]
    return data_sets.inspect(splits, kinds.LABELS.labels_in)

  def test_counts_and_sizes(self):
    train, validation = self.inspect().splits
    self.assertEqual(('train', 24, (12, 12)), train[:3])
    self.assertEqual(((16, 16, 16), (24, 24, 24)), train[3:5])
    self.assertEqual(('validation', 2, (1, 1)), validation[:3])
    self.assertEqual(((40, 40, 40), (30, 30, 30)), validation[3:5])

  def test_the_same_pixels_in_two_splits(self):
    # Another file, but the same image.
    image_files.write(
      self.folder,
      'validation/b/copy.bmp',
      image_files.encode(image_files.noise(0), 'BMP'),
    )
    report = self.inspect()
    self.assertEqual(
      (
        (
          f'{self.folder}/train/a/00.png',
          f'{self.folder}/validation/b/copy.bmp',
        ),
      ),
      report.duplicates,
    )
    self.assertEqual(1, report.shared)
    self.assertIn('trained on', report.warnings[-1])

  def test_a_copy_within_a_split_is_not_shared(self):
    folder = f'{self.folder}/train/b'
    shutil.copy(f'{folder}/00.png', f'{folder}/99.png')
    report = self.inspect()
    self.assertLen(report.duplicates, 1)
    self.assertEqual(0, report.shared)

  def test_damage_is_named(self):
    path = image_files.write(self.folder, 'train/a/bad.png', b'no image')
    train, _ = self.inspect().splits
    self.assertEqual(24, train.num_images)
    self.assertLen(train.unreadable, 1)
    self.assertStartsWith(train.unreadable[0], f'{path}: not a ')

  def test_imbalance(self):
    for i in range(110):
      image_files.write(
        self.folder,
        f'train/a/more{i}.png',
        image_files.encode(image_files.noise(1000 + i, 4, 4)),
      )
    # 122 against 12.
    self.assertIn(
      'train: the largest class has 10 times the images of the smallest',
      self.inspect().warnings,
    )

  def test_classes_on_an_image(self):
    boxes = annotations.make_boxes([(0, 0, 0.5, 0.5)] * 3, [4, 2, 4])
    targets = annotations.fill_up(boxes, 5, (8, 8), 0)
    self.assertEqual({2, 4}, kinds.BOXES.labels_in(targets))
    mask = np.uint8([[0, 3], [255, 3]])
    self.assertEqual({0, 3}, kinds.MASKS.labels_in(mask))


if __name__ == '__main__':
  absltest.main()
