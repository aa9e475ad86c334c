"""One step of training: losses, gradients, update of all that changes."""

from collections.abc import Callable
import functools
from typing import Any
from typing import NamedTuple

import tensorflow as tf

from runtime import replicas
from specs import roles
from tasks.task import Task
from training import gradients as gradients_lib
from training import loss_scale as loss_scaling
from training import optimizers
from training import state as training_state
from training.optimizers import PLAIN
from training.optimizers import UpdateOptions
from training.state import TrainState


class StepResult(NamedTuple):
  """What came of a step: scalars."""

  loss: tf.Tensor  # sum of the losses and the weight decay term
  losses: dict[str, tf.Tensor]  # the task's
  metrics: dict[str, tf.Tensor]  # the task's
  learning_rate: tf.Tensor
  loss_scale: tf.Tensor  # 1 without one
  finite: tf.Tensor  # whether the update took place
  # The loss is not finite, or the gradients are not and no smaller loss scale
  # is left to try. Batch norm's averages may be spoilt: stop, save nothing.
  diverged: tf.Tensor


def settling_decay(limit: float | tuple[float, ...]) -> Callable[[Any], Any]:
  """Returns step -> decay of the batch norm averages.

  min(limit, (1 + step) / (10 + step)): after a short run the averages are of
  the last tenth of its steps, and not of the initial values. Of several limits,
  of parts of the network, as many decays.
  """

  def decay_fn(step):
    step = tf.cast(step, tf.float32)
    growing = (1.0 + step) / (10.0 + step)
    return tf.nest.map_structure(lambda one: tf.minimum(one, growing), limit)

  return decay_fn


def seed_of(state: TrainState) -> tf.Tensor:
  """Returns int32 [2], from which follows what the next step drops.

  The state's seed must not be None.
  """
  # XLA takes larger seeds, and negative ones, for others than they are.
  step = tf.cast(state.global_step, tf.int32)
  return tf.stack([state.seed % 2**31, step])


def make_train_step(
  state: TrainState,
  task: Task,
  learning_rate_fn: Callable[[tf.Tensor], tf.Tensor],
  weight_decay: float = 0.0,
  batch_norm_decay_fn: Callable | None = None,
  xla: bool = False,
  update: UpdateOptions = PLAIN,
  freeze_steps: int = 0,
) -> Callable[..., StepResult]:
  """Returns train_step(images, targets) -> StepResult, a tf.function.

  The model must be built. A step whose loss or gradients are not finite changes
  no weight, slot or average; global_step, which counts steps begun, advances
  all the same.

  Args:
    state: TrainState.
    task: Task.
    learning_rate_fn: step -> float32 scalar.
    weight_decay: times the sum of tf.nn.l2_loss(w) over the variables that
      decay (specs/networks.py), those that are not trained included.
    batch_norm_decay_fn: step -> decay of the batch norm averages; None takes
      the network's own.
    xla: whether the step is compiled by XLA.
    update: UpdateOptions; a batch is of accumulate_steps times its images.
    freeze_steps: in steps before this one the body (roles.is_body) stays as
      it is: weights, slots, batch norm's averages, by which it normalises.
  """

  def train_step(images, targets):
    scale = _scale(state.loss_scale)
    learning_rate = learning_rate_fn(state.global_step)
    _set_rates(state, learning_rate, update)
    options = {} if state.seed is None else {'seed': seed_of(state)}
    if batch_norm_decay_fn:
      options['batch_norm_decay'] = batch_norm_decay_fn(state.global_step)

    def run(trained, **options):
      find = replicas.compile_on_replica(
        _make_find(state, task, trained, weight_decay, scale, update, options),
        xla,
      )

      def on_replica(images, targets):
        first_part = replicas.replica_number() * update.accumulate_steps
        found = replicas.mean(find((images, targets), first_part))
        replicas.share_averages(
          averages_of(state.model, options.get('freeze_body'))
        )
        gradients = _processed(found.gradients, trained, state, scale, update)
        finite = loss_scaling.all_finite([found.loss] + gradients)
        return *found[:3], finite, gradients

      *found, gradients = tf.distribute.get_strategy().run(
        on_replica, (images, targets)
      )
      loss, losses, metrics, finite = replicas.first(found)
      _update(state, trained, gradients, finite)
      return StepResult(
        *(loss, losses, metrics, learning_rate, scale, finite),
        _diverged(loss, finite, scale),
      )

    run_all = functools.partial(run, state.trainable_variables, **options)
    if not freeze_steps:
      return run_all()
    return tf.cond(
      state.global_step < freeze_steps,
      functools.partial(run, _of_head(state), freeze_body=True, **options),
      run_all,
    )

  return tf.function(
    train_step, autograph=False, jit_compile=xla and replicas.is_one()
  )


