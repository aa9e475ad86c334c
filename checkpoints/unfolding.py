"""Batch norm for checkpoints that have it folded into their weights.

In such a checkpoint (of a quantised model, say) every batch norm only adds a
bias. Evaluation is none the worse, but training normalises by the batch and
would undo what was folded: ReLUs die, and nothing is learnt.
"""

import numpy as np
import tensorflow as tf


def is_folded(model: tf.Module) -> bool:
  """Whether all batch norms have mean 0 and one and the same variance."""

  def values(leaf):
    return np.concatenate(
      [
        variable.numpy()
        for name, variable in model.variables_by_name.items()
        if name.endswith(f'/{leaf}')
      ]
    )

  # A fresh model's betas are 0, too.
  return bool(
    not values('moving_mean').any()
    and values('beta').any()
    and np.ptp(values('moving_variance')) == 0
  )


def unfold(model: tf.Module, images: tf.Tensor) -> None:
  """Measures each batch norm's input, and moves it out of the weights again.

  With these images the model computes in training (dropout apart) what it
  computes in evaluation, before and after.

  Args:
    model: a built Model of a classifier that is_folded; its batch norms were
      made in the order in which they are computed.
    images: [batch, height, width, 3], as in training.
  """
  measure = tf.function(
    lambda images: model(images, is_training=True, batch_norm_decay=0.0)[0],
    autograph=False,
  )
  variables = model.variables_by_name
  scopes = [
    name.removesuffix('/gamma') for name in variables if name.endswith('/gamma')
  ]
  scales = {
    scope: variables[f'{scope}/gamma']
    / tf.sqrt(variables[f'{scope}/moving_variance'] + model.batch_norm_epsilon)
    for scope in scopes
  }
  for scope, scale in scales.items():
    # Sets all averages. This one's is right: those before it are done.
    measure(images)
    variance = variables[f'{scope}/moving_variance']
    variables[f'{scope}/gamma'].assign(
      scale * tf.sqrt(variance + model.batch_norm_epsilon)
    )
    variables[f'{scope}/beta'].assign_add(
      scale * variables[f'{scope}/moving_mean']
    )
