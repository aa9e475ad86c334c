"""Learning rate schedules with slim's names, arithmetic and defaults."""

import tensorflow as tf

from errors import InputError

DECAY_TYPES = ('exponential', 'fixed', 'polynomial')


def make_learning_rate_fn(learning_rate_decay_type,
                          learning_rate,
                          num_examples,
                          batch_size,
                          learning_rate_decay_factor=0.94,
                          num_epochs_per_decay=2.0,
                          end_learning_rate=1e-4,
                          max_number_of_steps=None,
                          warmup_epochs=0.0):
  """Returns learning_rate_fn(step) -> float32 scalar, for use in tf.function.

  Unlike slim's, polynomial decay ends where training ends, at
  max_number_of_steps, whatever num_epochs_per_decay is.

  Args:
    learning_rate_decay_type: one of DECAY_TYPES.
    learning_rate: the rate before any decay, and at the end of the warm-up.
    num_examples: examples per epoch.
    batch_size: examples per step.
    learning_rate_decay_factor: exponential decay multiplies by it, in stairs.
    num_epochs_per_decay: length of a stair, in epochs.
    end_learning_rate: where polynomial decay (a straight line) ends.
    max_number_of_steps: where training ends; polynomial decay needs it.
    warmup_epochs: the rate climbs from 0 for so long, where that is lower than
      the decayed rate.

  Raises:
    InputError: unknown type, or polynomial without max_number_of_steps.
  """
  _check(learning_rate_decay_type, max_number_of_steps)
  # A set smaller than a batch would otherwise decay over zero steps.
  stair = max(1, int(num_examples * num_epochs_per_decay / batch_size))
  warmup_steps = num_examples / batch_size * warmup_epochs

  def learning_rate_fn(step):
    step = tf.cast(step, tf.float32)
    rate = tf.constant(learning_rate, tf.float32)
    if learning_rate_decay_type == 'exponential':
      rate = _exponential(rate, step, stair, learning_rate_decay_factor)
    elif learning_rate_decay_type == 'polynomial':
      rate = _linear(rate, step, max_number_of_steps, end_learning_rate)
    if warmup_steps:
      rate = tf.minimum(learning_rate * step / warmup_steps, rate)
    return rate

  return learning_rate_fn


def _check(learning_rate_decay_type, max_number_of_steps):
  if learning_rate_decay_type not in DECAY_TYPES:
    raise InputError(
        f'learning_rate_decay_type {learning_rate_decay_type!r} is unknown: '
        f'choose one of {", ".join(DECAY_TYPES)}')
  if learning_rate_decay_type == 'polynomial' and not max_number_of_steps:
    raise InputError('polynomial decay ends where training ends: '
                     'set --max_number_of_steps or --num_epochs')


def _exponential(rate, step, decay_steps, decay_factor):
  return rate * tf.pow(decay_factor, tf.floor(step / decay_steps))


def _linear(rate, step, decay_steps, end_rate):
  done = tf.minimum(step, decay_steps) / decay_steps
  return (rate - end_rate) * (1.0 - done) + end_rate
