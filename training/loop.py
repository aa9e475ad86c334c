"""The training loop: steps, a log, checkpoints, validations."""

from collections.abc import Callable
from collections.abc import Iterable
import itertools
import signal
import time
from typing import Any
from typing import NamedTuple

from base.errors import InputError
from base.errors import Stopped
from checkpoints import reader
from checkpoints import writer as checkpoint_writer
from runtime.strategy import ALONE
from runtime.strategy import Workers
from training import stopping
from training.epochs import Epochs
from training.state import TrainState
from training.step import StepResult
from training.training_log import TrainingLog
from training.validation import Validated


class Schedule(NamedTuple):
  """When training ends, logs and saves."""

  epochs: Epochs
  log_every_n_steps: int
  save_interval_secs: float
  save_summaries_secs: float


class Hooks(NamedTuple):
  """What is called as training goes on."""

  # Before the first checkpoint is written.
  before_first_save: Callable[[], None] = lambda: None
  # After a save, see settling.make_settle; if it changed anything and says so,
  # the checkpoint is written again.
  settle: Callable[[], bool] = lambda: False
  show: Callable[[], None] = lambda: None  # after that
  # After the save of a step that epochs.is_validated; see validation.
  validate: Callable[[], Validated] | None = None


NO_HOOKS = Hooks()


def run(
  train_step: Callable[[Any, Any], StepResult],
  batches: Iterable,
  state: TrainState,
  writer: checkpoint_writer.Writer,
  schedule: Schedule,
  hooks: Hooks = NO_HOOKS,
  workers: Workers = ALONE,
) -> str:
  """Trains from the state's global step to the last, and saves.

  On Ctrl-C and SIGTERM it finishes the step, saves, and raises Stopped; where
  an image or record is wrong, it saves before the exception goes on. Until a
  first step has succeeded it writes nothing. Several workers agree on when to
  save and to stop at each line of the log; where an image of one is wrong, none
  saves.

  Args:
    train_step: see step.make_train_step.
    batches: iterable of (images, targets), beginning at the global step.
    state: TrainState.
    writer: Writer.
    schedule: Schedule.
    hooks: Hooks.
    workers: all of which call it.

  Returns:
    The newest checkpoint's path.

  Raises:
    InputError: the loss, a gradient or a weight is not finite (the newest
      checkpoint stays the last good one), or what the batches raise, which then
      names the checkpoint.
    Stopped: by a signal.
  """
  first_step, epochs = int(state.global_step.numpy()), schedule.epochs
  log = TrainingLog(
    writer.train_dir,
    first_step,
    epochs,
    schedule.save_summaries_secs,
    workers.is_chief,
  )
  keeper = _Keeper(writer, state, log, hooks)
  every = schedule.log_every_n_steps if workers.count > 1 else 1
  try:
    with stopping.on_signals() as stop:
      guarded = _guard(batches, keeper, log, workers)
      # The steps come first: zip then asks for no batch that is not used.
      steps = _steps(first_step, epochs.last_step)
      for step, (images, targets) in zip(steps, guarded):
        if step % every == 0 and workers.any_wants(stop.signal_number):
          stop.signal_number = stop.signal_number or signal.SIGTERM
          break
        log.add(train_step(images, targets))
        done = step + 1
        if done % schedule.log_every_n_steps == 0 or done == epochs.last_step:
          log.write()
        elif step == first_step:
          log.restart_clock()  # The first step is compiled.
        if epochs.ends_with(done) or epochs.is_validated(done):
          if _end_epoch(done, epochs, hooks, keeper, log):
            break
        if done % every == 0 and workers.any_wants(
          keeper.age() >= schedule.save_interval_secs
        ):
          keeper.save()
          log.restart_clock()
      path = keeper.save()
      workers.any_wants(False)  # None leaves before the chief has saved.
  finally:
    log.close()
  if stop.signal_number:
    print(
      f'Saved {path}' if path else 'No step is done, nothing is saved',
      flush=True,
    )
    raise Stopped(stop.signal_number)
  return path


def _steps(first, last):
  return itertools.count(first) if last is None else range(first, last)


def _end_epoch(step, epochs, hooks, keeper, log):
  """Validates what is saved, if it is time; returns whether that is enough."""
  validated = None
  if hooks.validate and epochs.is_validated(step):
    keeper.save()
    validated = hooks.validate()
  log.end_epoch(step, validated)
  log.restart_clock()
  if validated is None or not validated.enough:
    return False
  log.tell(validated.enough)
  return True


def _guard(batches, keeper, log, workers):
  """Yields the batches; saves first where their end is an InputError."""
  try:
    yield from _timed(batches, log)
  except InputError as error:
    path = keeper.save() if workers.count == 1 else keeper.path
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

  def __init__(self, writer, state, log, hooks):
    self._writer = writer
    self._state = state
    self._log = log
    self._hooks = hooks
    self.path = reader.latest(writer.train_dir)  # of the newest checkpoint
    self._first_step = self._saved_step = int(state.global_step.numpy())
    self._saved_at = time.monotonic()

  def age(self):
    """Returns seconds since the last save, or since training began."""
    return time.monotonic() - self._saved_at

  def save(self):
    """Saves unless no step was done since; returns the newest checkpoint.

    Settling takes seconds and can be interrupted, so it comes after.
    """
    step = int(self._state.global_step.numpy())
    if step == self._saved_step:
      return self.path
    self._log.check_finite()
    if self._saved_step == self._first_step:
      checkpoint_writer.check_finite(self._writer, step)
      self._hooks.before_first_save()
    self.path = checkpoint_writer.save(self._writer, step)
    self._saved_step = step
    self._log.flush()
    if self._hooks.settle():
      checkpoint_writer.save(self._writer, step)
    self._hooks.show()
    self._saved_at = time.monotonic()
    return self.path
