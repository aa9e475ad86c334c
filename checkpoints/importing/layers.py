"""The convolutions of a Graph, each with what follows up to its activation.

That is batch norm, or products and sums with constants. The order is that of
the data: of branches that join, the first one comes first.
"""

import collections
from collections.abc import Hashable
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from base.errors import InputError
from checkpoints.importing import constants
from checkpoints.importing import graph as graph_lib
from checkpoints.importing.graph import Constant
from checkpoints.importing.graph import Graph
from checkpoints.names import BATCH_NORM

_WITH_CONSTANT = ('add', 'subtract', 'multiply')


class BatchNorm(NamedTuple):
  """A batch norm whose four values are there."""

  gamma: Constant
  beta: Constant
  moving_mean: Constant
  moving_variance: Constant
  epsilon: float | None  # None: not known


class Affine(NamedTuple):
  """What batch norm comes to in evaluation: float64 [channels], each."""

  scale: np.ndarray
  offset: np.ndarray
  names: tuple[str, ...]  # of its constants


class Layer(NamedTuple):
  """A convolution."""

  name: str
  data: Hashable  # key of what is convolved
  is_depthwise: bool
  kernel: Constant  # [height, width, in, out], or [in, out]; depthwise: out 1
  after: BatchNorm | Affine | None
  stride: int
  rate: int
  padding: tuple[int, int] | None  # rows above and below; None: SAME
  activates: bool  # in the last operation of what follows

  @property
  def kernel_size(self) -> tuple[int, int]:
    """Height and width of the kernel."""
    value = self.kernel.value
    return (1, 1) if value.ndim == 2 else value.shape[:2]


class _Walk(NamedTuple):
  graph: Graph
  constant: set[Hashable]  # keys of what follows from constants alone
  consumers: dict[Hashable, list[Hashable]]


def find(graph: Graph) -> list[Layer]:
  """Returns the Layers of a Graph, each after those that it depends on.

  Raises:
    InputError: an input is not there, or weights are computed in ways that are
      not known.
  """
  order = list(_depth_first(graph))
  walk = _Walk(graph, set(graph.constants), collections.defaultdict(list))
  for key in order:
    inputs = graph.operations[key].inputs
    if inputs and walk.constant.issuperset(inputs):
      walk.constant.add(key)
    for each in inputs:
      walk.consumers[each].append(key)
  return [_layer(walk, key) for key in order if _has_weights(walk, key)]


def _depth_first(graph: Graph) -> Iterator[Hashable]:
  """Yields keys of operations, each after its inputs, the first one first."""
  used = {key for one in graph.operations.values() for key in one.inputs}
  done = set(graph.constants)
  stack = [(key, False) for key in graph.operations if key not in used][::-1]
  while stack:
    key, has_inputs = stack.pop()
    if has_inputs:
      yield key
    elif key not in done:
      done.add(key)  # Before its inputs are: loops are circles.
      if key not in graph.operations:
        raise InputError(f'{graph.path} is damaged: it has no {key}')
      inputs = graph.operations[key].inputs
      stack += [(key, True), *((each, False) for each in reversed(inputs))]


def _has_weights(walk, key):
  """Whether an operation convolves data with constants."""
  operation = walk.graph.operations[key]
  return (
    operation.kind in graph_lib.CONVOLUTIONS
    and len(operation.inputs) > 1
    and operation.inputs[0] not in walk.constant
    and operation.inputs[1] in walk.constant
  )


def _layer(walk, key):
  operation = walk.graph.operations[key]
  kernel, beside = _kernel(walk.graph, operation)
  channels = kernel.value.shape[2 if operation.kind == 'depthwise' else -1]
  biases = operation.inputs[2:]
  if not _by_channel(walk, biases, channels):
    raise InputError(
      f'{walk.graph.path} is damaged: biases of {operation.name} are not '
      f'{channels} constants'
    )
  steps, last = _steps(walk, key, channels)
  steps = [*(_Step('add', (each,)) for each in biases), *steps]
  after = _batch_norm(walk.graph, steps, beside)
  if not after:
    if beside:
      kernel = _computed(walk.graph, operation, operation.inputs[1])
    after = _affine(walk.graph, operation, steps, beside)
  return Layer(
    operation.name,
    operation.inputs[0],
    operation.kind == 'depthwise',
    kernel,
    after,
    *_strides(walk.graph, operation),
    walk.graph.operations[last].activates,
  )


def _kernel(graph, operation):
  """Returns (kernel, what else it is computed from)."""
  key = operation.inputs[1]
  kernel, below = graph_lib.plain(graph, key), []
  if kernel is None:
    below = constants.below(graph, key)
    kernel = next((each for each in below if each.value.ndim == 4), None)
  ranks = (4,) if operation.kind != 'dense' else (2, 4) if below else (2,)
  if kernel is None or kernel.value.ndim not in ranks:
    raise InputError(
      f'{graph.path}: the kernel of {operation.name} is not to be found'
    )
  if operation.kind == 'depthwise' and kernel.value.shape[3] != 1:
    raise InputError(
      f'{graph.path}: {operation.name} makes {kernel.value.shape[3]} '
      'channels of each, which no network here does'
    )
  return kernel, below


