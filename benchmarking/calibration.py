"""Times an image at a time by numbers of threads, in a process each."""

from collections.abc import Iterator
import contextlib
import statistics
from typing import Any

from benchmarking.configurations import Configuration
from benchmarking.workers import Worker

_ROUNDS = 5
_SECONDS = 0.5


def images_per_second(
  configuration: Configuration, cores: int
) -> dict[int, float]:
  """Returns {threads of an operation: images/s}, timed in turn.

  Args:
    configuration: of fast in inference, on a CPU, with fewer images than cores.
    cores: those at hand; the threads are 1, 2, 4 and so on, and all of them.

  Raises:
    WorkerError: it cannot run.
  """
  numbers = [2**i for i in range(cores.bit_length()) if 2**i < cores] + [cores]
  with _workers(configuration, numbers) as workers:
    steps = [
      max(1, round(_SECONDS / worker.ask('warm_up', _SECONDS)[1]))
      for worker in workers
    ]
    rounds = [
      [worker.ask('time', count) for worker, count in zip(workers, steps)]
      for _ in range(_ROUNDS)
    ]
  return {
    number: configuration.batch_size / statistics.median(seconds)
    for number, seconds in zip(numbers, zip(*rounds))
  }


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
