"""How a Graph scales images before its first convolution.

Networks here take [-1, 1], or normalise that themselves, by an option. Of a
file's own scaling, which is followed and never run, the option is kept, and the
range of what the file takes is told.
"""

from collections.abc import Hashable
from collections.abc import Iterator
from typing import Any
from typing import NamedTuple

import numpy as np

from base.errors import InputError
from checkpoints.importing import graph as graph_lib
from checkpoints.importing.graph import Graph
from checkpoints.importing.graph import Operation
from checkpoints.importing.layers import Layer
from specs import networks

_RANGES = ((-1.0, 1.0), (0.0, 1.0), (0.0, 255.0))  # that files take
# Quantised files say it by what they were calibrated with: of the range, what
# may be lacking and what may be beyond.
_LACKING, _BEYOND = 0.2, 0.05
_CLOSE = 1e-4  # of a range from -1 to 1
_MOVING = ('through', 'reshape', 'resize', 'pad', 'space_to_batch')


class _Scaling(NamedTuple):
  """What becomes of an image: scale * image + offset, a value or one each."""

  scale: np.ndarray
  offset: np.ndarray

  def after(self, scale, offset):
    """Returns the _Scaling of images that go through another one first."""
    return _Scaling(self.scale * scale, self.scale * offset + self.offset)


class _Known(NamedTuple):
  """One way that is known."""

  normalization: str | None
  low: float
  high: float
  scaling: _Scaling


def find(graph: Graph, first: Layer) -> tuple[dict[str, Any], tuple[str, ...]]:
  """Returns recognise's (options, notes) of what images go through.

  first: the convolution that they go into.

  Raises:
    InputError: images are scaled in a way that is not known.
  """
  scaling, is_followed = _follow(graph, first)
  return recognise(
    graph.path, *scaling, graph.image_range if is_followed else None
  )


def recognise(
  path: str,
  scale: np.ndarray,
  offset: np.ndarray,
  given: tuple[float, float] | None,
) -> tuple[dict[str, Any], tuple[str, ...]]:
  """Returns (options of networks.COMPUTATION, notes).

  Args:
    path: of the file, for messages.
    scale, offset: images become scale * image + offset.
    given: least and greatest value of images; None: it is not known.

  Raises:
    InputError: images are scaled in a way that is not known.
  """
  scaling = _Scaling(scale, offset)
  is_scaled = not _is_close(scaling, _identity())
  for known in _known():
    if _fits(given, known) and _is_close(scaling, known.scaling):
      normalization = {'input_normalization': known.normalization}
      return (
        normalization if known.normalization else {},
        _notes(given, known, is_scaled),
      )
  if is_scaled:
    raise InputError(
      f'{path} scales images itself, to {_text(scaling.scale)} times the '
      f'pixel plus {_text(scaling.offset)}, which is not known here: there are '
      'ranges to [-1, 1] and ' + ', '.join(networks.INPUT_NORMALIZATIONS)
    )
  low, high = given
  raise InputError(
    f'{path} takes images in [{low:.2f}, {high:.2f}], where networks '
    'here take [-1, 1]'
  )


def _identity():
  return _Scaling(np.float64(1), np.float64(0))


def _known() -> Iterator[_Known]:
  normalizations = {None: ((0.5,), (0.5,)), **networks.INPUT_NORMALIZATIONS}
  for name, (mean, deviation) in normalizations.items():
    deviation = np.array(deviation)
    # Of values from 0 to 1.
    normalize = _Scaling(1 / deviation, -np.array(mean) / deviation)
    for low, high in _RANGES:
      width = high - low
      yield _Known(name, low, high, normalize.after(1 / width, -low / width))


def _fits(given, known):
  """Whether images are known to be, or may be, in a range."""
  if given is None:
    return True
  width = known.high - known.low
  return all(
    -_BEYOND * width <= inside <= _LACKING * width
    for inside in (given[0] - known.low, known.high - given[1])
  )


def _is_close(scaling, other):
  """Whether both make nearly the same of images."""
  return all(
    np.max(np.abs(one - another) / unit) <= _CLOSE
    for one, another, unit in zip(scaling, other, (other.scale, 1.0))
  )


def _text(values):
  return ', '.join(f'{value:.6g}' for value in np.reshape(values, -1))


def _notes(given, known, is_scaled):
  if is_scaled:
    return (
      f'The file scales images from [{known.low:g}, {known.high:g}] itself, '
      'as is done here before the network.',
    )
  if given is None:
    return (
      'The file does not say in which range it takes images: [-1, 1], as in '
      'slim, is assumed.',
    )
  return ()


def _follow(graph, first):
  """Returns (_Scaling, whether it is that of all the way from the image).

  What stands between, such as a loop over images, may not be known: then it is
  that of both ends of the way.
  """
  scaling, key, seen = _identity(), first.data, set()
  while key != graph.image and key in graph.operations and key not in seen:
    seen.add(key)
    operation = graph.operations[key]
    step = _step(graph, operation)
    if step is None:
      break
    scaling, key = scaling.after(*step[1:]), step[0]
  if key == graph.image:
    return scaling, True
  return scaling.after(*_beginning(graph)), False


def _beginning(graph):
  """Returns the _Scaling of what an image goes through first."""
  scaling, key, seen = _identity(), graph.image, {None}
  while key not in seen:
    seen.add(key)
    following = [
      (each, step)
      for each, operation in graph.operations.items()
      if key in operation.inputs
      and (step := _step(graph, operation))
      and step[0] == key
    ]
    if len(following) == 1:
      ((key, (_, *step)),) = following
      scaling = _Scaling(*step).after(*scaling)
  return scaling


def _step(graph, operation: Operation):
  """Returns (key of the data, scale, offset) of an operation; None: of none."""
  kind, inputs = operation.kind, operation.inputs
  if kind == 'reverse':
    raise InputError(
      f'{graph.path}: {operation.name} reverses images along an axis, such as '
      'RGB to BGR; networks here take RGB, so give the graph without it'
    )
  if kind in _MOVING and inputs:
    return inputs[0], 1.0, 0.0
  if len(inputs) != 2 or operation.activates:
    return None
  constants = [_constant(graph, key) for key in inputs]
  if (constants[0] is None) == (constants[1] is None):
    return None
  is_first = constants[1] is None  # the constant
  value, data = constants[not is_first], inputs[is_first]
  steps = {
    'add': (1.0, value),
    'subtract': (-1.0, value) if is_first else (1.0, -value),
    'multiply': (value, 0.0),
  }
  if kind == 'divide' and not is_first and value.all():
    steps['divide'] = (1 / value, 0.0)
  return (data, *steps[kind]) if kind in steps else None


def _constant(graph, key: Hashable):
  """Returns a value, or one for each colour; None: it is none."""
  key = graph_lib.source(graph, key)
  while key in graph.operations and graph.operations[key].kind == 'reshape':
    key = graph_lib.source(graph, graph.operations[key].inputs[0])
  constant = graph.constants.get(key)
  if constant is None or constant.value.size not in (1, 3):
    return None
  return constant.value.reshape(-1).astype(np.float64)
