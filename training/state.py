"""What a step of training reads and changes, and what is saved of it."""

from typing import NamedTuple

import tensorflow as tf

from base.errors import InputError
from checkpoints import names
from specs import roles
from training import averages as moving_averages
from training import loss_scale as loss_scaling
from training import optimizers
from training.optimizers import Optimization


class RatedOptimizer(NamedTuple):
  """An optimizer, and the learning rate that it reads."""

  optimizer: tf.compat.v1.train.Optimizer
  learning_rate: tf.Variable


class TrainState(NamedTuple):
  """What a step reads and changes, the model's variables included.

  learning_rate is the float32 variable that the optimizer was made with;
  trainable_variables a dict name -> variable; averages a
  tf.train.ExponentialMovingAverage over the model's variables, or None;
  loss_scale a LossScale for float16, or None; head what optimizes the variables
  of the head, or None where optimizer does. Of the second kind are heads that
  begin before the body does, or that learn at another rate: adam's bias
  correction counts the steps of each. What dropout drops follows from seed and
  step; where seed is None, from TensorFlow's own random numbers.
  """

  model: tf.Module
  trainable_variables: dict
  optimizer: tf.compat.v1.train.Optimizer
  learning_rate: tf.Variable
  global_step: tf.Variable
  averages: tf.train.ExponentialMovingAverage | None = None
  loss_scale: loss_scaling.LossScale | None = None
  head: RatedOptimizer | None = None
  seed: int | None = None


def make_state(
  model: tf.Module,
  optimization: Optimization,
  trainable_scopes: str | None = None,
  is_float16: bool = False,
  seed: int | None = None,
) -> TrainState:
  """Returns a TrainState at step 0; averages start at the model's variables.

  Raises:
    InputError: trainable_scopes match nothing, or freeze_epochs cannot be.
  """
  trained = trainable_variables(model, trainable_scopes)
  if optimization.freezes:
    _check_freezing(model, trained)

  def make_optimizer():
    learning_rate = tf.Variable(0.0, trainable=False)
    return RatedOptimizer(
      optimizers.make_optimizer(
        optimization.optimizer,
        learning_rate,
        **optimization.optimizer_arguments,
      ),
      learning_rate,
    )

  global_step = make_global_step()
  averages = None
  if optimization.moving_average_decay:
    averages = moving_averages.make_averages(
      model.variables_by_name, optimization.moving_average_decay, global_step
    )
  return TrainState(
    model,
    trained,
    *make_optimizer(),
    global_step,
    averages,
    loss_scaling.make_loss_scale() if is_float16 else None,
    make_optimizer() if optimization.divides_rate else None,
    seed,
  )


def _check_freezing(model, trained):
  if all(roles.is_body(name) for name in trained):
    raise InputError(
      'freeze_epochs: trainable_scopes leave nothing of the head to be trained '
      'while the rest is frozen'
    )
  if any('aux_logits' in name for name in model.variables_by_name):
    raise InputError(
      'freeze_epochs: a frozen body infers, and this network has auxiliary '
      'logits in training only: train the last layer by --trainable_scopes'
    )


def make_global_step() -> tf.Variable:
  """Returns the count of steps begun, an int64 scalar as slim saves it."""
  return tf.Variable(
    0,
    trainable=False,
    dtype=tf.int64,
    name='global_step',
    aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
  )


def trainable_variables(
  model: tf.Module, trainable_scopes: str | None = None
) -> dict[str, tf.Variable]:
  """Returns the part of model.trainable_variables_by_name to be trained.

  trainable_scopes: comma-separated beginnings of names; None means all.

  Raises:
    InputError: no variable's name begins with one of them.
  """
  scopes = names.split_scopes(trainable_scopes)
  variables = model.trainable_variables_by_name
  if not scopes:
    return dict(variables)
  for scope in scopes:
    if not any(name.startswith(scope) for name in variables):
      raise InputError(
        f'trainable_scopes: no trainable variable begins with '
        f'{scope!r}; they are {names.several(variables)}'
      )
  return {
    name: variable
    for name, variable in variables.items()
    if name.startswith(scopes)
  }


def optimizers_of(
  state: TrainState,
) -> list[tuple[tf.compat.v1.train.Optimizer, dict[str, tf.Variable]]]:
  """Returns each optimizer with what it trains, {name: variable}."""
  if state.head is None:
    return [(state.optimizer, state.trainable_variables)]
  parts = [(state.optimizer, {}), (state.head.optimizer, {})]
  for name, variable in state.trainable_variables.items():
    parts[not roles.is_body(name)][1][name] = variable
  return [part for part in parts if part[1]]


def inferred_by_name(state: TrainState) -> dict[str, tf.Variable]:
  """Returns {checkpoint name: variable} of what evaluation takes."""
  variables = {
    **state.model.variables_by_name,
    'global_step': state.global_step,
  }
  if state.averages is not None:
    variables.update(
      moving_averages.averages_by_name(
        state.averages, state.model.variables_by_name
      )
    )
  return variables


def state_by_name(state: TrainState) -> dict[str, tf.Variable]:
  """Returns {checkpoint name: variable} of all but the model's variables."""
  variables = {'global_step': state.global_step}
  for optimizer, trained in optimizers_of(state):
    for name, slot in optimizers.slots_by_name(optimizer, trained).items():
      # Not a variable's, but one for all: adam's, of the head.
      variables[f'head/{name}' if name in variables else name] = slot
  if state.averages is not None:
    variables.update(
      moving_averages.averages_by_name(
        state.averages, state.model.variables_by_name
      )
    )
  if state.loss_scale is not None:
    variables.update(loss_scaling.variables_by_name(state.loss_scale))
  return variables
