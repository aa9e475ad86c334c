"""What each device's copy of a network does with the others', if there are any.

For functions that run in tf.distribute's strategy.run, or on one device.
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf


def is_one() -> bool:
  """Whether what runs here has one replica."""
  return tf.distribute.get_strategy().num_replicas_in_sync == 1


def replica_number() -> int | tf.Tensor:
  """Returns which of all replicas this is, from 0 on; in strategy.run."""
  return tf.distribute.get_replica_context().replica_id_in_sync_group


def compile_on_replica(function: Callable, xla: bool) -> Callable:
  """Returns a function to be called in strategy.run.

  XLA compiles for one device: with several replicas not the whole step, in
  which they exchange gradients, but what each does alone.
  """
  if is_one() or not xla:
    return function
  return tf.function(function, autograph=False, jit_compile=True)


def mean(values: Any) -> Any:
  """Returns the means over the replicas, of a structure; in strategy.run."""
  if is_one():
    return values
  return tf.distribute.get_replica_context().all_reduce('MEAN', values)


def share_averages(variables: list[tf.Variable]) -> None:
  """Gives variables that each replica changed their mean; in strategy.run."""
  if variables and not is_one():
    means = mean([variable.read_value() for variable in variables])
    for variable, value in zip(variables, means):
      variable.assign(value)


def first(values: Any) -> Any:
  """Returns this worker's first replica's, of a structure from strategy.run."""
  strategy = tf.distribute.get_strategy()
  return tf.nest.map_structure(
    lambda value: strategy.experimental_local_results(value)[0], values
  )
