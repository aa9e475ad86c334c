"""One step of training: loss, gradients, and the update of all that changes."""

from typing import NamedTuple

import tensorflow as tf

from fast import loss_scale as loss_scaling
from training import averages as moving_averages
from training import optimizers

AUXILIARY_LOSS_WEIGHT = 0.4


class TrainState(NamedTuple):
  """What a step reads and changes, the model's variables included.

  learning_rate is the float32 variable that the optimizer was made with;
  trainable_variables a dict name -> variable; averages a
  tf.train.ExponentialMovingAverage over the model's variables, or None;
  loss_scale a LossScale for float16, or None.
  """
  model: tf.Module
  trainable_variables: dict
  optimizer: tf.compat.v1.train.Optimizer
  learning_rate: tf.Variable
  global_step: tf.Variable
  averages: tf.train.ExponentialMovingAverage | None = None
  loss_scale: loss_scaling.LossScale | None = None


def make_global_step():
  """Returns the count of steps begun, an int64 scalar as slim saves it."""
  return tf.Variable(
      0, trainable=False, dtype=tf.int64, name='global_step',
      aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA)


def state_by_name(state):
  """Returns {checkpoint name: variable} of all but the model's variables."""
  variables = {'global_step': state.global_step}
  variables.update(
      optimizers.slots_by_name(state.optimizer, state.trainable_variables))
  if state.averages is not None:
    variables.update(moving_averages.averages_by_name(
        state.averages, state.model.variables_by_name))
  if state.loss_scale is not None:
    variables.update(loss_scaling.variables_by_name(state.loss_scale))
  return variables


def regularized(name):
  """Whether weight decay applies to the variable of this name.

  It does to the kernels of convolutions, the logits' included, and to both of
  NASNet's separable ones, as published; not to other depthwise_weights, biases
  or batch norm.
  """
  *_, scope, leaf = ('', *name.split('/'))
  return (leaf in ('weights', 'pointwise_weights')
          or leaf == 'depthwise_weights' and scope.startswith('separable_'))


def softmax_cross_entropy(logits, labels, label_smoothing=0.0):
  """Returns the batch's mean, float32; labels are int64 [batch].

  label_smoothing takes that much of the truth from the label and spreads it
  evenly over all classes, the label's own included.
  """
  num_classes = logits.shape[-1]
  truth = tf.one_hot(labels, num_classes)
  truth = truth * (1.0 - label_smoothing) + label_smoothing / num_classes
  return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(
      truth, tf.cast(logits, tf.float32)))


def settling_decay(limit):
  """Returns step -> decay of the batch norm averages.

  min(limit, (1 + step) / (10 + step)): after a short run the averages are of
  the last tenth of its steps, and not of the initial values.
  """
  def decay_fn(step):
    step = tf.cast(step, tf.float32)
    return tf.minimum(limit, (1.0 + step) / (10.0 + step))
  return decay_fn


def make_train_step(state, learning_rate_fn, weight_decay=0.0,
                    label_smoothing=0.0, batch_norm_decay_fn=None, xla=False):
  """Returns train_step(images, labels) -> metrics, a tf.function.

  The model must be built. A step whose loss or gradients are not finite changes
  no weight, slot or average; global_step, which counts batches, advances all
  the same. Metrics are scalars: cross_entropy, loss (with the auxiliary and
  weight decay terms), accuracy, learning_rate, loss_scale (1 without one),
  finite (whether the update took place) and diverged: the loss is not finite,
  or the gradients are not and no smaller loss scale is left to try. Batch
  norm's moving averages may then be spoilt: stop, and save nothing.

  Args:
    state: TrainState.
    learning_rate_fn: step -> float32 scalar.
    weight_decay: times the sum of tf.nn.l2_loss(w) over regularized names,
      those that are not trained included.
    label_smoothing: see softmax_cross_entropy.
    batch_norm_decay_fn: step -> decay of the batch norm averages; None takes
      the network's own.
    xla: whether the step is compiled by XLA.
  """
  variables = list(state.trainable_variables.values())

  def train_step(images, labels):
    scale = _scale(state.loss_scale)
    options = {}
    if batch_norm_decay_fn:
      options['batch_norm_decay'] = batch_norm_decay_fn(state.global_step)
    learning_rate = learning_rate_fn(state.global_step)
    state.learning_rate.assign(learning_rate)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
      tape.watch(variables)
      logits, end_points = state.model(
          images, is_training=True, **options)
      cross_entropy = softmax_cross_entropy(logits, labels, label_smoothing)
      loss = cross_entropy + _auxiliary_loss(
          end_points, labels, label_smoothing) + _l2_loss(
              state.model, weight_decay)
      scaled_loss = loss * scale
    gradients = tape.gradient(scaled_loss, variables,
                              unconnected_gradients='zero')
    if state.loss_scale is not None:
      gradients = [gradient / scale for gradient in gradients]
    finite = loss_scaling.all_finite([loss] + gradients)
    _update(state, gradients, finite)
    return {
        'cross_entropy': cross_entropy,
        'loss': loss,
        'accuracy': _accuracy(logits, labels),
        'learning_rate': learning_rate,
        'loss_scale': scale,
        'finite': finite,
        'diverged': _diverged(loss, finite, scale),
    }

  return tf.function(train_step, autograph=False, jit_compile=xla)


def _scale(loss_scale):
  if loss_scale is None:
    return tf.constant(1.0)
  return loss_scale.scale.read_value()


def _auxiliary_loss(end_points, labels, label_smoothing):
  if 'AuxLogits' not in end_points:
    return 0.0
  return AUXILIARY_LOSS_WEIGHT * softmax_cross_entropy(
      end_points['AuxLogits'], labels, label_smoothing)


def _l2_loss(model, weight_decay):
  weights = [variable for name, variable in model.variables_by_name.items()
             if regularized(name)]
  if not weights or not weight_decay:
    return 0.0
  return weight_decay * tf.add_n([tf.nn.l2_loss(w) for w in weights])


def _update(state, gradients, finite):
  """Applies the gradients where finite; then counts the step."""
  def apply_gradients():
    state.optimizer.apply_gradients(
        zip(gradients, state.trainable_variables.values()))
    if state.averages is not None:
      state.averages.apply(list(state.model.variables_by_name.values()))
    return tf.no_op()

  tf.cond(finite, apply_gradients, tf.no_op)
  if state.loss_scale is not None:
    loss_scaling.update(state.loss_scale, finite)
  state.global_step.assign_add(1)


def _accuracy(logits, labels):
  correct = tf.equal(tf.argmax(logits, axis=-1), tf.cast(labels, tf.int64))
  return tf.reduce_mean(tf.cast(correct, tf.float32))


def _diverged(loss, finite, scale):
  exhausted = scale <= loss_scaling.SMALLEST_SCALE
  loss_finite = tf.math.is_finite(loss)
  return tf.logical_or(~loss_finite, tf.logical_and(~finite, exhausted))
