"""Makes tf-slim 1.1.0 run on TensorFlow 2.21: the one place that patches.

  from nets.tf_slim_compat import slim

tf-slim reaches into private modules of TensorFlow, whose names have moved
since its last release. Each name goes back where tf-slim looks for it, and
only where it is missing.
"""

import importlib
import sys

import tensorflow as tf
from tensorflow.python.framework import indexed_slices
from tensorflow.python.framework import ops
from tensorflow.python.framework import tensor
from tensorflow.python.ops import array_ops
from tensorflow.python.ops import array_ops_stack
from tensorflow.python.ops import cond
from tensorflow.python.ops import control_flow_assert
from tensorflow.python.ops import control_flow_case
from tensorflow.python.ops import control_flow_ops
from tensorflow.python.ops import variable_scope
from tensorflow.python.ops import variable_v1
from tensorflow.python.ops import while_loop

# tf-keras keeps these below tf_keras.src; TensorFlow's lazy loader looks for
# them one level up.
_LEGACY_LAYERS = ('base', 'convolutional', 'core', 'normalization', 'pooling')

# (module that tf-slim imports, name it expects there, where that lives now)
_MOVED = (
    (ops, 'Tensor', tensor.Tensor),
    (ops, 'IndexedSlices', indexed_slices.IndexedSlices),
    (array_ops, 'stack', array_ops_stack.stack),
    (array_ops, 'unstack', array_ops_stack.unstack),
    (control_flow_ops, 'Assert', control_flow_assert.Assert),
    (control_flow_ops, 'case', control_flow_case.case),
    (control_flow_ops, 'cond', cond.cond),
    (control_flow_ops, 'while_loop', while_loop.while_loop),
    (variable_scope, 'variable', variable_v1.VariableV1),
)


def _alias_legacy_layers():
  for name in _LEGACY_LAYERS:
    alias = f'tf_keras.legacy_tf_layers.{name}'
    if alias not in sys.modules:
      sys.modules[alias] = importlib.import_module(
          f'tf_keras.src.legacy_tf_layers.{name}')


def _restore_moved_names():
  for module, name, value in _MOVED:
    if not hasattr(module, name):
      setattr(module, name, value)


_alias_legacy_layers()
_restore_moved_names()

import tf_slim as slim  # pylint: disable=g-import-not-at-top,wrong-import-position
