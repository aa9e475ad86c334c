"""How training goes: a bar on a terminal, else a line now and then."""

import sys
import time

from tqdm import tqdm


class Progress:
  """Shows loss, learning rate, images/s and time left."""

  def __init__(self, first_step, last_step, batch_size):
    """last_step None: training ends when it is stopped."""
    self._last_step = last_step
    self._batch_size = batch_size
    self._step = first_step
    self._bar = None
    self.restart_clock(first_step)
    if sys.stderr.isatty():
      self._bar = tqdm(initial=first_step, total=last_step, unit='step',
                       dynamic_ncols=True)

  def restart_clock(self, step):
    """Leaves out of images/s the time before now, and the steps to this."""
    self._clock_step, self._clock = step, time.monotonic()

  def elapsed(self):
    """Returns seconds since the last update, or since restart_clock."""
    return max(1e-9, time.monotonic() - self._clock)

  def update(self, step, metrics):
    """Shows float metrics of the steps since the last call.

    Returns:
      Images/s since then, or since restart_clock.
    """
    steps = max(1, step - self._clock_step)
    seconds_per_step = self.elapsed() / steps
    images_per_second = self._batch_size / seconds_per_step
    if self._bar is not None:
      self._bar.set_postfix_str(
          f'loss {metrics["loss"]:.3f}, accuracy {metrics["accuracy"]:.2f}, '
          f'rate {metrics["learning_rate"]:.2g}, '
          f'{images_per_second:.0f} images/s', refresh=False)
      self._bar.update(step - self._step)
    else:
      print(self._line(step, metrics, images_per_second, seconds_per_step),
            flush=True)
    self._step = step
    self.restart_clock(step)
    return images_per_second

  def _line(self, step, metrics, images_per_second, seconds_per_step):
    of, left = '', ''
    if self._last_step is not None:
      of = f'/{self._last_step}'
      seconds = (self._last_step - step) * seconds_per_step
      left = f'  {tqdm.format_interval(seconds)} left'
    return (f'step {step}{of}  loss {metrics["loss"]:.3f}  '
            f'accuracy {metrics["accuracy"]:.2f}  '
            f'rate {metrics["learning_rate"]:.2g}  '
            f'{images_per_second:.0f} images/s{left}')

  def close(self):
    if self._bar is not None:
      self._bar.close()
