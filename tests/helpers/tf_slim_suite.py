"""Runs tf-slim's own tests, which are installed with it, in TF1 mode.

  python tests/helpers/tf_slim_suite.py REPORT.json MODULE...

They want TensorFlow 2's behavior off for the whole process, and were written
for NumPy 1 and an older TensorFlow: the names that only the tests use are put
back here, those that tf-slim needs in base/tf_slim_compat.py.

REPORT.json maps the name of every test to its traceback, or null.
"""

# First: without Keras, which takes a second to import.
from base import quiet_tensorflow as quiet_tensorflow  # isort: split

import importlib
import json
import sys
import types
import unittest
import warnings

import numpy as np
import tensorflow as tf
from tensorflow.python.ops import variable_scope
from tensorflow.python.ops import variables

from base import tf_slim_compat as tf_slim_compat

# (module that the tests import, name they expect there, what it was)
_MOVED = (
  (variables, 'VariableV1', tf.compat.v1.Variable),
  (
    variable_scope,
    'enable_resource_variables',
    tf.compat.v1.enable_resource_variables,
  ),
  (
    variable_scope,
    'disable_resource_variables',
    tf.compat.v1.disable_resource_variables,
  ),
  (
    variable_scope,
    'resource_variables_enabled',
    tf.compat.v1.resource_variables_enabled,
  ),
  (np, 'float', float),
  (np, 'object', object),
  (np, 'product', np.prod),
)

# They call int() on arrays of one element, which NumPy 2.4 refuses.
_INT_OF_ARRAYS = (
  'tf_slim.learning_test',
  'tf_slim.training.evaluation_test',
  'tf_slim.training.training_test',
)


def _int(value):
  return int(np.asarray(value).item())


def _restore_moved_names():
  for module, name, value in _MOVED:
    if not hasattr(module, name):
      setattr(module, name, value)


def _stand_in_for_nose():
  """tf_slim.evaluation_test marks a helper; nose itself ended at Python 3.9."""
  nose, tools = types.ModuleType('nose'), types.ModuleType('nose.tools')
  tools.nottest = lambda function: function
  sys.modules.update({'nose': nose, 'nose.tools': tools})


class _Result(unittest.TestResult):
  """Knows the names of all tests that ran."""

  def __init__(self):
    super().__init__()
    self.names = []

  def startTest(self, test):
    super().startTest(test)
    self.names.append(test.id())

  def report(self):
    failed = {test.id(): text for test, text in self.errors + self.failures}
    return dict.fromkeys(self.names) | failed


def _run(name, result):
  module = importlib.import_module(name)
  if name in _INT_OF_ARRAYS:
    module.int = _int
  # Some of the tests leave these on.
  tf.compat.v1.disable_resource_variables()
  unittest.defaultTestLoader.loadTestsFromModule(module).run(result)


def main(argv):
  path, *names = argv[1:]
  warnings.filterwarnings('ignore')
  tf.get_logger().setLevel('FATAL')
  tf.compat.v1.disable_v2_behavior()
  # Thousands of tiny graphs, each run once or twice, are not worth optimizing.
  tf.config.optimizer.set_experimental_options({'disable_meta_optimizer': True})
  _restore_moved_names()
  _stand_in_for_nose()
  result = _Result()
  for name in names:
    _run(name, result)
  with open(path, 'w', encoding='utf-8') as report:
    json.dump(result.report(), report, indent=1)


if __name__ == '__main__':
  main(sys.argv)
