"""When a step has become steady, and what all that is timed has in common.

No TensorFlow: the processes of other runtimes do without.
"""

from collections.abc import Callable
import math
import time

# Batches that take turns: more than caches hold, but not too many.
_INPUT_BYTES = 64e6
_LEAST_BATCHES, _MOST_BATCHES = 3, 100

_STEADY = 0.03  # Two halves of a warm-up that differ by less are as fast.
_LONGEST = 8  # times as long as asked for: then it is taken as it is
_LEAD_IN = 0.25  # part of the time of a round


def num_batches(batch_size: int, image_size: int) -> int:
  """Returns how many batches of images take turns."""
  images = 4 * 3 * batch_size * image_size**2
  number = math.ceil(_INPUT_BYTES / images)
  return min(max(number, _LEAST_BATCHES), _MOST_BATCHES)


def warm_up(time_steps: Callable[[int], float], seconds: float) -> float:
  """Runs steps until they are steady; returns the seconds of one.

  Twice as many steps each time, until those of one turn take no less than those
  of the turn before, and `seconds` are over.

  Args:
    time_steps: number of steps -> mean seconds of one.
    seconds: how long to go on at least; at most _LONGEST times as long.
  """
  start, steps = time.perf_counter(), 1
  former = time_steps(steps)
  while True:
    step = time_steps(steps)
    elapsed = time.perf_counter() - start
    steady = step > (1 - _STEADY) * former
    if elapsed >= _LONGEST * seconds or (elapsed >= seconds and steady):
      return step
    # So that a turn is never longer than what is left is long.
    steps = min(2 * steps, max(1, math.ceil(seconds / step)))
    former = step


def lead_in(steps: int) -> int:
  """Returns how many steps run before so many are timed, each round.

  The process has slept while another one was timed: its threads wake up, the
  caches hold the other's values, and the clock is the other's.
  """
  return math.ceil(_LEAD_IN * steps)


def peak_resident() -> int:
  """Returns the most bytes of memory that this process held so far."""
  with open('/proc/self/status', encoding='utf-8') as file:
    status = dict(line.split(':', 1) for line in file)
  return 1024 * int(status['VmHWM'].split()[0])
