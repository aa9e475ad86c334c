"""Mixup and cutmix of batches, by hand."""

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from datasets import mixing
from datasets.augmentation import Augmentation

_SIZE = (24, 36)


def _masks(mixup_alpha, cutmix_alpha, count=400):
  return [
    mixing.random_mask(_SIZE, mixup_alpha, cutmix_alpha, [5, i])
    for i in range(count)
  ]


def _mixed(mixup_alpha, cutmix_alpha, seed=0, first_step=0, steps=6):
  """Returns batches of four images of one value each: 0, 60, 120 and 180."""
  values = np.arange(4, dtype=np.uint8) * 60
  images = np.tile(values[:, None, None, None], [1, *_SIZE, 3])
  batches = tf.data.Dataset.from_tensors((images, np.int64([4, 0, 2, 2])))
  augmentation = Augmentation(
    mixup_alpha=mixup_alpha, cutmix_alpha=cutmix_alpha
  )
  batches = mixing.mix(batches.repeat(), 5, augmentation, seed, first_step)
  return list(batches.take(steps).as_numpy_iterator()), batches.element_spec


class MaskTest(parameterized.TestCase, tf.test.TestCase):
  @parameterized.parameters(0.2, 1.0, 4.0)
  def test_mixup_keeps_a_part_of_a_beta_distribution(self, alpha):
    masks = np.array(_masks(alpha, 0.0))
    self.assertAllEqual(masks, np.broadcast_to(masks[:, :1, :1], masks.shape))
    kept = masks[:, 0, 0]
    self.assertAllInRange(kept, 0, 1)
    self.assertAllClose(0.5, kept.mean(), atol=0.06)
    self.assertAllClose(1 / (4 * (2 * alpha + 1)), kept.var(), rtol=0.2)

  def test_cutmix_cuts_a_rectangle_of_the_images_shape(self):
    whole = 0
    for mask in _masks(0.0, 1.0):
      self.assertAllInSet(mask, [0, 1])
      rows, columns = (np.flatnonzero((mask == 0).any(axis)) for axis in (1, 0))
      if not rows.size:
        continue
      self.assertEqual(0, mask[np.ix_(rows, columns)].max())
      self.assertEqual(mask.size - mask.sum(), rows.size * columns.size)
      is_inside = 0 < rows[0] and rows[-1] + 1 < _SIZE[0]
      if is_inside and 0 < columns[0] and columns[-1] + 1 < _SIZE[1]:
        whole += 1
        self.assertAllClose(1.5, columns.size / rows.size, atol=3 / rows.size)
    self.assertGreater(whole, 40)

  def test_both_take_turns(self):
    cut = [set(np.unique(mask)) <= {0, 1} for mask in _masks(1.0, 1.0)]
    self.assertBetween(np.mean(cut), 0.375, 0.625)  # five standard deviations

  def test_tiny_alpha_keeps_all_or_nothing(self):
    kept = [mask[0, 0] for mask in _masks(1e-4, 0.0, 50)]
    self.assertAllClose(np.round(kept), kept)
    self.assertLen(set(np.round(kept)), 2)


class MixTest(parameterized.TestCase, tf.test.TestCase):
  def test_mixup(self):
    batches, _ = _mixed(1.0, 0.0)
    for images, labels in batches:
      kept = labels[0, 4]
      expected = np.array([180 * (1 - kept), 60 * kept, 0, 0])
      expected[2:] = [120 * kept + 60 * (1 - kept), 180 - 60 * (1 - kept)]
      self.assertAllClose(expected, images[:, 0, 0, 0], rtol=0, atol=0.501)
      self.assertAllEqual(
        images, np.broadcast_to(images[:, :1, :1, :1], images.shape)
      )
      self._check_labels(labels, kept)

  def test_cutmix_weighs_labels_by_pixels(self):
    batches, _ = _mixed(0.0, 1.0)
    parts = []
    for images, labels in batches:
      for row in range(4):
        own, other = 60 * row, 60 * ((row - 1) % 4)
        self.assertAllInSet(images[row], [own, other])
      kept = (images[1] == 60).mean()
      self._check_labels(labels, kept)
      parts.append(kept)
    self.assertLen(set(parts), 6)

  def _check_labels(self, labels, kept):
    other = 1 - kept
    self.assertAllClose(
      [
        [0, 0, other, 0, kept],  # Before the first comes the last.
        [kept, 0, 0, 0, other],
        [other, 0, kept, 0, 0],
        [0, 0, 1, 0, 0],
      ],
      labels,
      atol=1e-6,
    )

  def test_types_and_shapes(self):
    _, spec = _mixed(1.0, 1.0)
    self.assertEqual(
      (
        tf.TensorSpec([4, *_SIZE, 3], tf.uint8),
        tf.TensorSpec([4, 5], tf.float32),
      ),
      spec,
    )

  def test_follows_from_seed_and_step(self):
    def labels(**options):
      return [labels for _, labels in _mixed(0.5, 0.5, **options)[0]]

    straight = labels(seed=7)
    self.assertAllEqual(straight[4:], labels(seed=7, first_step=4, steps=2))
    self.assertNotAllClose(straight, labels(seed=8))
    self.assertNotAllClose(straight[0], straight[1])


if __name__ == '__main__':
  tf.test.main()
