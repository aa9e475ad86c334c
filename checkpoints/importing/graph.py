"""What frozen graphs and .tflite files are read into; nothing is run."""

from collections.abc import Hashable
from typing import NamedTuple

import numpy as np

# Kinds of operations that convolve. The second input is the kernel, the third,
# if there is one, the biases.
CONVOLUTIONS = ('convolution', 'depthwise', 'dense')


class Constant(NamedTuple):
  """A tensor that the file holds."""

  name: str
  value: np.ndarray


class Operation(NamedTuple):
  """One operation, as far as weights are concerned.

  Its kind is one of CONVOLUTIONS, 'add', 'subtract', 'multiply', 'divide',
  'rsqrt', 'batch_norm' (inputs: data, gamma, beta, mean, variance), 'pad'
  (data, rows and columns before and after), 'space_to_batch' (data, rates),
  'through', of which the first input's values come out as they are, 'reshape',
  in another shape, 'resize', moved, cut out or averaged, 'reverse', in reverse
  order along an axis, or 'other'.
  """

  name: str
  kind: str
  inputs: tuple[Hashable, ...]  # keys of operations or constants
  stride: int = 1
  rate: int = 1
  is_padded: bool = True  # SAME; otherwise VALID
  epsilon: float | None = None  # of batch norm
  activates: bool = False  # what comes out has gone through an activation


class Graph(NamedTuple):
  """A file's operations and constants, by keys of its own."""

  path: str
  operations: dict[Hashable, Operation]
  constants: dict[Hashable, Constant]
  image_size: int | None = None  # where it is given, and height is width
  image: Hashable = None  # key of what is given
  image_range: tuple[float, float] | None = None  # None: the type does not say


def source(graph: Graph, key: Hashable) -> Hashable:
  """Returns the key from which a key's values come as they are."""
  seen = set()  # A damaged graph may go in a circle.
  while key in graph.operations and key not in seen:
    seen.add(key)
    if graph.operations[key].kind != 'through':
      break
    key = graph.operations[key].inputs[0]
  return key


def plain(graph: Graph, key: Hashable) -> Constant | None:
  """Returns the Constant that comes to a key as it is; None: none does."""
  return graph.constants.get(source(graph, key))
