"""The flags of the optimizer, the learning rate and what is optimized."""

import inspect
from typing import Any
from typing import NamedTuple

from absl import flags

from base import program_flags
from training import learning_rates
from training import optimizers
from training.learning_rates import LearningRate
from training.optimizers import Optimization
from training.optimizers import UpdateOptions

# The flags belong to the program that has them defined.
flags.disclaim_key_flags()

# Flag and argument of make_optimizer: (least, most, help).
_OPTIMIZER_FLAGS = {
  'adadelta_rho': (0.0, 1.0, "Decay of adadelta's averages, per step."),
  'adagrad_initial_accumulator_value': (
    0.0,
    None,
    "Initial value of adagrad's sums of squared gradients.",
  ),
  'adam_beta1': (
    0.0,
    1.0,
    "Decay of adam's average of the gradients, per step.",
  ),
  'adam_beta2': (
    0.0,
    1.0,
    "Decay of adam's average of the squared gradients, per step.",
  ),
  'opt_epsilon': (
    0.0,
    None,
    'Epsilon of adadelta, adam and rmsprop, which keeps their divisors above '
    '0.',
  ),
  'ftrl_learning_rate_power': (
    None,
    0.0,
    'Exponent by which the learning rate of ftrl falls. 0 keeps it fixed.',
  ),
  'ftrl_initial_accumulator_value': (
    0.0,
    None,
    "Initial value of ftrl's sums of squared gradients.",
  ),
  'ftrl_l1': (0.0, None, 'Strength of L1 regularization in ftrl.'),
  'ftrl_l2': (0.0, None, 'Strength of L2 regularization in ftrl.'),
  'momentum': (0.0, 1.0, 'Momentum, where --optimizer=momentum.'),
  'rmsprop_momentum': (0.0, 1.0, 'Momentum of rmsprop.'),
  'rmsprop_decay': (
    0.0,
    1.0,
    "Decay of rmsprop's average of the squared gradients, per step.",
  ),
}


class Defaults(NamedTuple):
  """Defaults, as a task's networks were published; others are slim's."""

  optimizer: str = 'rmsprop'
  learning_rate: LearningRate = LearningRate()
  batch_norm_decay: float | None = 0.997  # None: the family has several
  batch_size: int = 32
  batch_norm_decay_help: str = ''  # what its default None means
  # Whether the last layer may learn at a rate of its own.
  has_last_layer_rate: bool = False


PUBLISHED = Defaults()


def define(defaults: Defaults = PUBLISHED) -> None:
  """Defines the flags."""
  flags.DEFINE_string(
    'optimizer',
    defaults.optimizer,
    f'Optimizer: {", ".join(optimizers.OPTIMIZERS)}.',
  )
  parameters = inspect.signature(optimizers.make_optimizer).parameters
  for name, (least, most, help_text) in _OPTIMIZER_FLAGS.items():
    flags.DEFINE_float(name, parameters[name].default, help_text, least, most)
  _define_learning_rate(defaults.learning_rate)
  flags.DEFINE_float(
    'weight_decay',
    4e-5,
    'Strength of L2 regularization of the weights. Depthwise kernels '
    "(except NASNet's, and those that SSDLite adds to its backbone), biases "
    'and batch norm are exempt.',
    lower_bound=0.0,
  )
  flags.DEFINE_float(
    'batch_norm_decay',
    defaults.batch_norm_decay,
    'Decay of the moving averages in batch norm, per step. The first steps '
    'take (1 + step) / (10 + step), as long as that is less.'
    + defaults.batch_norm_decay_help,
    0.0,
    1.0,
  )
  flags.DEFINE_float(
    'moving_average_decay',
    None,
    'Decay of the moving averages of the variables, per step, which '
    'evaluation takes. Default: no averages are kept.',
    0.0,
    1.0,
  )
  _define_update(defaults.has_last_layer_rate)
  # Bounds of flags include the bound.
  program_flags.require_above_zero(
    'adagrad_initial_accumulator_value',
    'num_epochs_per_decay',
    'clip_gradients_norm',
  )
  for name in ('adam_beta1', 'adam_beta2'):
    flags.register_validator(name, lambda value: value < 1, 'must be below 1')


