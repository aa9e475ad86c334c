"""Moving averages of a model's variables (--moving_average_decay)."""

import tensorflow as tf

SUFFIX = '/ExponentialMovingAverage'


def make_averages(variables_by_name, moving_average_decay, global_step):
  """Returns a tf.train.ExponentialMovingAverage which starts at the variables.

  Call it after weights to be fine-tuned are restored. The decay at a step is
  min(moving_average_decay, (1 + global_step) / (10 + global_step)).
  """
  averages = tf.train.ExponentialMovingAverage(
      moving_average_decay, num_updates=global_step)
  averages.apply(list(variables_by_name.values()))  # Makes them, moves nothing.
  return averages


def averages_by_name(averages, variables_by_name):
  """Returns {checkpoint name: variable holding the average}."""
  return {name + SUFFIX: averages.average(variable)
          for name, variable in variables_by_name.items()}
