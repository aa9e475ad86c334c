"""The cache of decoded examples keeps what fits, and no more."""

from concurrent import futures

from absl.testing import absltest
import numpy as np

from datasets import example_cache
from datasets.example import Example


class _Reader:
  """Counts what is read; the image of index i has i + 1 bytes."""

  def __init__(self):
    self.indices = []

  def __call__(self, index):
    self.indices.append(index)
    return Example(np.zeros([index + 1], np.uint8), index)


class ExampleCacheTest(absltest.TestCase):
  def test_reads_once(self):
    cache, read = example_cache.ExampleCache(100), _Reader()
    for index in 3, 1, np.int64(3), 1:
      example = cache.get(index, read)
      self.assertLen(example.image, index + 1)
      self.assertEqual(index, example.target)
    self.assertEqual([3, 1], read.indices)

  def test_is_filled_to_its_size(self):
    cache, read = example_cache.ExampleCache(6), _Reader()
    self.assertEqual(3, cache.get(3, read).target)
    self.assertEqual(2, cache.get(2, read).target)  # There is room for 2 bytes.
    self.assertIsNone(cache.get(2, read))
    self.assertIsNone(cache.get(0, read))
    self.assertEqual(3, cache.get(3, read).target)
    self.assertEqual([3, 2], read.indices)

  def test_without_room_nothing_is_read(self):
    cache, read = example_cache.ExampleCache(0), _Reader()
    self.assertIsNone(cache.get(0, read))
    self.assertEmpty(read.indices)

  def test_threads_agree(self):
    # Each index takes its room once, however many threads read it.
    total = sum(range(1, 21))
    cache, read = example_cache.ExampleCache(total), _Reader()
    with futures.ThreadPoolExecutor(8) as pool:
      list(pool.map(lambda i: cache.get(i % 20, read), range(400)))
    count = len(read.indices)
    for index in range(20):
      self.assertEqual(index, cache.get(index, read).target)
    self.assertLen(read.indices, count)


if __name__ == '__main__':
  absltest.main()
