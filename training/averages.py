"""Moving averages of a model's variables (--moving_average_decay)."""

from collections.abc import Iterator
import contextlib

import tensorflow as tf

from checkpoints import names


def make_averages(
  variables_by_name: dict[str, tf.Variable],
  moving_average_decay: float,
  global_step: tf.Variable,
) -> tf.train.ExponentialMovingAverage:
  """Returns averages which start at the variables.

  Call it after weights to be fine-tuned are restored. The decay at a step is
  min(moving_average_decay, (1 + global_step) / (10 + global_step)).
  """
  averages = tf.train.ExponentialMovingAverage(
    moving_average_decay, num_updates=global_step
  )
  averages.apply(list(variables_by_name.values()))  # Makes them, moves nothing.
  return averages


@contextlib.contextmanager
def in_place(
  averages: tf.train.ExponentialMovingAverage | None,
  variables_by_name: dict[str, tf.Variable],
) -> Iterator[None]:
  """Puts the averages in the variables' place meanwhile; None changes nothing.

  The variables come back whatever is raised: Ctrl-C saves what is there.
  """
  variables = list(variables_by_name.values()) if averages else []
  kept = [variable.numpy() for variable in variables]
  try:
    for variable in variables:
      variable.assign(averages.average(variable))
    yield
  finally:
    for variable, value in zip(variables, kept):
      variable.assign(value)


def averages_by_name(
  averages: tf.train.ExponentialMovingAverage,
  variables_by_name: dict[str, tf.Variable],
) -> dict[str, tf.Variable]:
  """Returns {checkpoint name: variable holding the average}."""
  return {
    names.average_of(name): averages.average(variable)
    for name, variable in variables_by_name.items()
  }
