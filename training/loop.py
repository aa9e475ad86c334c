"""The training loop: steps, a log, checkpoints."""

from collections.abc import Callable
from collections.abc import Iterable
import itertools
import time
from typing import Any
from typing import NamedTuple

import tensorflow as tf

from base.errors import InputError
from checkpoints import reader
from checkpoints import writer as checkpoint_writer
from training import progress
from training.state import TrainState
from training.step import StepResult


class Schedule(NamedTuple):
  """When training ends, logs and saves."""

  last_step: int | None  # None: when it is stopped
  log_every_n_steps: int
  save_interval_secs: float
  save_summaries_secs: float


def run(
  train_step: Callable[[Any, Any], StepResult],
  batches: Iterable,
  state: TrainState,
  writer: checkpoint_writer.Writer,
  schedule: Schedule,
  batch_size: int,
  before_first_save: Callable[[], None] = lambda: None,
  settle: Callable[[], bool] = lambda: False,
  show: Callable[[], None] = lambda: None,
) -> str:
  """Trains from the state's global step to the last, and saves.

  On Ctrl-C, and where an image or record is wrong, it saves before the
  exception goes on. Until a first step has succeeded it writes nothing.

  Args:
    train_step: see step.make_train_step.
    batches: iterable of (images, targets), beginning at the global step.
    state: TrainState.
    writer: Writer.
    schedule: Schedule.
    batch_size: images in a batch.
    before_first_save: called once, before the first checkpoint is written.
    settle: called after a save, see settling.make_settle; if it changed
      anything and says so, the checkpoint is written again.
    show: called after that.

  Returns:
    The newest checkpoint's path.

  Raises:
    InputError: the loss is not finite (the newest checkpoint stays the last
      good one), or what the batches raise, which then names the checkpoint.
  """
  first_step = int(state.global_step)
  log = _Log(writer.train_dir, first_step, schedule, batch_size)
  keeper = _Keeper(writer, state, log, before_first_save, settle, show)
  steps = (
    itertools.count(first_step)
    if schedule.last_step is None
    else range(first_step, schedule.last_step)
  )
  saved_at = time.monotonic()
  try:
    # The steps come first: zip then asks for no batch that is not used.
    for step, (images, targets) in zip(steps, _guard(batches, keeper, log)):
      log.add(train_step(images, targets))
      done = step + 1
      if done % schedule.log_every_n_steps == 0 or done == schedule.last_step:
        log.write()
      elif step == first_step:
        log.restart_clock()  # The first step is compiled.
      if time.monotonic() - saved_at >= schedule.save_interval_secs:
        keeper.save()
        saved_at = time.monotonic()
        log.restart_clock()
    return keeper.save()
  except KeyboardInterrupt:
    print('\nStopping', flush=True)
    path = keeper.save()
    print(
      f'Saved {path}' if path else 'No step is done, nothing is saved',
      flush=True,
    )
    raise
  finally:
    log.close()


def _guard(batches, keeper, log):
  """Yields the batches; saves first where their end is an InputError."""
  try:
    yield from _timed(batches, log)
  except InputError as error:
    path = keeper.save()
    kept = f'training so far is in {path}' if path else 'nothing is saved yet'
    raise InputError(f'{error}; {kept}') from error


def _timed(batches, log):
  """Yields the batches; notes in the log how long each let wait."""
  batches = iter(batches)
  while True:
    start = time.monotonic()
    batch = next(batches, None)
    log.add_wait(time.monotonic() - start)
    if batch is None:
      return
    yield batch


class _Keeper:
  """Saves the run where it stands."""

  def __init__(self, writer, state, log, before_first_save, settle, show):
    self._writer = writer
    self._state = state
    self._log = log
    self._before_first_save = before_first_save
    self._settle = settle
    self._show = show
    self._path = reader.latest(writer.train_dir)
    self._first_step = self._saved_step = int(state.global_step)

  def save(self):
    """Saves unless no step was done since; returns the newest checkpoint.

    Settling takes seconds and can be interrupted, so it comes after.
    """
    step = int(self._state.global_step)
    if step == self._saved_step:
      return self._path
    self._log.check_finite()
    if self._saved_step == self._first_step:
      checkpoint_writer.check_finite(self._writer, step)
      self._before_first_save()
    self._path = checkpoint_writer.save(self._writer, step)
    self._saved_step = step
    self._log.flush()
    if self._settle():
      checkpoint_writer.save(self._writer, step)
    self._show()
    return self._path


class _Log:
  """What the steps since the last line came to: checked, shown and written."""

  def __init__(self, train_dir, first_step, schedule, batch_size):
    self._train_dir = train_dir
    self._flush_millis = int(1000 * schedule.save_summaries_secs)
    self._shown = progress.Progress(first_step, schedule.last_step, batch_size)
    self._summaries = None  # Made, as its file is, for the first line.
    self._step = first_step  # Of the last line.
    self._pending = []
    self._waited = 0.0  # Seconds for batches, since the clock's start.

  def add(self, result):
    self._pending.append(result)

  def add_wait(self, seconds):
    """Notes how long the next batch was not there; on a GPU, at most so long.

    There the device may still be busy with steps before.
    """
    self._waited += seconds

  def check_finite(self):
    """Raises InputError if one of the steps pending diverged."""
    for step, result in enumerate(self._pending, self._step + 1):
      if result.diverged:
        newest = reader.latest(self._train_dir)
        kept = (
          f'the last good checkpoint is {newest}'
          if newest
          else ('there is no checkpoint yet')
        )
        raise InputError(
          f'the loss is not finite at step {step}: lower '
          f'--learning_rate or look at the data; {kept}'
        )

  def write(self):
    """Shows and writes the means of the steps pending."""
    self.check_finite()
    means = tf.nest.map_structure(
      lambda *values: sum(map(float, values)) / len(values), *self._pending
    )
    self._step += len(self._pending)
    self._pending = []
    part_waited = self._waited / self._shown.elapsed()
    self._waited = 0.0
    images_per_second = self._shown.update(
      self._step, {'loss': means.loss, **means.metrics}, means.learning_rate
    )
    self._write(
      {
        'loss': means.loss,
        **means.losses,
        **means.metrics,
        'learning_rate': means.learning_rate,
        'loss_scale': means.loss_scale,
        'images_per_second': images_per_second,
        'part_of_time_without_images': part_waited,
      }
    )

  def _write(self, scalars):
    if self._summaries is None:
      self._summaries = tf.summary.create_file_writer(
        self._train_dir, flush_millis=self._flush_millis
      )
    with self._summaries.as_default(self._step):
      for name, value in scalars.items():
        tf.summary.scalar(name, value)

  def restart_clock(self):
    self._shown.restart_clock(self._step + len(self._pending))
    self._waited = 0.0

  def flush(self):
    if self._summaries is not None:
      self._summaries.flush()

  def close(self):
    self._shown.close()
    if self._summaries is not None:
      self._summaries.close()
