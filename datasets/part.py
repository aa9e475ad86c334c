"""The part that one of several readers takes of every batch of a run."""

from typing import NamedTuple

import tensorflow as tf


class Part(NamedTuple):
  """Which examples of each batch a reader takes: neighbours, in order."""

  number: int = 0  # of this reader, from 0
  count: int = 1  # of readers, which divides the size of a batch

  def of(self, number: int) -> int:
    """Returns how many of so many things a reader has that takes turns."""
    return len(range(self.number, number, self.count))


WHOLE = Part()


def batches_once(
  num_examples: int, batch_size: int, part: Part
) -> tf.data.Dataset:
  """Returns the numbers of a reader's examples, every one once, in order.

  Each reader takes whole batches, in turn with the others.
  """
  numbers = tf.data.Dataset.range(num_examples)
  if part.count == 1:
    return numbers
  batches = numbers.batch(batch_size).shard(part.count, part.number)
  return batches.unbatch()


def positions(first_step: int, batch_size: int, part: Part) -> tf.data.Dataset:
  """Returns the positions in a run of a reader's examples, without an end.

  Args:
    first_step: the batch to begin with.
    batch_size: of the batches as a whole.
    part: the reader's.
  """
  size = batch_size // part.count
  numbers = tf.data.Dataset.range(first_step * size, tf.int64.max)
  if part.count == 1:
    return numbers

  def position(number):
    step = number // size
    return (step * part.count + part.number) * size + number % size

  return numbers.map(position)
