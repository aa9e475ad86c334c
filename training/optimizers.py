"""slim's seven optimizers, and their slots under slim's checkpoint names."""

from typing import Any
from typing import NamedTuple

import tensorflow as tf

from base.errors import InputError
from base.suggestions import did_you_mean
from runtime import replicas
from training.learning_rates import LearningRate

OPTIMIZERS = (
  'adadelta',
  'adagrad',
  'adam',
  'ftrl',
  'momentum',
  'rmsprop',
  'sgd',
)

# Slots per optimizer.get_name(), in the order in which TensorFlow makes them:
# the first is saved as VARIABLE/RMSProp, the second as VARIABLE/RMSProp_1.
_SLOTS = {
  'Adadelta': ('accum', 'accum_update'),
  'Adagrad': ('accumulator',),
  'Adam': ('m', 'v'),
  'Ftrl': ('accum', 'linear'),
  'GradientDescent': (),
  'Momentum': ('momentum',),
  'RMSProp': ('rms', 'momentum'),
}


class UpdateOptions(NamedTuple):
  """What happens between the gradients of a step and the weights."""

  last_layer_gradient_multiplier: float = 1.0
  # Factor on the learning rate of the head (not specs/roles.py's is_body).
  head_learning_rate_multiplier: float = 1.0
  clip_gradients_norm: float | None = None  # most of all gradients together
  accumulate_steps: int = 1  # batches whose mean gradients make one step


PLAIN = UpdateOptions()


class Optimization(NamedTuple):
  """How a run optimizes, and what."""

  optimizer: str  # one of OPTIMIZERS
  optimizer_arguments: dict[str, Any]  # of make_optimizer, the name apart
  learning_rate: LearningRate
  weight_decay: float  # L2
  # Where that of the averages stops growing; None: Family.batch_norm_decays.
  batch_norm_decay: float | None
  moving_average_decay: float | None  # of the weights' averages; None: none
  update: UpdateOptions = PLAIN
  freeze_epochs: float = 0.0  # in which only the head is trained
  freeze_part: float = 0.0  # the same as a part of training, from 0 to 1

  @property
  def freezes(self) -> bool:
    """Whether only the head is trained at first."""
    return bool(self.freeze_epochs or self.freeze_part)

  @property
  def divides_rate(self) -> bool:
    """Whether head and body need optimizers of their own."""
    return bool(
      self.update.head_learning_rate_multiplier != 1.0 or self.freezes
    )


def make_optimizer(
  name: str,
  learning_rate: float | tf.Variable,
  adadelta_rho: float = 0.95,
  adagrad_initial_accumulator_value: float = 0.1,
  adam_beta1: float = 0.9,
  adam_beta2: float = 0.999,
  opt_epsilon: float = 1.0,
  ftrl_learning_rate_power: float = -0.5,
  ftrl_initial_accumulator_value: float = 0.1,
  ftrl_l1: float = 0.0,
  ftrl_l2: float = 0.0,
  momentum: float = 0.9,
  rmsprop_momentum: float = 0.9,
  rmsprop_decay: float = 0.9,
) -> tf.compat.v1.train.Optimizer:
  """Returns the tf.compat.v1.train optimizer that slim means by name.

  learning_rate is a float or a float32 tf.Variable, which is read at each step;
  not a callable, which FtrlOptimizer does not take. Keras' optimizers of the
  same names compute something else (RMSprop's accumulators start at 0, not 1).

  Raises:
    InputError: name is not in OPTIMIZERS.
  """
  train = tf.compat.v1.train
  if name == 'adadelta':
    return train.AdadeltaOptimizer(
      learning_rate, rho=adadelta_rho, epsilon=opt_epsilon
    )
  if name == 'adagrad':
    return train.AdagradOptimizer(
      learning_rate, initial_accumulator_value=adagrad_initial_accumulator_value
    )
  if name == 'adam':
    return train.AdamOptimizer(
      learning_rate, beta1=adam_beta1, beta2=adam_beta2, epsilon=opt_epsilon
    )
  if name == 'ftrl':
    return train.FtrlOptimizer(
      learning_rate,
      learning_rate_power=ftrl_learning_rate_power,
      initial_accumulator_value=ftrl_initial_accumulator_value,
      l1_regularization_strength=ftrl_l1,
      l2_regularization_strength=ftrl_l2,
    )
  if name == 'momentum':
    return train.MomentumOptimizer(learning_rate, momentum=momentum)
  if name == 'rmsprop':
    return train.RMSPropOptimizer(
      learning_rate,
      decay=rmsprop_decay,
      momentum=rmsprop_momentum,
      epsilon=opt_epsilon,
    )
  if name == 'sgd':
    return train.GradientDescentOptimizer(learning_rate)
  raise InputError(
    f'optimizer {name!r} is unknown{did_you_mean(name, OPTIMIZERS)}: choose '
    f'one of {", ".join(OPTIMIZERS)}'
  )


def apply_gradients(
  optimizer: tf.compat.v1.train.Optimizer,
  gradients_and_variables: list[tuple[Any, tf.Variable]],
) -> None:
  """Changes variables by gradients that all replicas agree on.

  Called outside of strategy.run: there optimizers would sum over the replicas.
  This is what they do after that.
  """
  if replicas.is_one():
    optimizer.apply_gradients(gradients_and_variables)
    return
  extended = tf.distribute.get_strategy().extended
  variables = [variable for _, variable in gradients_and_variables]
  optimizer._prepare()
  for gradient, variable in gradients_and_variables:
    extended.update(
      variable,
      lambda one, gradient: optimizer._resource_apply_dense(gradient, one),
      args=(gradient,),
    )
  extended.update_non_slot(
    extended.non_slot_devices(variables),
    lambda: optimizer._finish([], optimizer.get_name()),
  )


def slots_by_name(
  optimizer: tf.compat.v1.train.Optimizer,
  variables_by_name: dict[str, tf.Variable],
) -> dict[str, tf.Variable]:
  """Returns {checkpoint name: variable} of the optimizer's whole state.

  Makes the slots if no step has been taken yet, so that a checkpoint can fill
  them before the first. variables_by_name are the variables to be trained.
  """
  # There is no public way to make slots without applying gradients.
  optimizer._create_slots(list(variables_by_name.values()))
  slots = {}
  for name, variable in variables_by_name.items():
    for i, slot_name in enumerate(_SLOTS[optimizer.get_name()]):
      suffix = f'_{i}' if i else ''
      slots[f'{name}/{optimizer.get_name()}{suffix}'] = optimizer.get_slot(
        variable, slot_name
      )
  if optimizer.get_name() == 'Adam':
    # optimizer.variables() has them too, but is empty under tf.distribute.
    powers = optimizer._get_beta_accumulators()
    slots['beta1_power'], slots['beta2_power'] = powers
  return slots
