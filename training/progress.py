"""How training goes: a bar on a terminal, else a line now and then."""

import sys
import time

from tqdm import tqdm


class Progress:
  """Shows loss, learning rate, images/s and time left."""

  def __init__(self, first_step, last_step, batch_size):
    """last_step None: training ends when it is stopped."""
    self._first_step = first_step
    self._last_step = last_step
    self._batch_size = batch_size
    self._step = first_step
    self._time = time.monotonic()
    self._bar = None
    if sys.stderr.isatty():
      self._bar = tqdm(initial=first_step, total=last_step, unit='step',
                       dynamic_ncols=True)

  def update(self, step, metrics):
    """Shows float metrics of the steps since the last call.

    Returns:
      Images/s of these steps.
    """
    now = time.monotonic()
    seconds_per_step = (now - self._time) / max(1, step - self._step)
    images_per_second = self._batch_size / max(seconds_per_step, 1e-9)
    if self._bar is not None:
      self._bar.set_postfix_str(
          f'loss {metrics["loss"]:.3f}, accuracy {metrics["accuracy"]:.2f}, '
          f'rate {metrics["learning_rate"]:.2g}, '
          f'{images_per_second:.0f} images/s', refresh=False)
      self._bar.update(step - self._step)
    else:
      print(self._line(step, metrics, images_per_second, seconds_per_step),
            flush=True)
    self._step, self._time = step, now
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

  def pause(self):
    """Leaves out of images/s the time since the last step."""
    self._time = time.monotonic()

  def close(self):
    if self._bar is not None:
      self._bar.close()
