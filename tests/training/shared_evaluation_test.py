"""An evaluation over several workers, each a thread of this process."""

import concurrent.futures
import threading

import numpy as np
import tensorflow as tf

from base.errors import InputError
from checkpoints.checkpoint_flags import CheckpointOptions
from datasets import part as parts
from datasets.part import Part
from runtime.strategy import ALONE
from runtime.strategy import StrategyOptions
from runtime.strategy import Workers
from training import evaluation_run
from training import shared_evaluation
from training.evaluation_flags import ResultOptions
from training.options import EvaluationOptions

_LONGEST = 60  # seconds that a thread waits for the others


class _Thread(Workers):
  """Has what the other threads have, in place of other machines."""

  def gather(self, tensors):
    self.board[self.number] = tensors
    self.barrier.wait(_LONGEST)
    found = [np.concatenate(both) for both in zip(*self.board)]
    self.barrier.wait(_LONGEST)
    return [tf.constant(one) for one in found]


def _make_workers(count):
  board, barrier = [None] * count, threading.Barrier(count)
  hosts = tuple(f'{number}:1' for number in range(count))
  workers = [_Thread(None, number, hosts) for number in range(count)]
  for worker in workers:
    worker.board, worker.barrier = board, barrier
  return workers


def _outputs(images):
  return {'twice': 2 * images[:, 0], 'is_even': images[:, 0] % 2 == 0}


def _run(workers, num_examples, batch_size, with_images=True):
  """Returns what a worker yields: lists of (images, targets, outputs)."""
  part = Part(workers.number, workers.count)
  numbers = parts.batches_once(num_examples, batch_size, part)
  batches = numbers.batch(batch_size).map(
    lambda number: (tf.cast(number, tf.float32)[:, tf.newaxis], number + 100)
  )
  share = shared_evaluation.make_share(
    workers, _outputs, batches, batch_size, with_images
  )
  results = ((images, targets, _outputs(images)) for images, targets in batches)
  return [
    tf.nest.map_structure(np.asarray, result) for result in share(results)
  ]


class SharedEvaluationTest(tf.test.TestCase):
  def test_as_one(self):
    """In the data set's order, whoever computes; also where some are idle."""
    for num_examples, batch_size, count in ((10, 3, 2), (7, 7, 3), (12, 2, 3)):
      alone = _run(ALONE, num_examples, batch_size)
      self.assertLen(alone, -(-num_examples // batch_size))
      workers = _make_workers(count)
      with concurrent.futures.ThreadPoolExecutor(count) as pool:
        everyone = list(
          pool.map(_run, workers, [num_examples] * count, [batch_size] * count)
        )
      for found in everyone:
        self.assertLen(found, len(alone))
        for expected, result in zip(alone, found):
          tf.nest.map_structure(self.assertAllEqual, expected, result)
          self.assertEqual(bool, result[2]['is_even'].dtype)

  def test_images_stay_where_nobody_looks_at_them(self):
    workers = _make_workers(2)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
      found, _ = pool.map(lambda one: _run(one, 4, 2, False), workers)
    images, targets, _ = zip(*found)
    self.assertEqual(((), ()), images)
    self.assertAllEqual([[100, 101], [102, 103]], targets)

  def test_several_do_not_wait_for_checkpoints(self):
    options = EvaluationOptions(
      CheckpointOptions('run/', None),
      *[None] * 3,
      ResultOptions('eval/', True, 0, 0, None, False),
      strategy=StrategyOptions(worker_hosts=('a:1', 'b:1')),
    )
    with self.assertRaisesRegex(InputError, 'leave either flag out'):
      evaluation_run.evaluate_checkpoints(options, *[None] * 4)


if __name__ == '__main__':
  tf.test.main()