def _define_update(has_last_layer_rate):
  """Defines what UpdateOptions are read from, and the freeze."""
  if has_last_layer_rate:
    flags.DEFINE_float(
      'last_layer_gradient_multiplier',
      1.0,
      'Factor on the gradients of the last layers: all that follow the '
      'backbone, as published.',
      lower_bound=0.0,
    )
  flags.DEFINE_float(
    'head_learning_rate_multiplier',
    1.0,
    'Factor on the learning rate of the head: the layers that make the logits, '
    'and, in detectors and segmenters, all that follows the backbone. Unlike a '
    'factor on gradients it counts with every optimizer.',
    lower_bound=0.0,
  )
  flags.DEFINE_float(
    'freeze_epochs',
    0.0,
    'Number of epochs in which only the head is trained. The rest stays as the '
    'checkpoint has it, the averages of batch norm included, by which it '
    'normalises meanwhile. A classifier drops out nothing then.',
    lower_bound=0.0,
  )
  flags.DEFINE_float(
    'freeze_part',
    0.0,
    'Part of training, from 0 to 1, in which only the head is trained, where '
    'that is longer than freeze_epochs.',
    0.0,
    1.0,
  )
  flags.DEFINE_float(
    'clip_gradients_norm',
    None,
    'Largest norm of all gradients together; longer ones are shortened to it. '
    'Default: no limit.',
    lower_bound=0.0,
  )
  flags.DEFINE_integer(
    'accumulate_steps',
    1,
    'Number of batches whose mean gradients make one step, which is then of as '
    'many times batch_size images. Activations take the memory of one batch, '
    'but the images of the whole step are held at once, as bytes, on the host '
    'and on the device. Batch norm takes the statistics of each batch.',
    lower_bound=1,
  )


def _define_learning_rate(defaults):
  flags.DEFINE_string(
    'learning_rate_decay_type',
    defaults.learning_rate_decay_type,
    f'Decay of the learning rate: {", ".join(learning_rates.DECAY_TYPES)}. '
    'exponential falls in stairs, fixed stays; polynomial and cosine fall to '
    'end_learning_rate at the end of training; step falls at the milestones.',
  )
  flags.DEFINE_float(
    'learning_rate',
    defaults.learning_rate,
    'Learning rate before any decay, and after the warm-up.',
    lower_bound=0.0,
  )
  flags.DEFINE_float(
    'end_learning_rate',
    defaults.end_learning_rate,
    'Learning rate at the end of polynomial or cosine decay.',
    lower_bound=0.0,
  )
  flags.DEFINE_float(
    'learning_rate_power',
    defaults.learning_rate_power,
    'Exponent of polynomial decay. 1 makes a straight line.',
    lower_bound=0.0,
  )
  flags.DEFINE_float(
    'learning_rate_decay_factor',
    defaults.learning_rate_decay_factor,
    'Factor on the learning rate at each stair of exponential decay, or at '
    'each milestone of step decay (for which 0.1 is usual).',
    0.0,
    1.0,
  )
  flags.DEFINE_list(
    'learning_rate_milestones',
    [str(part) for part in defaults.learning_rate_milestones],
    'Comma-separated parts of training, from 0 to 1, after each of which step '
    'decay multiplies the rate.',
  )
  program_flags.require_numbers('learning_rate_milestones', most=1.0)
  flags.DEFINE_float(
    'num_epochs_per_decay',
    defaults.num_epochs_per_decay,
    'Number of epochs between two stairs of exponential decay.',
  )
  flags.DEFINE_float(
    'warmup_epochs',
    defaults.warmup_epochs,
    'Number of epochs in which the learning rate climbs from 0.',
    lower_bound=0.0,
  )


def read() -> Optimization:
  """Returns what these flags say."""

  def values(names) -> dict[str, Any]:
    return {
      name: flags.FLAGS[name].value for name in names if name in flags.FLAGS
    }

  learning_rate = program_flags.read(LearningRate)
  milestones = tuple(map(float, learning_rate.learning_rate_milestones))
  return Optimization(
    optimizer_arguments=values(_OPTIMIZER_FLAGS),
    learning_rate=learning_rate._replace(learning_rate_milestones=milestones),
    update=program_flags.read(UpdateOptions),
    **values(
      (
        'optimizer',
        'weight_decay',
        'batch_norm_decay',
        'moving_average_decay',
        'freeze_epochs',
        'freeze_part',
      )
    ),
  )
