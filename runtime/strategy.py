"""Where a run trains: one device, several, those of several machines.

TensorFlow's tf.distribute does it. A replica is one device's copy of the
network; a worker is a process, with one replica or more. Between two steps all
replicas hold the same values, so that the first worker, the chief, can write,
validate and draw alone.
"""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
import contextlib
import functools
import json
import os
from typing import Any
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from base.errors import InputError
from runtime import hosts as hosts_lib


class StrategyOptions(NamedTuple):
  """What a run is spread over."""

  num_clones: int = 1  # devices of a machine; 0: all GPUs
  worker_hosts: tuple[str, ...] = ()  # host:port of each worker
  task: int = 0  # this worker's place among them


class Workers(NamedTuple):
  """The processes that train together, and which of them this one is."""

  strategy: tf.distribute.Strategy | None = None  # None: one device
  number: int = 0
  hosts: tuple[str, ...] = ('',)

  @property
  def count(self) -> int:
    """Number of processes."""
    return len(self.hosts)

  @property
  def is_chief(self) -> bool:
    """Whether this is the one that writes."""
    return self.number == 0

  @property
  def num_replicas(self) -> int:
    """Number of devices, of all workers together."""
    return self.strategy.num_replicas_in_sync if self.strategy else 1

  def scope(self) -> contextlib.AbstractContextManager:
    """What variables are made in, and training runs in."""
    return self.strategy.scope() if self.strategy else contextlib.nullcontext()

  def split(self, batch: Any) -> Any:
    """Divides this worker's part of a batch among its replicas, in order.

    Args:
      batch: a structure of tensors [images, ...].

    Returns:
      What strategy.run takes; the batch itself where there is one device.
    """
    if self.strategy is None:
      return batch
    count = self.num_replicas // self.count
    divided = [tf.split(part, count) for part in tf.nest.flatten(batch)]
    parts = iter(zip(*divided))
    return self.strategy.experimental_distribute_values_from_function(
      lambda context: tf.nest.pack_sequence_as(batch, next(parts))
    )

  def total(self, numbers: np.ndarray) -> np.ndarray:
    """Returns the sums over the workers, of integers; all of them call it.

    numbers: of one shape everywhere, whose sums are below 2**24.
    """
    if self.count == 1:
      return numbers
    # As gradients go: devices may not add integers.
    first = iter([tf.constant(numbers, tf.float32)])
    nothing = tf.zeros(numbers.shape)
    values = self.strategy.experimental_distribute_values_from_function(
      lambda context: next(first, nothing)
    )
    return _adder(self.strategy)(values).numpy().astype(np.int64)

  def gather(self, tensors: list[tf.Tensor]) -> list[tf.Tensor]:
    """Returns each worker's tensors one behind the other; all of them call it.

    tensors: of the same shapes everywhere, none a scalar.
    """
    parts = iter([tensors])
    nothing = [tf.zeros_like(tensor) for tensor in tensors]
    values = self.strategy.experimental_distribute_values_from_function(
      lambda context: next(parts, nothing)
    )
    return _gatherer(self.strategy)(values)

  def any_wants(self, it: Any) -> bool:
    """Whether it is true on one of the workers; all of them call it."""
    return bool(self.total(np.array(bool(it))))

  def of_chief(self, find: Callable[[], Any]) -> Any:
    """Returns on each worker what find returns on the chief; all call it.

    What is found goes as JSON. An InputError is raised on all of them.
    """
    if self.count == 1:
      return find()
    found = _found(find) if self.is_chief else None
    message = json.dumps(found, default=float).encode()  # NumPy's numbers, too
    size = self.total(np.array(len(message) * self.is_chief))
    padded = np.zeros(size, np.int64)
    if self.is_chief:
      padded[:] = np.frombuffer(message, np.uint8)
    value, error = json.loads(self.total(padded).astype(np.uint8).tobytes())
    if error is not None:
      raise InputError(error)
    return value

  def check_same(self, values: dict[str, Any]) -> None:
    """Raises InputError, on all workers, if one has other values of a run."""
    if self.count == 1:
      return
    mine = json.loads(json.dumps(values))
    chiefs = self.of_chief(lambda: mine)
    others = [
      f'{name} is {chiefs[name]} for the first worker, {mine.get(name)} here'
      for name in chiefs
      if mine.get(name) != chiefs[name]
    ]
    if self.total(np.array(len(others))):
      raise InputError(
        'workers need the same flags, data and train_dir: '
        f'{"; ".join(others) or "those of another one differ"}'
      )


