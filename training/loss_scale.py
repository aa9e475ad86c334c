"""Dynamic loss scaling, so that float16 gradients neither vanish nor overflow.

The loss is multiplied by the scale before it is differentiated, the gradients
are divided by it after. A step whose gradients overflow is skipped and halves
the scale; GROWTH_STEPS good ones in a row double it. Scales are powers of two,
so scaling by them rounds nothing.
"""

from typing import NamedTuple

import tensorflow as tf

INITIAL_SCALE = 2.0**15
SMALLEST_SCALE = 1.0
LARGEST_SCALE = 2.0**24
GROWTH_STEPS = 2000


class LossScale(NamedTuple):
  """scale: float32 scalar; good_steps: int32 scalar, since the last change."""

  scale: tf.Variable
  good_steps: tf.Variable


def make_loss_scale(initial_scale: float = INITIAL_SCALE) -> LossScale:
  """Returns the two variables of a dynamic loss scale."""
  first_replica = tf.VariableAggregation.ONLY_FIRST_REPLICA
  return LossScale(
    tf.Variable(
      initial_scale,
      trainable=False,
      dtype=tf.float32,
      name='loss_scale',
      aggregation=first_replica,
    ),
    tf.Variable(
      0,
      trainable=False,
      dtype=tf.int32,
      name='loss_scale_good_steps',
      aggregation=first_replica,
    ),
  )


def variables_by_name(loss_scale: LossScale) -> dict[str, tf.Variable]:
  """Returns {checkpoint name: variable}."""
  return {
    'loss_scale': loss_scale.scale,
    'loss_scale_good_steps': loss_scale.good_steps,
  }


def all_finite(tensors: list[tf.Tensor]) -> tf.Tensor:
  """Returns a bool scalar: no tensor holds an infinity or a NaN.

  The sum of all squares tells, in one pass over each tensor; it overflows, too,
  where values of 1e19 say that training has diverged.
  """
  return tf.math.is_finite(
    tf.add_n([tf.nn.l2_loss(tf.cast(tensor, tf.float32)) for tensor in tensors])
  )


def update(loss_scale: LossScale, finite: tf.Tensor) -> None:
  """Adapts the scale to a step whose gradients were finite (bool scalar)."""
  scale = loss_scale.scale.read_value()
  good_steps = tf.where(finite, loss_scale.good_steps + 1, 0)
  grows = good_steps >= GROWTH_STEPS
  raised = tf.where(grows, tf.minimum(scale * 2.0, LARGEST_SCALE), scale)
  lowered = tf.maximum(scale * 0.5, SMALLEST_SCALE)
  loss_scale.scale.assign(tf.where(finite, raised, lowered))
  loss_scale.good_steps.assign(tf.where(grows, 0, good_steps))
