"""Augmentation in batches: in all threads and after a stop the same."""

import numpy as np
import tensorflow as tf

from datasets import preprocessing
from datasets.augmentation import Augmentation
from datasets.example import Example
from tests.helpers import batches as batches_testing

_ALL = Augmentation(2, 9.0, 0.5, 0.4, 1.0)


class AugmentationTest(batches_testing.TestCase):
  def run_batches(self, steps=1, augmentation=_ALL, **options):
    return batches_testing.concatenated(
      batches_testing.training(
        self.get_dataset(), 4, 32, augmentation=augmentation, **options
      ),
      steps,
    )

  def test_runs_repeat_and_resume_exactly(self):
    images, labels = self.run_batches(7, num_preprocessing_threads=1)
    self.assertEqual((28, 2), labels.shape)
    self.assertEqual(np.uint8, images.dtype)
    again = self.run_batches(7, num_preprocessing_threads=4)
    tail = self.run_batches(3, first_step=4)
    self.assertAllEqual(images, again[0])
    self.assertAllEqual(labels, again[1])
    self.assertAllEqual(images[16:], tail[0])
    self.assertAllEqual(labels[16:], tail[1])
    self.assertNotAllClose(labels, self.run_batches(7, seed=1)[1])

  def test_each_changes_the_batches(self):
    plain = self.run_batches(4, Augmentation())
    self.assertEqual((16,), plain[1].shape)
    for augmentation in (
      Augmentation(rand_augment_layers=1),
      Augmentation(random_erasing=1.0),
    ):
      images, labels = self.run_batches(4, augmentation)
      self.assertAllEqual(plain[1], labels)
      changed = (images != plain[0]).any(axis=-1)
      self.assertGreater(changed.mean(), 0.1)
    # Each is erased elsewhere.
    self.assertGreater(len(np.unique(changed, axis=0)), 12)
    # Without layers a magnitude does nothing.
    images, _ = self.run_batches(4, Augmentation(0, 10.0))
    self.assertAllEqual(plain[0], images)

  def test_magnitude_zero_changes_little(self):
    """What has no magnitude: autocontrast and equalize."""
    plain, _ = self.run_batches(4, Augmentation(), preprocessing_name='lenet')
    images, _ = self.run_batches(
      4, Augmentation(1, 0.0), preprocessing_name='lenet'
    )
    changed = (images != plain).any(axis=(1, 2, 3))
    self.assertBetween(changed.sum(), 0, 8)

  def test_what_is_grey_stays_grey(self):
    images, _ = self.run_batches(4, use_grayscale=True)
    self.assertAllEqual(images[..., 0], images[..., 1])
    self.assertAllEqual(images[..., 0], images[..., 2])
    self.assertGreater(np.std(images), 10)

  def test_what_has_a_place_does_not_move(self):
    """Columns of one colour stay so for boxes and masks, not for labels."""
    columns = np.linspace(20, 235, 16).astype(np.uint8)
    image = np.tile(columns[None, :, None], [16, 1, 3])

    def moved(kind):
      dataset = self.get_dataset()._replace(
        kind=kind,
        default_preprocessing='lenet',
        read=lambda index, choose_window: Example(image, np.int64(0)),
      )
      images, _ = batches_testing.concatenated(
        batches_testing.training(
          dataset, 40, 16, augmentation=Augmentation(2, 9.0)
        ),
        1,
      )
      self.assertGreater(len(np.unique(images, axis=0)), 10)
      return np.mean((images != images[:, :1]).any(axis=(1, 2, 3)))

    self.assertEqual(0.0, moved(preprocessing.BOXES))
    self.assertEqual(0.0, moved(preprocessing.MASKS))
    self.assertGreater(moved(preprocessing.LABELS), 0.2)


if __name__ == '__main__':
  tf.test.main()
