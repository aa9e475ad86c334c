"""An evaluation that several workers share, every example counted once.

Each runs the network on its own batches. Then all have the outputs of all, in
the order of the data set, and count them alike: what is counted, and how, is
the evaluator's alone.
"""

from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from runtime.strategy import Workers


def make_share(
  workers: Workers,
  outputs_fn: Callable[[tf.Tensor], Any],
  batches: tf.data.Dataset,
  batch_size: int,
  with_images: bool,
) -> Callable[[Iterator], Iterator]:
  """Returns what evaluation.evaluate takes as `share`; all workers call it.

  Args:
    workers: Workers.
    outputs_fn: the network.
    batches: this worker's.
    batch_size: the most images of one.
    with_images: whether those of all are wanted, to look at.
  """
  if workers.count == 1:
    return iter

  def wanted(images, targets, outputs):
    return images if with_images else (), targets, outputs

  def make_any():
    images, targets = tf.nest.map_structure(
      lambda spec: tf.zeros([1, *spec.shape[1:]], spec.dtype),
      batches.element_spec,
    )
    return wanted(images, targets, outputs_fn(images))

  return lambda results: _of_all(
    workers, (wanted(*result) for result in results), batch_size, make_any
  )


def _of_all(workers, results, batch_size, make_any):
  """Yields the results of all workers, in turn.

  make_any: returns what a result is like, for a worker that has none.
  """
  mine = None
  while True:
    new = next(results, None)
    mine = new if new is not None else mine or make_any()
    tensors = [_padded(part, batch_size) for part in tf.nest.flatten(mine)]
    size = 0 if new is None else len(tf.nest.flatten(new)[0])
    sizes, *gathered = workers.gather([tf.constant([size]), *tensors])
    if not np.any(sizes):
      return
    for number, size in enumerate(sizes.numpy()):
      if size:
        begin = number * batch_size
        rows = [part[begin : begin + size] for part in gathered]
        yield tf.nest.map_structure(
          lambda row, like: tf.cast(row, like.dtype),
          tf.nest.pack_sequence_as(mine, rows),
          mine,
        )


def _padded(tensor, size):
  """Returns [size, ...]: of one shape everywhere, as gathering needs it."""
  if tensor.dtype == tf.bool:
    tensor = tf.cast(tensor, tf.int32)  # devices do not exchange bools
  rows = tensor[:size]
  missing = size - len(rows)
  return tf.pad(rows, [[0, missing], *[[0, 0]] * (len(rows.shape) - 1)])
