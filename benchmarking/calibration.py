"""Times an image at a time by numbers of threads, in processes of their own."""

from collections.abc import Iterator
import contextlib
import statistics
from typing import Any

from base.errors import InputError
from benchmarking import plan
from benchmarking.configurations import Configuration
from benchmarking.workers import Worker
from benchmarking.workers import WorkerError
from runtime import threads
from specs import networks

_PROCESSES = 3  # by each number; threads run well in one, and not in the next
_ROUNDS = 3
_SECONDS = 0.5
_SMALLEST_IMAGE = 96  # pixels; what suits smaller ones suits no other.


def measure(todo: list[Configuration], cores: int) -> str:
  """Keeps the threads that suit fewer images than cores, if any are to come.

  Args:
    todo: what is to be timed on a CPU.
    cores: of the machine.

  Returns:
    What came of it, in lines; nothing where it does not matter.
  """
  few = [one for one in todo if _concerns(one, cores)]
  if not few:
    return ''
  try:
    speeds = images_per_second(few[0], cores)
    threads.keep(cores, max(speeds, key=speeds.get))
  except (WorkerError, InputError) as error:
    return f'Threads of an operation: not measured: {error}\n'
  measured = ', '.join(f'{n}: {speeds[n]:.1f} images/s' for n in speeds)
  return (
    'Threads of an operation, of fewer images than cores: '
    f'{threads.for_few_images(cores)}\n(the mean of {_PROCESSES} processes: '
    f'{measured}; kept in {threads.path()})\n'
  )


def planned_seconds(todo: list[Configuration], cores: int) -> float:
  """Returns about how long measure takes; arguments as there."""
  if not any(_concerns(one, cores) for one in todo):
    return 0.0
  workers = _PROCESSES * len(_numbers(cores))
  return workers * (plan.CPU_START + _SECONDS * (1 + _ROUNDS))


def _numbers(cores):
  """Returns the numbers of threads: 1, 2, 4 and so on, and all cores."""
  return [2**i for i in range(cores.bit_length()) if 2**i < cores] + [cores]


def _concerns(configuration, cores):
  return (
    configuration.implementation == 'fast'
    and configuration.mode == 'inference'
    and configuration.batch_size < cores
    and configuration.image_size >= _SMALLEST_IMAGE
    and configuration.network in networks.NETWORKS
    and not configuration.xla
  )


def images_per_second(
  configuration: Configuration, cores: int
) -> dict[int, float]:
  """Returns {threads of an operation: images/s, over several processes}.

  Two threads may be half as fast as one, in one process and not in the next, or
  for minutes (docs/experiments.md): the mean of the processes' seconds counts.

  Args:
    configuration: of fast in inference, on a CPU, with fewer images than cores.
    cores: those at hand.

  Raises:
    WorkerError: it cannot run.
  """
  numbers = _numbers(cores)
  seconds = [_seconds(configuration, numbers) for _ in range(_PROCESSES)]
  return {
    number: configuration.batch_size / statistics.fmean(times)
    for number, times in zip(numbers, zip(*seconds))
  }


def _seconds(configuration, numbers):
  """Returns those of a step by each number, in new processes, in turn."""
  with _workers(configuration, numbers) as workers:
    steps = [
      max(1, round(_SECONDS / worker.ask('warm_up', _SECONDS)[1]))
      for worker in workers
    ]
    rounds = [
      [worker.ask('time', count) for worker, count in zip(workers, steps)]
      for _ in range(_ROUNDS)
    ]
  return [statistics.median(times) for times in zip(*rounds)]


@contextlib.contextmanager
def _workers(configuration, numbers) -> Iterator[list[Worker]]:
  with contextlib.ExitStack() as stack:
    yield [
      stack.enter_context(Worker(make_contestant, configuration, number))
      for number in numbers
    ]


def make_contestant(configuration: Configuration, number: int) -> Any:
  """Runs in a worker: only there is TensorFlow imported."""
  from base import quiet_tensorflow as quiet_tensorflow  # isort: split
  import tensorflow as tf

  from benchmarking import contestant
  from runtime import device

  device.set_threads(configuration.implementation, configuration.batch_size)
  tf.config.threading.set_intra_op_parallelism_threads(number)
  tf.constant(0)  # TensorFlow has begun: its threads are these.
  return contestant.Contestant(configuration)