ALONE = Workers()


@functools.cache
def _adder(strategy):
  """Returns what adds up over replicas.

  It is a graph, made once: eager reductions leave threads open where a worker
  is lost.
  """
  return tf.function(
    lambda values: strategy.reduce('SUM', values, axis=None), autograph=False
  )


@functools.cache
def _gatherer(strategy):
  """Returns what joins the tensors of all replicas; see _adder."""
  return tf.function(
    lambda values: tf.nest.map_structure(
      lambda value: strategy.gather(value, axis=0), values
    ),
    autograph=False,
  )


def _found(find):
  """Returns (what find returns, None) or (None, its InputError)."""
  try:
    return find(), None
  except InputError as error:
    return None, str(error)


def make_workers(
  options: StrategyOptions, environment: Mapping[str, str] = os.environ
) -> Workers:
  """Returns the Workers that train; waits until all of them have begun.

  Call it before TensorFlow's first operation.

  Raises:
    InputError: there are not so many devices, or hosts are wrong.
  """
  hosts, number = hosts_lib.find(
    options.worker_hosts, options.task, environment
  )
  gpus = _use_gpus(options.num_clones)
  if len(hosts) > 1:
    if not gpus and options.num_clones > 1:
      raise InputError(
        f'--num_clones={options.num_clones}: without a GPU each of several '
        'machines trains on one device'
      )
    return Workers(_of_several(hosts, number, len(gpus)), number, hosts)
  count = len(gpus) or options.num_clones
  if count <= 1:
    return ALONE
  if not gpus:
    _divide_cpu(count)
  kind = 'GPU' if gpus else 'CPU'
  return Workers(
    tf.distribute.MirroredStrategy([f'{kind}:{i}' for i in range(count)])
  )


def _use_gpus(num_clones):
  """Hides all GPUs but so many, and returns these; none is there: none."""
  gpus = tf.config.list_physical_devices('GPU')
  if gpus and num_clones > len(gpus):
    raise InputError(
      f'--num_clones={num_clones}: TensorFlow finds {len(gpus)} GPUs here'
    )
  if not gpus or len(gpus) == 1 or num_clones == 1:
    return gpus[:1]
  gpus = gpus[: num_clones or len(gpus)]
  tf.config.set_visible_devices(gpus, 'GPU')
  return gpus


def _divide_cpu(count):
  cpu = tf.config.list_physical_devices('CPU')[0]
  there = tf.config.get_logical_device_configuration(cpu) or [None]
  if len(there) >= count:
    return
  tf.config.set_logical_device_configuration(
    cpu, [tf.config.LogicalDeviceConfiguration()] * count
  )


def _of_several(hosts, number, num_gpus):
  others = ', '.join(host for host in hosts if host != hosts[number])
  print(f'Worker {number} of {len(hosts)}, with {others}', flush=True)
  try:
    return tf.distribute.MultiWorkerMirroredStrategy(
      tf.distribute.cluster_resolver.SimpleClusterResolver(
        tf.train.ClusterSpec({'worker': hosts}),
        task_type='worker',
        task_id=number,
        num_accelerators={'GPU': num_gpus},
        rpc_layer='grpc',
      )
    )
  except (tf.errors.OpError, RuntimeError) as error:
    raise InputError(
      f'worker {number} cannot train with {others}: {error}'
    ) from error


@contextlib.contextmanager
def tell_of_lost_workers(
  workers: Workers, what_then: Callable[[], str]
) -> Iterator[None]:
  """Makes an InputError of what TensorFlow raises when a worker is gone.

  what_then: says what the same commands will do.
  """
  try:
    yield
  except tf.errors.OpError as error:
    if workers.count == 1:
      raise
    raise InputError(
      f'another of the {workers.count} workers has ended, or cannot be reached '
      f'({type(error).__name__}). Start all with the same commands again: '
      f'{what_then()}'
    ) from error
