"""Losses and gradients of a step, of one batch or summed up over several."""

from collections.abc import Callable
from typing import Any
from typing import NamedTuple

import tensorflow as tf

from specs import roles
from tasks.task import Task


class Found(NamedTuple):
  """What a forward and a backward pass found; scalars, but for gradients."""

  loss: tf.Tensor  # sum of the losses and the weight decay term
  losses: dict[str, tf.Tensor]  # the task's
  metrics: dict[str, tf.Tensor]  # the task's
  gradients: list[tf.Tensor]  # of loss times the scale


def find(
  forward: Callable[[tf.Tensor, Any], tuple[Any, dict]],
  task: Task,
  variables: list[tf.Variable],
  l2_loss: Callable[[], tf.Tensor | float],
  scale: tf.Tensor,
  batch: tuple[tf.Tensor, Any],
  part: int | tf.Tensor,
) -> Found:
  """Returns what is Found on a batch.

  Args:
    forward: (images, part) -> (outputs, end_points).
    task: Task.
    variables: to differentiate by.
    l2_loss: returns the weight decay term.
    scale: of the loss, before it is differentiated.
    batch: (images, targets).
    part: which part of a step's the batch is, from 0 on.
  """
  images, targets = batch
  with tf.GradientTape(watch_accessed_variables=False) as tape:
    tape.watch(variables)
    outputs, end_points = forward(images, part)
    losses = task.losses(outputs, end_points, targets)
    loss = sum(losses.values()) + l2_loss()
    scaled_loss = loss * scale
  gradients = tape.gradient(
    scaled_loss, variables, unconnected_gradients='zero'
  )
  return Found(loss, losses, task.metrics(outputs, targets), gradients)


def mean_of_parts(
  find_in: Callable[[tuple[tf.Tensor, Any], Any], Found],
  num_parts: int,
  batch: tuple[tf.Tensor, Any],
  first_part: int | tf.Tensor = 0,
) -> Found:
  """Returns the means of what is Found in equal parts of a batch, in turn.

  So activations need the memory of one part; the batch, images as bytes, is
  there as a whole. The result is that of the whole batch where losses are means
  over images; batch norm takes each part's statistics.

  Args:
    find_in: (batch, number of the part) -> Found.
    num_parts: of which the batch's size is a multiple.
    batch: (images, targets).
    first_part: its number: other replicas have those before and after.
  """
  if num_parts == 1:
    return find_in(batch, first_part)
  parts = tf.nest.map_structure(
    lambda whole: tf.reshape(whole, [num_parts, -1, *whole.shape[1:]]), batch
  )

  def find_in_part(number):
    return find_in(
      tf.nest.map_structure(lambda part: part[number], parts),
      first_part + number,
    )

  def add(number, total):
    return number + 1, tf.nest.map_structure(
      tf.add, total, find_in_part(number)
    )

  # The first one comes before the loop, which has to know the structure.
  _, total = tf.while_loop(
    lambda number, total: number < num_parts, add, (1, find_in_part(0))
  )
  return tf.nest.map_structure(lambda value: value / num_parts, total)


def l2_loss(
  variables_by_name: dict[str, tf.Variable], weight_decay: float
) -> tf.Tensor | float:
  """Returns weight_decay times the sum of tf.nn.l2_loss of what decays."""
  weights = [
    variable
    for name, variable in variables_by_name.items()
    if roles.decays(name)
  ]
  if not weights or not weight_decay:
    return 0.0
  return weight_decay * tf.add_n([tf.nn.l2_loss(w) for w in weights])
