"""What a Graph computes from constants alone, such as batch norm in kernels."""

from collections.abc import Hashable

import numpy as np

from checkpoints.importing import graph as graph_lib
from checkpoints.importing.graph import Constant
from checkpoints.importing.graph import Graph

_FUNCTIONS = {
  'add': np.add,
  'subtract': np.subtract,
  'multiply': np.multiply,
  'divide': np.divide,
  'rsqrt': lambda value: 1 / np.sqrt(value),
}
_DEEPEST = 20  # operations on top of each other: a few are known


def below(graph: Graph, key: Hashable) -> list[Constant]:
  """Returns all Constants that a constant key is computed from."""
  stack, seen, found = [key], set(), []
  while stack:
    key = stack.pop()
    if key in seen:
      continue
    seen.add(key)
    if key in graph.constants:
      found.append(graph.constants[key])
    else:
      stack += graph.operations[key].inputs
  return found


def compute(graph: Graph, key: Hashable) -> Constant | None:
  """Returns the value of a constant key, under the largest one's name.

  In float64. None: it is computed in a way that is not known.
  """
  try:
    value = _compute(graph, key, _DEEPEST)
  except (KeyError, TypeError, ValueError):
    return None
  largest = max(below(graph, key), key=lambda each: each.value.size)
  return Constant(largest.name, value)


def _compute(graph, key, deepest):
  """Raises KeyError, TypeError or ValueError if it cannot."""
  key = graph_lib.source(graph, key)
  if key in graph.constants:
    return graph.constants[key].value.astype(np.float64)
  operation = graph.operations[key]
  if not deepest:
    raise ValueError
  values = [_compute(graph, each, deepest - 1) for each in operation.inputs]
  if operation.kind == 'reshape':
    value, *shape = values
    return value.reshape(shape[0].astype(int)) if shape else value
  with np.errstate(all='ignore'):  # What is not finite is told later.
    return _FUNCTIONS[operation.kind](*values)
