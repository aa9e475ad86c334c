"""tf-slim's library uses no name that TensorFlow or NumPy lack.

tf-slim's own tests run only part of it; this reads all of its source.
"""

import ast
import importlib
import importlib.util
import pathlib
import types
import unittest

from base import tf_slim_compat as tf_slim_compat

_LIBRARIES = ('tensorflow', 'numpy')


def _import(name):
  """Returns the module or the module's attribute of that dotted name."""
  try:
    return importlib.import_module(name)
  except ModuleNotFoundError:
    parent, _, attribute = name.rpartition('.')
    return getattr(importlib.import_module(parent), attribute)


def _imports(tree):
  """Returns {local name: what the libraries' import binds to it}."""
  bound = {}
  for node in ast.walk(tree):
    if isinstance(node, ast.ImportFrom):
      names = [
        (f'{node.module}.{a.name}', a.asname or a.name) for a in node.names
      ]
    elif isinstance(node, ast.Import):
      names = [(a.name, a.asname) for a in node.names if a.asname]
    else:
      continue
    bound |= {
      local: _import(name)
      for name, local in names
      if name.split('.')[0] in _LIBRARIES
    }
  return bound


def _missing_names(source):
  """Returns ['line: module.name'] of what the source uses and is not there."""
  tree = ast.parse(source)
  bound, missing = _imports(tree), []

  def resolve(node):
    if isinstance(node, ast.Name):
      return bound.get(node.id)
    if not isinstance(node, ast.Attribute):
      return None
    owner = resolve(node.value)
    if not isinstance(owner, types.ModuleType):
      return None
    if not hasattr(owner, node.attr):
      missing.append(f'{node.lineno}: {owner.__name__}.{node.attr}')
    return getattr(owner, node.attr, None)

  for node in ast.walk(tree):
    if isinstance(node, ast.Attribute):
      resolve(node)
  return missing


class NamesTest(unittest.TestCase):
  def test_nothing_is_missing(self):
    spec = importlib.util.find_spec('tf_slim')
    root = pathlib.Path(spec.submodule_search_locations[0])
    sources = [
      path
      for path in sorted(root.rglob('*.py'))
      if not path.name.endswith('_test.py')
    ]
    self.assertGreater(len(sources), 40)
    missing = [
      f'{path.relative_to(root)}:{name}'
      for path in sources
      for name in _missing_names(path.read_text(encoding='utf-8'))
    ]
    self.assertFalse(missing)

  def test_finds_what_is_missing(self):
    source = (
      'import numpy as np\n'
      'from tensorflow.python.ops import array_ops as a\n'
      'a.concat(np.zeros(3), np.float)\n'
      'a.no_such_op()\n'
    )
    self.assertCountEqual(
      ['3: numpy.float', '4: tensorflow.python.ops.array_ops.no_such_op'],
      _missing_names(source),
    )


if __name__ == '__main__':
  unittest.main()
