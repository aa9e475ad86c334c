"""Keeps decoded examples in memory, up to a number of bytes."""

from collections.abc import Callable
import threading

import numpy as np
import tensorflow as tf

from datasets.example import Example

_MOST_BYTES = 2**30  # 1900 images of 500 by 375 pixels


def make_cache() -> 'ExampleCache':
  """Returns an ExampleCache of 1 GiB, or of a quarter of what is available."""
  return ExampleCache(min(_MOST_BYTES, _available_memory() // 4))


def _available_memory():
  """Returns the bytes of memory that programs can still get."""
  with open('/proc/meminfo', encoding='utf-8') as file:
    sizes = dict(line.split(':') for line in file)
  return 1024 * int(sizes['MemAvailable'].split()[0])


class ExampleCache:
  """The first examples that were read, as many as there is room for.

  Nothing is ever put out: in every epoch the same part of a data set that is
  too large is found here. Readers in several threads may ask at once.
  """

  def __init__(self, max_bytes: int):
    self._room = max_bytes
    self._examples = {}
    self._lock = threading.Lock()

  def get(self, index: int, read: Callable[[int], Example]) -> Example | None:
    """Returns the example at an index, or None if there is no room for it.

    Args:
      index: an integer.
      read: index -> Example, called if the example is not here yet.
    """
    index = int(index)
    if index in self._examples or self._room <= 0:
      return self._examples.get(index)
    example = read(index)
    with self._lock:
      if index not in self._examples:
        # The first example that does not fit ends the filling. Otherwise the
        # large ones would be read here for nothing in every epoch.
        self._room -= _num_bytes(example)
        if self._room >= 0:
          self._examples[index] = example
    return example


def _num_bytes(example):
  """Of the arrays of an example: a mask is a third of its image."""
  arrays = [example.image, *tf.nest.flatten(example.target)]
  return sum(one.nbytes for one in arrays if isinstance(one, np.ndarray))
