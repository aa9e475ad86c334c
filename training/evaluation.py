"""Metrics of a model over a data set, each example counted once."""

import collections
import os
import time

import tensorflow as tf

from errors import InputError
from training import checkpoints

_RECALL_AT = 5


def make_eval_step(logits_fn, num_classes):
  """Returns eval_step(images, labels) -> sums over the batch, a tf.function.

  The sums are float32 scalars: Accuracy and Recall_k (k = 5, or the number of
  classes where that is smaller) count the examples whose label is the likeliest
  class, or among the k likeliest; loss adds their cross-entropies. finite is a
  bool: all logits are finite. Of equal logits the first class's counts as the
  largest, so that constant ones earn nothing.

  logits_fn: images -> logits, see inference.make_inference_fn.
  """
  k = min(_RECALL_AT, num_classes)

  def eval_step(images, labels):
    logits = logits_fn(images)
    likeliest = tf.math.top_k(logits, k).indices
    hits = tf.cast(tf.cast(likeliest, tf.int64) == labels[:, tf.newaxis],
                   tf.float32)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    sums = {'Accuracy': tf.reduce_sum(hits[:, 0]),
            f'Recall_{k}': tf.reduce_sum(hits),
            'loss': tf.reduce_sum(losses)}
    return sums, tf.reduce_all(tf.math.is_finite(logits))

  return tf.function(eval_step, autograph=False, reduce_retracing=True)


def evaluate(eval_step, batches, name='the model'):
  """Returns the metrics over all batches, a dict of numbers.

  Accuracy, Recall_k and loss are means over the examples; num_examples counts
  them; images_per_second includes reading, but no batch that is the first of
  its size, for which the step is compiled (unless there are no others).

  Args:
    eval_step: of make_eval_step.
    batches: an iterable of (images, labels), of any batch sizes.
    name: of the checkpoint, for messages.

  Raises:
    InputError: logits are not finite, or there is no batch.
  """
  totals = collections.Counter()
  timings = []
  start = time.perf_counter()
  for images, labels in batches:
    sums, finite = eval_step(images, labels)
    if not finite:
      raise InputError(f'{name}: logits are not finite; where '
                       '--compute_dtype=float16 overflows, take bfloat16')
    totals.update({metric: float(value) for metric, value in sums.items()})
    now = time.perf_counter()
    timings.append((len(labels), now - start))
    start = now
  num_examples = sum(size for size, _ in timings)
  if not num_examples:
    raise InputError(f'{name}: there is nothing to evaluate it on')
  return {**{metric: total / num_examples for metric, total in totals.items()},
          'num_examples': num_examples,
          'images_per_second': _images_per_second(timings)}


def _images_per_second(timings):
  """Takes [(images, seconds)] of batches; see evaluate."""
  sizes = [size for size, _ in timings]
  timed = [timing for i, timing in enumerate(timings)
           if timing[0] in sizes[:i]]
  images, seconds = map(sum, zip(*(timed or timings)))
  return images / seconds


def checkpoint_paths(checkpoint_path, keep_waiting=False, interval_secs=0,
                     timeout_secs=None):
  """Yields a checkpoint's path, or each new one's as training goes on.

  Args:
    checkpoint_path: a checkpoint, or a folder, which means its newest.
    keep_waiting: wait for one to come into the folder, then for the next, which
      is the newest at that time.
    interval_secs: the least time between two.
    timeout_secs: stop after as long without a new one; None: never.

  Raises:
    InputError: no such checkpoint, or it is damaged; a folder is needed and
      not given, or nothing came into it.
  """
  if not keep_waiting:
    yield checkpoints.open_checkpoint(checkpoint_path)[0]
    return
  folder = os.path.expanduser(checkpoint_path)
  if os.path.exists(folder + '.index') or os.path.isfile(folder):
    raise InputError(f'{folder} is one checkpoint; to wait for others name '
                     'their folder')
  path = None
  for path in tf.train.checkpoints_iterator(folder, interval_secs,
                                            timeout_secs):
    yield path
  if path is None:
    raise InputError(f'{folder}: no checkpoint came within {timeout_secs} s')


def write_summary(eval_dir, step, metrics):
  """Writes the metrics into eval_dir for TensorBoard."""
  with tf.summary.create_file_writer(eval_dir).as_default(step):
    for name, value in metrics.items():
      tf.summary.scalar(name, value)
    tf.summary.flush()