def _make_find(state, task, trained, weight_decay, scale, update, options):
  """Returns gradients.mean_of_parts of a batch and its first part's number."""
  find_in = functools.partial(
    gradients_lib.find,
    functools.partial(_forward, state.model, options),
    task,
    list(trained.values()),
    functools.partial(
      gradients_lib.l2_loss, state.model.variables_by_name, weight_decay
    ),
    scale,
  )
  return functools.partial(
    gradients_lib.mean_of_parts, find_in, update.accumulate_steps
  )


def averages_of(
  model: tf.Module, freeze_body: bool | None = False
) -> list[tf.Variable]:
  """Returns batch norm's averages, as far as a step moves them."""
  return [
    variable
    for name, variable in model.variables_by_name.items()
    if not (variable.trainable or freeze_body and roles.is_body(name))
  ]


def _forward(model, options, images, part):
  """Runs the model on a part of the batch; each part drops other values."""
  if 'seed' in options:
    seed = tf.random.experimental.stateless_fold_in(options['seed'], part)
    options = {**options, 'seed': tf.abs(seed)}
  return model(images, is_training=True, **options)


def _set_rates(state, learning_rate, update):
  state.learning_rate.assign(learning_rate)
  if state.head is not None:
    state.head.learning_rate.assign(
      learning_rate * update.head_learning_rate_multiplier
    )


def _of_head(state):
  return {
    name: variable
    for name, variable in state.trainable_variables.items()
    if not roles.is_body(name)
  }


def _scale(loss_scale):
  if loss_scale is None:
    return tf.constant(1.0)
  return loss_scale.scale.read_value()


def _processed(gradients, trained, state, scale, update):
  """Returns gradients unscaled, multiplied and clipped."""
  if state.loss_scale is not None:
    gradients = [gradient / scale for gradient in gradients]
  multipliers = [
    roles.gradient_multiplier(name, update.last_layer_gradient_multiplier)
    for name in trained
  ]
  gradients = [
    gradient if multiplier == 1.0 else gradient * multiplier
    for gradient, multiplier in zip(gradients, multipliers)
  ]
  if update.clip_gradients_norm:
    gradients, _ = tf.clip_by_global_norm(gradients, update.clip_gradients_norm)
  return gradients


def _update(state, trained, gradients, finite):
  """Applies the gradients where finite; then counts the step."""
  gradient_of = dict(zip(trained, gradients, strict=True))

  def apply_gradients():
    for optimizer, variables in training_state.optimizers_of(state):
      pairs = [
        (gradient_of[name], variable)
        for name, variable in variables.items()
        if name in gradient_of
      ]
      if pairs:
        optimizers.apply_gradients(optimizer, pairs)
    if state.averages is not None:
      state.averages.apply(list(state.model.variables_by_name.values()))
    return tf.no_op()

  tf.cond(finite, apply_gradients, tf.no_op)
  if state.loss_scale is not None:
    loss_scaling.update(state.loss_scale, finite)
  state.global_step.assign_add(1)


def _diverged(loss, finite, scale):
  exhausted = scale <= loss_scaling.SMALLEST_SCALE
  loss_finite = tf.math.is_finite(loss)
  return tf.logical_or(~loss_finite, tf.logical_and(~finite, exhausted))
