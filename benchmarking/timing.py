"""Times every configuration in turn with Keras, if it has one: A B A B."""

from collections.abc import Callable
import itertools
import math
import os
import statistics
from typing import Any
from typing import NamedTuple

from benchmarking import configurations
from benchmarking import runtimes
from benchmarking.configurations import Configuration
from benchmarking.workers import Worker
from benchmarking.workers import WorkerError


class Row(NamedTuple):
  """What came of a Configuration; seconds are of one step, one per round."""

  configuration: configurations.Configuration
  error: str | None = None  # why there is no time
  seconds: tuple[float, ...] = ()
  keras_seconds: tuple[float, ...] = ()  # of the same rounds
  first_call: float = math.nan  # seconds
  peak_memory: float = math.nan  # bytes

  @property
  def median(self) -> float:
    """Seconds per step."""
    return statistics.median(self.seconds)

  @property
  def middle_half(self) -> tuple[float, float]:
    """(least, most) seconds of the middle half of the rounds."""
    if len(self.seconds) < 2:
      return self.median, self.median
    low, _, high = statistics.quantiles(self.seconds, method='inclusive')
    return low, high

  @property
  def spread(self) -> float:
    """How wide the middle half is, as part of the median."""
    low, high = self.middle_half
    return (high - low) / self.median

  @property
  def images_per_second(self) -> float:
    """Of the median round."""
    return self.configuration.batch_size / self.median

  @property
  def ratio(self) -> float:
    """How many times as fast as Keras, round by round; NaN without Keras."""
    if not self.keras_seconds:
      return math.nan
    return statistics.median(
      keras / own for keras, own in zip(self.keras_seconds, self.seconds)
    )


def make_contestant(
  configuration: Configuration, cores: list[int] | None = None
) -> Any:
  """Runs in a worker: only there are TensorFlow and other runtimes imported.

  cores: those that the process is to keep to; None: all that it may use.
  """
  if cores:
    os.sched_setaffinity(0, cores)
  if (
    configuration.is_peer
    and configuration.implementation in runtimes.DRIVEN_BY_PEERS
  ):
    from benchmarking import peers

    return peers.Peer(configuration)
  from base import quiet_tensorflow as quiet_tensorflow
  from benchmarking import contestant

  return contestant.Contestant(configuration)


def make_maker(network: str, image_size: int, folder: str) -> Any:
  """Runs in a worker, too."""
  from base import quiet_tensorflow as quiet_tensorflow
  from benchmarking import exported

  return exported.Maker(network, image_size, folder)


def make_machine() -> Any:
  """Runs in a worker, too."""
  from base import quiet_tensorflow as quiet_tensorflow
  from benchmarking import machine

  return machine.Machine()


def time_all(
  todo: list[Configuration],
  rounds: int,
  seconds: float,
  tell: Callable[[Row], None],
) -> list[Row]:
  """Returns a Row for each of the Configurations todo, and for each yardstick.

  Args:
    todo: Configurations, those of one yardstick together.
    rounds: how often both of a pair are timed.
    seconds: for how long, each time; it is one step at least.
    tell: called with each Row of todo as soon as it is there.
  """

  def time_group(group, time_yardstick):
    group_rows = []
    for configuration in group:
      group_rows.append(_time(configuration, time_yardstick, rounds, seconds))
      tell(group_rows[-1])
    return group_rows

  rows = []
  for keras, group in itertools.groupby(todo, configurations.yardstick):
    if keras is None:
      rows += time_group(group, lambda: None)
      continue
    with Worker(make_contestant, keras) as worker:
      yardstick = _Yardstick(worker, keras, seconds)
      group_rows = time_group(group, yardstick.time)
      rows += [yardstick.finish(), *group_rows]
  return rows


class _Yardstick:
  """Keras; when it fails, the others are timed without it."""

  def __init__(self, worker, configuration, seconds):
    self._worker = worker
    self._row, self._steps = Row(configuration), 1
    warmed_up = self._ask('warm_up', seconds)
    if warmed_up:
      self._row = self._row._replace(first_call=warmed_up[0])
      self._steps = _steps(seconds, warmed_up[1])

  def _ask(self, *question):
    if self._row.error:
      return None
    try:
      return self._worker.ask(*question)
    except WorkerError as error:
      self._row = self._row._replace(error=str(error))
      return None

  def time(self):
    """Returns the seconds of a step, or None."""
    seconds = self._ask('time', self._steps)
    if seconds:
      self._row = self._row._replace(seconds=self._row.seconds + (seconds,))
    return seconds

  def finish(self):
    """Returns the Row of all its times."""
    peak_memory = self._ask('peak_memory')
    return self._row._replace(peak_memory=peak_memory or math.nan)


def _steps(seconds, step):
  return max(1, round(seconds / step))


class _Contestants:
  """The processes of one Configuration, asked at once; in a with statement."""

  def __init__(self, configuration):
    number = 1
    if configuration.drive == runtimes.PROCESSES:
      number = configuration.at_once
    cores = sorted(os.sched_getaffinity(0))
    self._workers = [
      Worker(
        make_contestant, configuration, cores[k::number] if number > 1 else None
      )
      for k in range(number)
    ]

  def _ask(self, *question):
    for worker in self._workers:
      worker.begin(*question)
    return [worker.finish() for worker in self._workers]

  def warm_up(self, seconds):
    """Returns the seconds of the first step, and of a process' later one."""
    first_calls, steps = zip(*self._ask('warm_up', seconds))
    return max(first_calls), max(steps)

  def time(self, steps):
    """Returns the seconds between the ends of two steps of all processes."""
    return 1 / sum(1 / seconds for seconds in self._ask('time', steps))

  def peak_memory(self):
    """Returns the bytes of all processes."""
    return sum(self._ask('peak_memory'))

  def __enter__(self):
    return self

  def __exit__(self, *unused):
    for worker in self._workers:
      worker.__exit__()


def _time(configuration, time_yardstick, rounds, seconds):
  """Returns the Row of a Configuration; time_yardstick: () -> s, or None."""
  own, keras = [], []
  with _Contestants(configuration) as contestants:
    try:
      first_call, step = contestants.warm_up(seconds)
      for _ in range(rounds):
        keras.append(time_yardstick())
        own.append(contestants.time(_steps(seconds, step)))
      peak_memory = contestants.peak_memory()
    except WorkerError as error:
      return Row(configuration, str(error))
  return Row(
    configuration,
    None,
    tuple(own),
    () if None in keras else tuple(keras),
    first_call,
    peak_memory,
  )
