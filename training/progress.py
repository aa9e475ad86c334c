"""How training goes: a bar on a terminal, otherwise a line now and then."""

import sys
import time

from tqdm import tqdm


def words(shown: dict[str, float]) -> list[str]:
  """Returns 'loss 0.512' and the like, of the loss and the task's metrics."""
  return [
    f'{name} {value:.{3 if name == "loss" else 2}f}'
    for name, value in shown.items()
  ]


class Progress:
  """Shows loss, the task's metrics, learning rate, images/s and time left."""

  def __init__(self, first_step: int, last_step: int | None, batch_size: int):
    """last_step None: training ends when it is stopped."""
    self._last_step = last_step
    self._batch_size = batch_size
    self._step = self._first_step = first_step
    self._began = None  # (step, time) when a first one was behind it
    self._bar = None
    self.restart_clock(first_step)
    if sys.stderr.isatty():
      self._bar = tqdm(
        initial=first_step, total=last_step, unit='step', dynamic_ncols=True
      )

  def restart_clock(self, step: int) -> None:
    """Leaves out of images/s the time before now, and the steps to this."""
    self._clock_step, self._clock = step, time.monotonic()
    if self._began is None and step > self._first_step:
      self._began = step, self._clock

  def elapsed(self) -> float:
    """Returns seconds since the last update, or since restart_clock."""
    return max(1e-9, time.monotonic() - self._clock)

  def update(
    self, step: int, shown: dict[str, float], learning_rate: float
  ) -> float:
    """Shows float metrics of the steps since the last call.

    Args:
      step: the last of them.
      shown: the loss and the task's metrics, by name.
      learning_rate: of the steps.

    Returns:
      Images/s since then, or since restart_clock.
    """
    steps = max(1, step - self._clock_step)
    seconds_per_step = self.elapsed() / steps
    images_per_second = self._batch_size / seconds_per_step
    told = [
      *words(shown),
      f'rate {learning_rate:.2g}',
      f'{images_per_second:.0f} images/s',
    ]
    if self._bar is not None:
      self._bar.set_postfix_str(', '.join(told), refresh=False)
      self._bar.update(step - self._step)
    else:
      place = f'step {step}'
      if self._last_step is not None:
        place += f'/{self._last_step}'
      told += self._time_left(step, seconds_per_step)
      print('  '.join([place, *told]), flush=True)
    self._step = step
    self.restart_clock(step)
    return images_per_second

  def end_epoch(self, step: int, told: list[str]) -> None:
    """Shows a line of words, and the time left by that of all steps so far."""
    if self._began is not None and step > self._began[0]:
      steps, seconds = step - self._began[0], time.monotonic() - self._began[1]
      told = [*told, *self._time_left(step, seconds / steps)]
    self.tell('  '.join(told))

  def _time_left(self, step, seconds_per_step):
    if self._last_step is None:
      return []
    seconds = (self._last_step - step) * seconds_per_step
    return [f'{tqdm.format_interval(seconds)} left']

  def tell(self, line: str) -> None:
    """Shows a line, above the bar if there is one."""
    if self._bar is not None:
      self._bar.write(line, file=sys.stdout)
      sys.stdout.flush()
    else:
      print(line, flush=True)

  def close(self) -> None:
    """Leaves the bar where it is."""
    if self._bar is not None:
      self._bar.close()
