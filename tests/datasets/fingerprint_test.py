"""The fingerprint of a data set: what changes it, and what does not."""

import json
import os
import shutil
import tempfile

from absl.testing import absltest
import numpy as np

from datasets import box_sets
from datasets import catalog
from datasets import fingerprint
from datasets import mask_sets
from tests.helpers import annotated_folders
from tests.helpers import image_files


class FingerprintTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enter_context(tempfile.TemporaryDirectory())

  def photos(self, folder='photos'):
    return catalog.get_dataset(
      'image_folder', 'train', os.path.join(self.folder, folder), 0.0
    ).fingerprint()

  def test_a_folder_of_images(self):
    photos = os.path.join(self.folder, 'photos')
    image_files.write_folder(photos, 'ab', 3)
    before = self.photos()
    self.assertEqual(before, self.photos())
    shutil.copytree(photos, os.path.join(self.folder, 'moved'))
    self.assertEqual(before, self.photos('moved'))
    seen = {before}
    for change in (
      lambda: os.rename(f'{photos}/a/00.png', f'{photos}/a/10.png'),
      lambda: os.rename(f'{photos}/a/10.png', f'{photos}/b/10.png'),
      lambda: self._append(f'{photos}/b/10.png'),
      lambda: os.remove(f'{photos}/b/10.png'),
    ):
      change()
      seen.add(self.photos())
    self.assertLen(seen, 5)

  def _append(self, path):
    with open(path, 'ab') as file:
      file.write(b'\0')

  def test_labels_alone(self):
    paths = ['/nowhere/a', '/nowhere/b']
    labels = [np.array(labels) for labels in ([0, 1], [1, 0], [0])]
    found = {fingerprint.of_files(paths, [one]) for one in labels}
    found.add(fingerprint.of_files(paths))
    found.add(fingerprint.of_files(paths[:1], labels[:1]))
    self.assertLen(found, 5)

  def test_boxes_and_masks(self):
    content = annotated_folders.write_coco(self.folder)
    annotated_folders.write_masks(self.folder)

    def both():
      return (
        box_sets.get_dataset('coco', 'val', self.folder).fingerprint(),
        mask_sets.get_dataset(
          'mask_folder', 'train', self.folder, 0.0
        ).fingerprint(),
      )

    boxes, masks = both()
    content['annotations'][0]['bbox'][0] += 1
    image_files.write(
      self.folder,
      'annotations/instances_val2017.json',
      json.dumps(content).encode(),
    )
    self._append(f'{self.folder}/masks/0.png')
    other_boxes, other_masks = both()
    self.assertNotEqual(boxes, other_boxes)
    self.assertNotEqual(masks, other_masks)
    self.assertEqual((other_boxes, other_masks), both())


if __name__ == '__main__':
  absltest.main()
