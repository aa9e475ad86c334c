"""Masks as COCO's own code reads them."""

from absl.testing import absltest
import numpy as np
from pycocotools.coco import COCO

from tasks.segmentation import coco_results


class CocoResultsTest(absltest.TestCase):
  def test_read_back_by_pycocotools(self):
    mask = np.array([[0, 1, 1], [2, 2, 0]])
    results = coco_results.to_json(mask, 7, (0, 10, 20), (0.5, 0.75, 1.0))
    self.assertEqual([10, 20], [one['category_id'] for one in results])
    self.assertEqual([0.75, 1.0], [one['score'] for one in results])
    coco = COCO()
    coco.dataset = {
      'images': [{'id': 7, 'height': 2, 'width': 3}],
      'categories': [{'id': 10}, {'id': 20}],
      'annotations': [],
    }
    coco.createIndex()
    read = coco.loadRes(results)
    for label, annotation in enumerate(read.loadAnns(read.getAnnIds()), 1):
      found = read.annToMask(annotation)
      self.assertEqual((mask == label).tolist(), found.astype(bool).tolist())

  def test_background_alone_is_nothing(self):
    self.assertEmpty(coco_results.to_json(np.zeros([2, 2], int), 1, (0,), (1,)))


if __name__ == '__main__':
  absltest.main()
