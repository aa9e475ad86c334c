"""The flags of the optimizer, the learning rate and what is optimized."""

import inspect
from typing import Any

from absl import flags

from base import program_flags
from training import learning_rates
from training import optimizers
from training.learning_rates import LearningRate
from training.optimizers import Optimization

# The flags belong to the program that has them defined.
flags.disclaim_key_flags()

# Flag and argument of make_optimizer: (least, most, help).
_OPTIMIZER_FLAGS = {
  'adadelta_rho': (0.0, 1.0, 'Decay of adadelta.'),
  'adagrad_initial_accumulator_value': (0.0, None, "Start of adagrad's sums."),
  'adam_beta1': (0.0, 1.0, "Decay of adam's first moments."),
  'adam_beta2': (0.0, 1.0, "Decay of adam's second moments."),
  'opt_epsilon': (0.0, None, 'Epsilon of adadelta, adam and rmsprop.'),
  'ftrl_learning_rate_power': (
    None,
    0.0,
    'Power of the learning rate in ftrl.',
  ),
  'ftrl_initial_accumulator_value': (0.0, None, "Start of ftrl's sums."),
  'ftrl_l1': (0.0, None, 'L1 strength of ftrl.'),
  'ftrl_l2': (0.0, None, 'L2 strength of ftrl.'),
  'momentum': (0.0, 1.0, 'Momentum of the momentum optimizer.'),
  'rmsprop_momentum': (0.0, 1.0, 'Momentum of rmsprop.'),
  'rmsprop_decay': (0.0, 1.0, 'Decay of rmsprop.'),
}


def define() -> None:
  """Defines the flags."""
  flags.DEFINE_string(
    'optimizer', 'rmsprop', f'Optimizer: {", ".join(optimizers.OPTIMIZERS)}.'
  )
  parameters = inspect.signature(optimizers.make_optimizer).parameters
  for name, (least, most, help_text) in _OPTIMIZER_FLAGS.items():
    flags.DEFINE_float(name, parameters[name].default, help_text, least, most)
  _define_learning_rate(LearningRate())
  flags.DEFINE_float(
    'weight_decay',
    4e-5,
    'L2 on the weights, depthwise ones excepted.',
    lower_bound=0.0,
  )
  flags.DEFINE_float(
    'batch_norm_decay',
    0.997,
    "Decay of batch norm's averages; early steps "
    'use (1 + step) / (10 + step) where that is less.',
    0.0,
    1.0,
  )
  flags.DEFINE_float(
    'moving_average_decay',
    None,
    'Decay of moving averages of the weights, '
    'kept for evaluation. Default: none are kept.',
    0.0,
    1.0,
  )
  # Bounds of flags include the bound.
  program_flags.require_above_zero(
    'adagrad_initial_accumulator_value', 'num_epochs_per_decay'
  )
  for name in ('adam_beta1', 'adam_beta2'):
    flags.register_validator(name, lambda value: value < 1, 'must be below 1')


def _define_learning_rate(defaults):
  flags.DEFINE_string(
    'learning_rate_decay_type',
    defaults.learning_rate_decay_type,
    f'Decay of the learning rate: {", ".join(learning_rates.DECAY_TYPES)}; '
    'polynomial is a straight line to end_learning_rate where training ends.',
  )
  flags.DEFINE_float(
    'learning_rate',
    defaults.learning_rate,
    'Initial learning rate.',
    lower_bound=0.0,
  )
  flags.DEFINE_float(
    'end_learning_rate',
    defaults.end_learning_rate,
    'Learning rate at the end of polynomial decay.',
    lower_bound=0.0,
  )
  flags.DEFINE_float(
    'learning_rate_decay_factor',
    defaults.learning_rate_decay_factor,
    'Factor of exponential decay.',
    0.0,
    1.0,
  )
  flags.DEFINE_float(
    'num_epochs_per_decay',
    defaults.num_epochs_per_decay,
    'Epochs between two exponential decays.',
  )
  flags.DEFINE_float(
    'warmup_epochs',
    defaults.warmup_epochs,
    'Epochs in which the learning rate climbs from 0.',
    lower_bound=0.0,
  )


def read() -> Optimization:
  """Returns what these flags say."""

  def values(names) -> dict[str, Any]:
    return {name: flags.FLAGS[name].value for name in names}

  return Optimization(
    optimizer_arguments=values(_OPTIMIZER_FLAGS),
    learning_rate=LearningRate(**values(LearningRate._fields)),
    **values(
      ('optimizer', 'weight_decay', 'batch_norm_decay', 'moving_average_decay')
    ),
  )
