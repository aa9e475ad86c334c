"""Makes tf-slim 1.1.0 run on TensorFlow 2.21: the one place that patches.

  from nets.tf_slim_compat import slim  # users of slim
  from base.tf_slim_compat import slim  # folders below nets/

tf-slim reaches into private modules of TensorFlow, and names have left them
since its last release. Each goes back to where tf-slim looks for it, and only
where it is missing. The values are all public TensorFlow.

And the threads of slim.learning.train work beside eager mode: GraphSupervisor.
And scikit-learn is imported only by those who use it.
"""

from collections.abc import Iterator
import contextlib
import importlib
import sys
import types
from typing import Any

import tensorflow as tf
from tensorflow.python.framework import ops
from tensorflow.python.ops import array_ops
from tensorflow.python.ops import control_flow_ops
from tensorflow.python.ops import variable_scope

# (module that tf-slim imports, name it expects there, what it was)
MOVED = (
  (ops, 'Tensor', tf.Tensor),
  (ops, 'IndexedSlices', tf.IndexedSlices),
  (array_ops, 'stack', tf.stack),
  (array_ops, 'unstack', tf.unstack),
  (control_flow_ops, 'Assert', tf.compat.v1.Assert),
  (control_flow_ops, 'case', tf.compat.v1.case),
  (control_flow_ops, 'cond', tf.compat.v1.cond),
  (control_flow_ops, 'while_loop', tf.compat.v1.while_loop),
  (variable_scope, 'variable', tf.compat.v1.Variable),
)

# TensorFlow loads the layer below slim.batch_norm from here; tf-keras keeps it
# one level down.
NORMALIZATION = 'tf_keras.legacy_tf_layers.normalization'


def restore_moved_names() -> None:
  """Puts each name of MOVED back where it is missing."""
  for module, name, value in MOVED:
    if not hasattr(module, name):
      setattr(module, name, value)


def restore_normalization() -> None:
  """Makes NORMALIZATION importable where it is not."""
  try:
    importlib.import_module(NORMALIZATION)
  except ModuleNotFoundError:
    sys.modules[NORMALIZATION] = importlib.import_module(
      'tf_keras.src.legacy_tf_layers.normalization'
    )


class _Unopened(types.ModuleType):
  """A module that is imported when one of its names is asked for."""

  def __getattr__(self, name):
    return getattr(importlib.import_module(self.__name__), name)


@contextlib.contextmanager
def _unopened(name):
  """Whoever imports the module meanwhile gets it _Unopened."""
  if name in sys.modules:
    yield
    return
  sys.modules[name] = _Unopened(name)
  try:
    yield
  finally:
    del sys.modules[name]


restore_moved_names()
restore_normalization()

# One loss of tf-slim takes its scores from there; to import it takes a second.
with _unopened('sklearn.metrics'):
  import tf_slim as slim
  from tf_slim.layers import layers


class BatchNormalization(
  importlib.import_module(NORMALIZATION).BatchNormalization
):
  """The layer below slim.batch_norm: where not fused, it is synchronised.

  Of several replicas of tf.distribute it then takes the statistics of all, with
  Bessel's correction in its averages, as fused ones have it.
  """

  _correction = None

  def _calculate_mean_and_var(self, inputs, reduction_axes, keep_dims, **mask):
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
      return super()._calculate_mean_and_var(
        inputs, reduction_axes, keep_dims, **mask
      )
    mean, mean_square = context.all_reduce(
      tf.distribute.ReduceOp.MEAN,
      [
        tf.reduce_mean(value, reduction_axes, keep_dims)
        for value in (inputs, tf.square(inputs))
      ],
    )
    count = tf.size(inputs) // tf.size(mean) * context.num_replicas_in_sync
    self._correction = tf.cast(count / (count - 1), tf.float32)
    return mean, tf.maximum(mean_square - tf.square(mean), 0.0)

  def _assign_moving_average(self, variable, value, *arguments):
    if self._correction is not None and variable is self.moving_variance:
      value *= self._correction
    return super()._assign_moving_average(variable, value, *arguments)


layers.normalization_layers = types.SimpleNamespace(
  BatchNormalization=BatchNormalization
)


class GraphSupervisor(tf.compat.v1.train.Supervisor):
  """Saves checkpoints and counts steps in threads that know its graph.

  Threads begin in eager mode, unless that is off for the whole process, and
  there neither a Saver nor the global step of a graph works.
  """

  def __init__(self, graph: tf.Graph | None = None, **options: Any):
    """Takes Supervisor's arguments."""
    graph = graph or tf.compat.v1.get_default_graph()
    super().__init__(graph=graph, **options)
    stop_on_exception = self.coord.stop_on_exception

    @contextlib.contextmanager
    def stop_on_exception_in_graph() -> Iterator[None]:
      with stop_on_exception(), graph.as_default():
        yield

    # All that such a thread does, it does in this context.
    self.coord.stop_on_exception = stop_on_exception_in_graph


# In tf-slim only: TensorFlow's own Supervisor stays as it is.
slim.learning.supervisor = types.SimpleNamespace(Supervisor=GraphSupervisor)
