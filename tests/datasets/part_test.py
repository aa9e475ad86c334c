"""How several readers divide the batches of a run."""

import numpy as np
import tensorflow as tf

from datasets import catalog
from datasets import input_pipeline
from datasets import part as parts
from datasets.input_pipeline import InputOptions
from datasets.part import Part


def _positions(first_step, batch_size, part, count):
  found = parts.positions(first_step, batch_size, part).take(count)
  return list(found.as_numpy_iterator())


class PartTest(tf.test.TestCase):
  def test_arithmetic(self):
    """Steps of 6: the second of three readers has the middle two of each."""
    self.assertEqual([14, 15, 20, 21, 26], _positions(2, 6, Part(1, 3), 5))

  def test_alone(self):
    self.assertEqual([12, 13, 14], _positions(2, 6, parts.WHOLE, 3))

  def test_without_overlap_or_loss(self):
    """Together they have every step's positions, whatever their number."""
    for count in (1, 2, 3, 4, 6, 12):
      found = [
        np.reshape(_positions(5, 12, Part(number, count), 48 // count), [4, -1])
        for number in range(count)
      ]
      self.assertAllEqual(
        np.arange(60, 108).reshape(4, 12), np.concatenate(found, axis=1)
      )

  def test_whole_batches_in_turn(self):
    """Ten in batches of three: the second of two has the second and fourth."""
    found = [
      list(parts.batches_once(10, 3, Part(number, 2)).as_numpy_iterator())
      for number in range(2)
    ]
    self.assertEqual([[0, 1, 2, 6, 7, 8], [3, 4, 5, 9]], found)
    self.assertEqual([4, 3, 3], [Part(number, 3).of(10) for number in range(3)])

  def test_batches(self):
    """The parts of a batch are the batch, as one reader makes it."""
    dataset = catalog.get_dataset('digits', 'train')

    def batch(*part):
      made = input_pipeline.training_batches(
        dataset, InputOptions(8, 16, seed=3), 5, None, None, *part
      )
      return next(made.as_numpy_iterator())

    whole = batch()
    halves = [batch(Part(number, 2)) for number in range(2)]
    for one, both in zip(whole, zip(*halves)):
      self.assertAllEqual(one, np.concatenate(both))


if __name__ == '__main__':
  tf.test.main()
