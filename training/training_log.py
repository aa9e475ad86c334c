"""What a run tells about itself: lines, or a bar, and TensorBoard's log."""

import math

import tensorflow as tf

from base.errors import InputError
from checkpoints import reader
from training import progress
from training import summaries
from training.epochs import Epochs
from training.step import StepResult
from training.validation import Validated

# A loss so many times the first one, or above that where it is less than 1. No
# run that learns comes near, not even by a single batch.
_DIVERGED = 1000.0


class TrainingLog:
  """What the steps since the last line came to: checked, shown and written."""

  def __init__(
    self,
    train_dir: str,
    first_step: int,
    epochs: Epochs,
    save_summaries_secs: float,
    writes: bool = True,
  ):
    """Args as in loop.Schedule, and these.

    first_step: how many steps the run has behind it.
    writes: whether TensorBoard's log is written, not only lines.
    """
    self._writes = writes
    self._train_dir = train_dir
    self._epochs = epochs
    self._flush_millis = int(1000 * save_summaries_secs)
    self._shown = progress.Progress(
      first_step, epochs.last_step, epochs.batch_size
    )
    self._summaries = None  # Made, as its file is, for the first line.
    self._step = first_step  # Of the last line.
    self._pending = []
    self._waited = 0.0  # Seconds for batches, since the clock's start.
    self._of_epoch = _Means()
    self._first_loss = None
    self._has_diverged = False

  def add(self, result: StepResult) -> None:
    """Takes what came of the next step."""
    self._pending.append(result)

  def add_wait(self, seconds: float) -> None:
    """Notes how long the next batch was not there; on a GPU, at most so long.

    There the device may still be busy with steps before.
    """
    self._waited += seconds

  def check_finite(self) -> None:
    """Raises InputError if one of the steps pending diverged."""
    for step, result in enumerate(self._pending, self._step + 1):
      if result.diverged:
        loss_is_finite = math.isfinite(float(result.loss))
        what = 'the gradients are' if loss_is_finite else 'the loss is'
        raise InputError(
          f'{what} not finite at step {step}: lower --learning_rate or look at '
          f'the data; {reader.describe_latest(self._train_dir)}'
        )

  def write(self) -> None:
    """Shows and writes the means of the steps pending.

    Raises:
      InputError: one of them diverged.
    """
    self.check_finite()
    self._remark_divergence()
    self._of_epoch.add_new(self._pending)
    means = tf.nest.map_structure(
      lambda *values: sum(map(float, values)) / len(values), *self._pending
    )
    self._step += len(self._pending)
    self._pending = []
    self._of_epoch.forget_pending()
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

  def _remark_divergence(self):
    """Says once where all losses since the last line are far above the first.

    Such a run goes on: a loss that is finite may come down again.
    """
    losses = [float(result.loss) for result in self._pending]
    if self._first_loss is None:
      self._first_loss = losses[0]
    limit = _DIVERGED * max(1.0, self._first_loss)
    # The first step of a run may be all that a line is about.
    if min(losses[-len(losses) // 2 :]) > limit and not self._has_diverged:
      self._has_diverged = True
      self._shown.tell(
        f'The loss is {losses[-1]:.2g}, after {self._first_loss:.2g} at first: '
        'training has diverged. Lower --learning_rate.'
      )

  def end_epoch(self, step: int, validated: Validated | None) -> None:
    """Shows the means of the steps since the last call, and a validation.

    Raises:
      InputError: one of the steps diverged.
    """
    self.check_finite()
    self._of_epoch.add_new(self._pending)
    words = [self._epochs.name(step), *progress.words(self._of_epoch.take())]
    if validated is not None:
      words.append(validated.describe())
    self._shown.end_epoch(step, words)

  def tell(self, line: str) -> None:
    """Shows a line."""
    self._shown.tell(line)

  def _write(self, scalars):
    if not self._writes:
      return
    if self._summaries is None:
      self._summaries = summaries.make_writer(
        self._train_dir, flush_millis=self._flush_millis
      )
    with self._summaries.as_default(self._step):
      for name, value in scalars.items():
        tf.summary.scalar(name, value)

  def restart_clock(self) -> None:
    """Leaves the time since the last step out of images/s."""
    self._shown.restart_clock(self._step + len(self._pending))
    self._waited = 0.0

  def flush(self) -> None:
    """Writes to disk what is there for TensorBoard."""
    if self._summaries is not None:
      self._summaries.flush()

  def close(self) -> None:
    """Ends the log."""
    self._shown.close()
    if self._summaries is not None:
      self._summaries.close()


class _Means:
  """Means of the loss and the task's metrics over the steps of an epoch."""

  def __init__(self):
    self._sums = {}
    self._count = 0
    self._taken = 0  # of the steps pending in the log

  def add_new(self, pending):
    """Adds those of the log's pending results that it does not have yet."""
    for result in pending[self._taken :]:
      for name, value in {'loss': result.loss, **result.metrics}.items():
        self._sums[name] = self._sums.get(name, 0.0) + float(value)
      self._count += 1
    self._taken = len(pending)

  def forget_pending(self):
    self._taken = 0

  def take(self):
    """Returns the means, and begins anew."""
    means = {name: total / self._count for name, total in self._sums.items()}
    self._sums, self._count = {}, 0
    return means