class _Step(NamedTuple):
  kind: str
  inputs: tuple[Hashable, ...]  # those that are constant
  epsilon: float | None = None


def _steps(walk, key, channels):
  """Returns (the _Steps up to an activation, key of the last operation of it).

  A sum with a shortcut may stand before that with a constant.
  """
  steps, summed, last = [], False, key
  while len(walk.consumers[key]) == 1:
    (following,) = walk.consumers[key]
    operation = walk.graph.operations[following]
    others = operation.inputs[1:]
    if operation.kind in ('add', 'multiply') and key == operation.inputs[-1]:
      others = operation.inputs[:-1]
    if walk.graph.operations[key].activates or (
      key in others or key not in operation.inputs
    ):
      break
    if operation.kind == 'add' and _is_shortcut(walk, others):
      summed = True
    elif _is_constant(walk, operation, others, channels):
      if summed and operation.kind not in ('add', 'subtract'):
        break
      steps.append(_Step(operation.kind, others, operation.epsilon))
      last = following
    elif operation.kind not in ('through', 'reshape'):
      break
    key = following
  return steps, last


def _is_shortcut(walk, keys):
  """Whether what is added goes elsewhere, too, and is no constant."""
  return all(
    key not in walk.constant and len(walk.consumers[key]) > 1 for key in keys
  )


def _is_constant(walk, operation, keys, channels):
  """Whether it is batch norm, or computes with one value for each channel."""
  wanted = {'batch_norm': 4, **dict.fromkeys(_WITH_CONSTANT, 1)}
  return len(keys) == wanted.get(operation.kind) and _by_channel(
    walk, keys, channels
  )


def _by_channel(walk, keys, channels):
  """Whether these are constant, with a value for each channel."""
  plain = [graph_lib.plain(walk.graph, key) for key in keys]
  return walk.constant.issuperset(keys) and all(
    each is None or each.value.size == channels for each in plain
  )


def _batch_norm(graph, steps, beside):
  """Returns the BatchNorm of _Steps; None: they are none, or not told apart.

  beside: constants under the kernel.
  """
  keys = [key for step in steps for key in step.inputs]
  values = [graph_lib.plain(graph, key) for key in keys]
  if not beside and None not in values:
    if len(steps) == 1 and steps[0].kind == 'batch_norm':
      return BatchNorm(*values, steps[0].epsilon)
    return None
  below = [each for key in keys for each in constants.below(graph, key)]
  named = {each.name.rpartition('/')[2]: each for each in (*beside, *below)}
  if not set(BATCH_NORM) <= set(named):
    return None
  return BatchNorm(*(named[leaf] for leaf in BATCH_NORM), None)


def _affine(graph, operation, steps, beside):
  """Returns the Affine of _Steps; None: there are none.

  beside: constants under the kernel.
  """
  if not steps:
    return None
  scale, offset = np.float64(1), np.float64(0)
  names = [each.name for each in beside]
  for step in steps:
    values = [_computed(graph, operation, key) for key in step.inputs]
    factor, term = _factor_and_term(
      step, *(each.value.reshape(-1).astype(np.float64) for each in values)
    )
    scale, offset = scale * factor, offset * factor + term
    for key, value in zip(step.inputs, values):
      names += [each.name for each in constants.below(graph, key)]
      names.append(value.name)
  return Affine(*np.broadcast_arrays(scale, offset), tuple(names))


def _computed(graph, operation, key):
  """Returns a Constant, computed from others where it is none itself."""
  constant = graph_lib.plain(graph, key) or constants.compute(graph, key)
  if constant is None:
    raise InputError(
      f'{graph.path}: what follows {operation.name} is computed from constants '
      'in a way that is not known'
    )
  return constant


def _factor_and_term(step, *values):
  if step.kind == 'batch_norm':
    gamma, beta, mean, variance = values
    factor = gamma / np.sqrt(variance + step.epsilon)
    return factor, beta - mean * factor
  (value,) = values
  if step.kind == 'multiply':
    return value, 0 * value
  return 0 * value + 1, -value if step.kind == 'subtract' else value


def _strides(graph, operation):
  """Returns (stride, rate, padding) of a Layer."""
  stride, rate = operation.stride, operation.rate
  before = graph.operations.get(graph_lib.source(graph, operation.inputs[0]))
  numbers = (
    graph.constants.get(before.inputs[1])
    if before and before.inputs[1:]
    else None
  )
  if operation.is_padded or numbers is None:
    return stride, rate, None if operation.is_padded else (0, 0)
  if before.kind == 'space_to_batch':
    return stride, int(numbers.value.flat[0]), None
  if before.kind == 'pad' and numbers.value.shape == (4, 2):
    return stride, rate, tuple(numbers.value[1].tolist())
  return stride, rate, (0, 0)
