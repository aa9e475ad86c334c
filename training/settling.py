"""Batch norm averages that fit the weights, however short the run was."""

from collections.abc import Callable
from collections.abc import Iterable
import contextlib
import itertools

import tensorflow as tf

from base.errors import InputError
from training import step as training_step
from training.state import TrainState

_BATCHES = 20


def make_settle(
  state: TrainState,
  batches_from: Callable[[int], Iterable],
  batch_norm_decay: float | tuple[float, ...],
  xla: bool = False,
) -> Callable[[], bool]:
  """Returns settle(), to be called where a run is saved.

  In a short run the weights move faster than averages can follow: after 60
  steps at a constant learning rate, mobilenet_v2_035 on digits had 16 % right
  with them, and 63 % with the statistics of the images themselves. So while the
  averages' decay still grows (see step.settling_decay), settle() measures them
  anew, over the latest batches, at the weights as they are; and likewise those
  that belong to the moving averages of the weights. It returns whether it did.
  It changes no weight, so training goes on as if it had not been called.

  Args:
    state: TrainState.
    batches_from: step -> endless iterable of (images, targets) from there on.
    batch_norm_decay: where the decay stops growing, or those of its parts do.
    xla: whether the forward pass is compiled by XLA.
  """

  def measure(images, decay):
    state.model(
      images, is_training=True, batch_norm_decay=decay, dropout_keep_prob=1.0
    )

  slowest = max(tf.nest.flatten(batch_norm_decay))
  measure = tf.function(measure, autograph=False, jit_compile=xla)

  def measure_all():
    first_step = max(0, int(state.global_step) - _BATCHES)
    batches = itertools.islice(batches_from(first_step), _BATCHES)
    # In the first steps of a run, some are batches that it has yet to meet. An
    # image that ends them there is not this run's affair until then.
    with contextlib.suppress(InputError):
      for i, (images, _) in enumerate(batches):
        measure(images, tf.constant(i / (i + 1)))  # The mean of all so far.

  def settle():
    step = int(state.global_step)
    if training_step.settling_decay(slowest)(step) >= slowest:
      return False
    if state.averages is not None:
      _with_averages(state, measure_all)
    measure_all()
    return True

  return settle


def _with_averages(state, measure_all):
  """Measures with the moving averages of the weights in the weights' place."""
  variables = state.model.variables_by_name.values()
  kept = [variable.numpy() for variable in variables]
  try:
    for variable in variables:
      variable.assign(state.averages.average(variable))
    measure_all()
    for variable in variables:
      state.averages.average(variable).assign(variable)
  finally:  # Ctrl-C saves what is here.
    for variable, value in zip(variables, kept):
      variable.assign(value)
