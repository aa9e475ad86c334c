"""DeepLab's scale, pad, crop and flip: masks stay with their images."""

import numpy as np
import tensorflow as tf

from base.errors import InputError
from datasets import mask_preprocessing
from datasets import preparation
from tests.helpers import golden_rule
from tests.helpers import networks as testing
from tests.helpers import segmenters

_GOLDEN = 'deeplab_v3_mobilenet_v2_loss'
_PREPARATION = preparation.make_preparation('deeplab', 'masks')


def _blocks(height, width, block=8):
  """Returns (image, mask) of blocks: the image has 40 times the class."""
  rows, columns = np.arange(height) // block, np.arange(width) // block
  mask = np.uint8((2 * rows[:, np.newaxis] + columns) % 5)
  return np.repeat(mask[..., np.newaxis] * np.uint8(40), 3, -1), mask


def _train(image, mask, numbers, image_size):
  prepared, labels = _PREPARATION.for_training(
    image, mask, np.float32(numbers), image_size
  )
  return np.round(prepared * 255), labels.numpy()


class MaskPreprocessingTest(tf.test.TestCase):
  def check_golden(self, name, prepare):
    description, arrays = testing.load_golden(_GOLDEN)
    seed = description['seed']
    image = golden_rule.pixels(97, 131, seed)
    mask = np.uint8(
      segmenters.golden_labels(1, (97, 131), description['num_classes'], seed)
    ).reshape([97, 131])
    made, labels = prepare(image, mask)
    flat = np.ravel(made)
    places = np.linspace(0, flat.size - 1, 512).astype(int)
    tolerance = 5e-3 if name == 'preprocess/ranged' else 1e-5 * 255
    self.assertEqual(description[name]['shape'], made.shape)
    self.assertAllClose(arrays[name], flat[places], atol=tolerance, rtol=0)
    self.assertAllEqual(arrays[f'{name}_labels'], labels[::4, ::4])

  def test_golden_padded(self):
    def prepare(image, mask):
      made, labels = _PREPARATION.for_evaluation(image, mask, 161)
      return (made + 1) * 127.5, labels

    self.check_golden('preprocess/padded', prepare)

  def test_golden_resized(self):
    """97 x 131 in the range 97 to 113, in steps of 16: 97 x 113."""

    def prepare(image, mask):
      resized = mask_preprocessing.resize(image, mask, [97, 113])
      made, labels = mask_preprocessing.pad(*resized, 161)
      return made * 255, labels

    self.check_golden('preprocess/ranged', prepare)

  def test_large_images_are_made_smaller(self):
    image, mask = _blocks(100, 40, 20)
    for size, rows, columns in ((50, 50, 20), (33, 33, 13), (100, 100, 40)):
      made, labels = _PREPARATION.for_evaluation(image, mask, size)
      labels = labels.numpy()
      self.assertEqual([size, size, 3], made.shape)
      self.assertAllEqual(
        np.full([size, size - columns], 255), labels[:, columns:]
      )
      self.assertAllEqual(
        np.zeros([size, size - columns, 3]), made[:, columns:]
      )
      self.assertNotIn(255, labels[:rows, :columns])
      self.assertAllEqual(
        mask[::99, ::39], labels[: rows : rows - 1, : columns : columns - 1]
      )
      alone, content = preparation.fit(image, size, 'deeplab')
      self.assertAllEqual(made, alone)
      self.assertEqual((rows, columns), content)

  def test_training_by_hand(self):
    """At scale 1 a square of 8 x 8 is cut from 10 x 12 at 2, 3."""
    image = np.arange(10 * 12 * 3, dtype=np.uint8).reshape([10, 12, 3])
    mask = np.arange(10 * 12, dtype=np.uint8).reshape([10, 12])
    # Of 3 rows and 5 columns where it may begin, the last and the fourth.
    for flips in -1, 1:
      made, labels = _train(image, mask, [1, 0.9, 0.7, flips], 8)
      self.assertAllEqual(image[2:, 3:11][:, ::-flips], made)
      self.assertAllEqual(mask[2:, 3:11][:, ::-flips], labels)

  def test_small_images_are_padded_in_training(self):
    image, mask = _blocks(8, 16)
    made, labels = _train(image, mask, [0.5, 0.99999999, 0.5, -1], 12)
    self.assertAllEqual(mask[::7, ::15], labels[:4:3, :8:7])
    self.assertAllEqual(image[::7, ::15], made[:4:3, :8:7])
    for values, padding in ((labels, 255), (made, 128)):  # 127.5 rounded
      self.assertAllEqual(np.full_like(values[4:], padding), values[4:])
      self.assertAllEqual(np.full_like(values[:, 8:], padding), values[:, 8:])

  def test_masks_stay_with_their_images(self):
    image, mask = _blocks(64, 80)
    seen = set()
    for position in range(60):
      drawn, numbers = _PREPARATION.draw(mask, [0, position])
      made, labels = _train(image, drawn, numbers, 70)
      seen.add((float(numbers[0]), bool(numbers[3] > 0)))
      is_padding = labels == 255
      self.assertEqual(is_padding.all(), False)
      self.assertAllEqual(np.full([is_padding.sum(), 3], 128), made[is_padding])
      expected = np.repeat(labels[..., np.newaxis] * 40.0, 3, -1)
      same = np.abs(made - expected).max(-1) <= 1
      # Only the blocks' edges are between two.
      self.assertGreater(same[~is_padding].mean(), 0.4)
    # All scales, and each as it is and mirrored.
    self.assertLen(seen, 14)
    self.assertEqual({i / 4 for i in range(2, 9)}, {scale for scale, _ in seen})

  def test_scales_may_be_chosen(self):
    def drawn(*scales):
      return {
        float(
          mask_preprocessing.draw(
            None, [0, position], mask_preprocessing.Scales(*scales)
          )[1][0]
        )
        for position in range(60)
      }

    self.assertEqual({1.0, 1.5, 2.0}, drawn(1.0, 2.0, 0.5))
    self.assertEqual({1.0}, drawn(1.0, 1.0, 0.25))
    anything = drawn(1.0, 2.0, 0.0)
    self.assertLen(anything, 60)
    self.assertBetween(max(anything), 1.8, 2.0)
    for scales in (0.0, 1.0), (1.5, 1.0):
      with self.assertRaisesRegex(InputError, 'min_scale_factor is'):
        preparation.make_preparation(
          'deeplab', 'masks', mask_preprocessing.Scales(*scales)
        )

  def test_the_square_begins_anywhere(self):
    starts = [
      mask_preprocessing.draw(None, [0, position])[1][1:3]
      for position in range(200)
    ]
    rows, columns = np.int64(np.transpose(starts) * 4)
    self.assertEqual(set(range(4)), set(rows))
    self.assertLen(set(zip(rows, columns)), 16)  # One knows not the other.


if __name__ == '__main__':
  tf.test.main()
