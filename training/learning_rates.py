"""Learning rate schedules with slim's names, arithmetic and defaults."""

from collections.abc import Callable
from collections.abc import Sequence
import math
from typing import NamedTuple

import tensorflow as tf

from base.errors import InputError

DECAY_TYPES = ('exponential', 'fixed', 'polynomial', 'cosine', 'step')
# They go by the part of training that is done, so it must have an end.
_ENDING = ('polynomial', 'cosine', 'step')


class LearningRate(NamedTuple):
  """A learning rate over a run."""

  learning_rate: float = 0.01  # before any decay, and after the warm-up
  learning_rate_decay_type: str = 'exponential'  # one of DECAY_TYPES
  # Exponential decay multiplies by it, in stairs of num_epochs_per_decay; step
  # at each milestone.
  learning_rate_decay_factor: float = 0.94
  num_epochs_per_decay: float = 2.0
  end_learning_rate: float = 1e-4  # where polynomial and cosine decay end
  learning_rate_power: float = 1.0  # of polynomial decay; 1: a line
  # It climbs from 0 for so long, where that is lower than the decayed rate.
  warmup_epochs: float = 0.0
  learning_rate_milestones: Sequence[float] = (0.5, 0.75)  # parts of training


def make_learning_rate_fn(
  options: LearningRate,
  num_examples: int,
  batch_size: int,
  max_number_of_steps: int | None = None,
) -> Callable[[tf.Tensor], tf.Tensor]:
  """Returns learning_rate_fn(step) -> float32 scalar, for use in tf.function.

  Unlike slim's, polynomial decay ends where training ends, at
  max_number_of_steps, whatever num_epochs_per_decay is; and so does cosine
  decay, half a wave (arXiv 1608.03983, without restarts).

  Args:
    options: LearningRate.
    num_examples: examples per epoch.
    batch_size: examples per step.
    max_number_of_steps: where training ends; all but exponential decay need it.

  Raises:
    InputError: unknown type, or one of those without max_number_of_steps.
  """
  _check(options.learning_rate_decay_type, max_number_of_steps)
  steps_per_epoch = num_examples / batch_size
  # A set smaller than a batch would otherwise decay over zero steps.
  stair = max(1, int(num_examples * options.num_epochs_per_decay / batch_size))
  warmup_steps = steps_per_epoch * options.warmup_epochs

  def learning_rate_fn(step):
    step = tf.cast(step, tf.float32)
    decayed = tf.constant(options.learning_rate, tf.float32)
    if options.learning_rate_decay_type == 'exponential':
      decayed *= tf.pow(
        options.learning_rate_decay_factor, tf.floor(step / stair)
      )
    elif options.learning_rate_decay_type in _ENDING:
      decayed = _decay_to_the_end(decayed, step, options, max_number_of_steps)
    if warmup_steps:
      decayed = tf.minimum(options.learning_rate * step / warmup_steps, decayed)
    return decayed

  return learning_rate_fn


def _decay_to_the_end(rate, step, options, last_step):
  """Returns the rate at a step, of a schedule that last_step ends."""
  if options.learning_rate_decay_type == 'step':
    # Whole steps: 80 / 100 may come out below 0.8.
    passed = [
      tf.cast(step >= round(part * last_step), tf.float32)
      for part in options.learning_rate_milestones
    ]
    return rate * tf.pow(options.learning_rate_decay_factor, tf.add_n(passed))
  done = tf.minimum(step, last_step) / last_step
  if options.learning_rate_decay_type == 'cosine':
    left = 0.5 * (1.0 + tf.cos(math.pi * done))
  else:
    left = tf.pow(1.0 - done, options.learning_rate_power)
  return (rate - options.end_learning_rate) * left + options.end_learning_rate


def _check(learning_rate_decay_type, max_number_of_steps):
  if learning_rate_decay_type not in DECAY_TYPES:
    raise InputError(
      f'learning_rate_decay_type {learning_rate_decay_type!r} is unknown: '
      f'choose one of {", ".join(DECAY_TYPES)}'
    )
  if learning_rate_decay_type in _ENDING and not max_number_of_steps:
    raise InputError(
      f'{learning_rate_decay_type} decay goes by where training ends: '
      'set --max_number_of_steps or --num_epochs'
    )
