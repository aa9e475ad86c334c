"""The training loop: steps, a log, checkpoints."""

import itertools
import time
from typing import NamedTuple

import tensorflow as tf

from errors import InputError
from training import checkpoints
from training import progress

_LOGGED = ('loss', 'cross_entropy', 'accuracy', 'learning_rate', 'loss_scale')


class Schedule(NamedTuple):
  """When training ends, logs and saves."""
  last_step: int | None  # None: when it is stopped
  log_every_n_steps: int
  save_interval_secs: float
  save_summaries_secs: float


def run(train_step, batches, state, writer, schedule, batch_size, at_end=None):
  """Trains from the state's global step to the last, and saves.

  On Ctrl-C it saves before KeyboardInterrupt goes on.

  Args:
    train_step: see train_step.make_train_step.
    batches: iterable of (images, labels), beginning at the global step.
    state: train_step.TrainState.
    writer: checkpoints.Writer.
    schedule: Schedule.
    batch_size: images in a batch.
    at_end: called before the save that ends the run, Ctrl-C's included.

  Returns:
    The newest checkpoint's path.

  Raises:
    InputError: the loss is not finite. The newest checkpoint stays the last
      good one.
  """
  first_step = int(state.global_step)
  shown = progress.Progress(first_step, schedule.last_step, batch_size)
  summaries = tf.summary.create_file_writer(
      writer.train_dir, flush_millis=int(1000 * schedule.save_summaries_secs))
  steps = (itertools.count(first_step) if schedule.last_step is None
           else range(first_step, schedule.last_step))
  saved_at, pending = time.monotonic(), []
  try:
    # The steps come first: zip then asks for no batch that is not used.
    for step, (images, labels) in zip(steps, batches):
      pending.append(train_step(images, labels))
      done = step + 1
      if done % schedule.log_every_n_steps == 0 or done == schedule.last_step:
        _log(done, pending, shown, summaries, writer.train_dir)
        pending = []
      elif step == first_step:
        shown.restart_clock(done)  # The first step is compiled.
      if time.monotonic() - saved_at >= schedule.save_interval_secs:
        _check_finite(pending, done, writer.train_dir)
        checkpoints.save(writer, done)
        summaries.flush()
        saved_at = time.monotonic()
        shown.restart_clock(done)
    return _save_last(writer, state, at_end)
  except KeyboardInterrupt:
    print('\nStopping', flush=True)
    print(f'Saved {_save_last(writer, state, at_end)}', flush=True)
    raise
  finally:
    shown.close()
    summaries.close()


def _save_last(writer, state, at_end):
  if at_end:
    at_end()
  return checkpoints.save(writer, int(state.global_step))


def _log(step, pending, shown, summaries, train_dir):
  """Shows and writes the means over the steps since the last log."""
  _check_finite(pending, step, train_dir)
  metrics = {name: sum(float(values[name]) for values in pending) / len(pending)
             for name in _LOGGED}
  images_per_second = shown.update(step, metrics)
  with summaries.as_default(step):
    for name, value in metrics.items():
      tf.summary.scalar(name, value)
    tf.summary.scalar('images_per_second', images_per_second)


def _check_finite(pending, step, train_dir):
  """Raises InputError if one of the steps pending, up to this, diverged."""
  for i, values in enumerate(pending, step + 1 - len(pending)):
    if values['diverged']:
      newest = checkpoints.latest(train_dir)
      kept = f'the last good checkpoint is {newest}' if newest else (
          'there is no checkpoint yet')
      raise InputError(f'the loss is not finite at step {i}: lower '
                       f'--learning_rate or look at the data; {kept}')
