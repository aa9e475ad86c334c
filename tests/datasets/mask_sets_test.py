"""Data sets of masks, as the input pipeline hands them to a task."""

from absl.testing import absltest
import numpy as np

from base.errors import InputError
from datasets import digits_scenes
from datasets import input_pipeline
from datasets import mask_sets
from datasets.input_pipeline import InputOptions


class MaskSetsTest(absltest.TestCase):
  def test_batches_of_scenes(self):
    dataset = mask_sets.get_dataset('digits_scenes', 'validation')
    self.assertEqual(11, dataset.num_classes)
    self.assertEqual(('background', '0', '1'), dataset.label_names[:3])
    batches = input_pipeline.evaluation_batches(
      dataset, InputOptions(3, digits_scenes.SIZE)
    )
    images, masks = next(iter(batches))
    scans = digits_scenes.load(is_training=False)
    for index in range(3):
      scene = digits_scenes.make_scene(scans, index)
      np.testing.assert_allclose(
        scene.image / 127.5 - 1, images[index], atol=1e-6
      )
      np.testing.assert_array_equal(scene.mask, masks[index])

  def test_unknown(self):
    with self.assertRaisesRegex(InputError, 'unknown data set of masks flow'):
      mask_sets.get_dataset('flowers', 'train')


if __name__ == '__main__':
  absltest.main()
