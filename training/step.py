"""One step of training: losses, gradients, update of all that changes."""

from collections.abc import Callable
from typing import Any
from typing import NamedTuple

import tensorflow as tf

from specs import networks
from tasks.task import Task
from training import loss_scale as loss_scaling
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


def make_train_step(
  state: TrainState,
  task: Task,
  learning_rate_fn: Callable[[tf.Tensor], tf.Tensor],
  weight_decay: float = 0.0,
  batch_norm_decay_fn: Callable | None = None,
  xla: bool = False,
  last_layer_gradient_multiplier: float = 1.0,
) -> Callable[..., StepResult]:
  """Returns train_step(images, targets) -> StepResult, a tf.function.

  The model must be built. A step whose loss or gradients are not finite changes
  no weight, slot or average; global_step, which counts batches, advances all
  the same.

  Args:
    state: TrainState.
    task: Task.
    learning_rate_fn: step -> float32 scalar.
    weight_decay: times the sum of tf.nn.l2_loss(w) over the variables that
      decay (specs/networks.py), those that are not trained included.
    batch_norm_decay_fn: step -> decay of the batch norm averages; None takes
      the network's own.
    xla: whether the step is compiled by XLA.
    last_layer_gradient_multiplier: factor on the gradients of what makes the
      logits.
  """
  variables = list(state.trainable_variables.values())
  multipliers = [
    networks.gradient_multiplier(name, last_layer_gradient_multiplier)
    for name in state.trainable_variables
  ]

  def train_step(images, targets):
    scale = _scale(state.loss_scale)
    options = {}
    if batch_norm_decay_fn:
      options['batch_norm_decay'] = batch_norm_decay_fn(state.global_step)
    learning_rate = learning_rate_fn(state.global_step)
    state.learning_rate.assign(learning_rate)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
      tape.watch(variables)
      outputs, end_points = state.model(images, is_training=True, **options)
      losses = task.losses(outputs, end_points, targets)
      loss = sum(losses.values()) + _l2_loss(state.model, weight_decay)
      scaled_loss = loss * scale
    gradients = tape.gradient(
      scaled_loss, variables, unconnected_gradients='zero'
    )
    if state.loss_scale is not None:
      gradients = [gradient / scale for gradient in gradients]
    gradients = [
      gradient if multiplier == 1.0 else gradient * multiplier
      for gradient, multiplier in zip(gradients, multipliers)
    ]
    finite = loss_scaling.all_finite([loss] + gradients)
    _update(state, gradients, finite)
    return StepResult(
      loss,
      losses,
      task.metrics(outputs, targets),
      learning_rate,
      scale,
      finite,
      _diverged(loss, finite, scale),
    )

  return tf.function(train_step, autograph=False, jit_compile=xla)


def _scale(loss_scale):
  if loss_scale is None:
    return tf.constant(1.0)
  return loss_scale.scale.read_value()


def _l2_loss(model, weight_decay):
  weights = [
    variable
    for name, variable in model.variables_by_name.items()
    if networks.decays(name)
  ]
  if not weights or not weight_decay:
    return 0.0
  return weight_decay * tf.add_n([tf.nn.l2_loss(w) for w in weights])


def _update(state, gradients, finite):
  """Applies the gradients where finite; then counts the step."""

  def apply_gradients():
    state.optimizer.apply_gradients(
      zip(gradients, state.trainable_variables.values())
    )
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
