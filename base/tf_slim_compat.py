"""Makes tf-slim 1.1.0 run on TensorFlow 2.21: the one place that patches.

  from nets.tf_slim_compat import slim  # users of slim
  from base.tf_slim_compat import slim  # folders below nets/

tf-slim reaches into private modules of TensorFlow, and names have left them
since its last release. Each goes back to where tf-slim looks for it, and only
where it is missing. The values are all public TensorFlow.
"""

import importlib
import sys

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


restore_moved_names()
restore_normalization()

import tf_slim as slim  # noqa: E402, F401 (after the patches; for all others)
