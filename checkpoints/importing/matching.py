"""The convolutions of a graph under slim's names.

Their kernels have these names, or they are told by their order, which is that
of the network's own convolutions. Widths are for the caller to compare.
"""

from collections.abc import Sequence
import math
import re
from typing import Any
from typing import NamedTuple

import numpy as np

from base.errors import InputError
from checkpoints.importing import graph as graph_lib
from checkpoints.importing import layer_variables
from checkpoints.importing import scaling
from checkpoints.importing.graph import Graph
from checkpoints.importing.imported import Imported
from checkpoints.importing.layer_variables import Place
from checkpoints.importing.layers import Affine
from checkpoints.importing.layers import Layer
from checkpoints.names import BATCH_NORM
from specs import networks

# Networks of convolutions in a line, one for each line that there is. Variables
# of those in the first scope begin with the second.
_LINES = {
  'mobilenet_v1': (r'', 'MobilenetV1/'),
  'mobilenet_v2': (r'', 'MobilenetV2/'),
  'mobilenet_v3_large': (r'', 'MobilenetV3/'),
  'mobilenet_v3_small': (r'', 'MobilenetV3/'),
  'deeplab_v3_mobilenet_v2': (r'(?=Conv|expanded_conv)', 'MobilenetV2/'),
}
_COLOURS = 3  # Images are scaled by as many constants, or by one.
_KERNEL = re.compile(r'(.+)/((?:depthwise_|pointwise_)?weights)')


def match(graph: Graph, found: Sequence[Layer], library: str) -> Imported:
  """Returns the weights of a graph's Layers.

  Raises:
    InputError: they are of a network that is not known, or images are scaled in
      a way that is not.
  """
  if not found:
    raise InputError(f'{graph.path} has no convolutions with weights')
  places = _by_name(found) or _by_order(graph.path, found)
  values, sources = {}, {}
  for name, value, source in _variables(graph, places, found):
    values[name], sources[name] = value.astype(np.float32), source
  left_over = _left_over(graph, found, set(sources.values()))
  scaled, notes = scaling.find(graph, found[0])
  options = _options(places, found) | scaled
  if graph.image_size:
    options['image_size'] = graph.image_size
  return Imported(values, sources, left_over, options, library, notes=notes)


def _variables(graph, places, found):
  """Yields (name, value, the source's name) of all."""
  if places[0].named:
    yield from _batch_norms(graph, places[0].start)
  for place, layer in zip(places, found):
    yield from layer_variables.variables(graph.path, place, layer)


def _batch_norms(graph, start):
  """Yields those by slim's names; NASNet has some after a concatenation."""
  for operation in graph.operations.values():
    if operation.kind == 'batch_norm':
      constants = [graph_lib.plain(graph, key) for key in operation.inputs[1:5]]
      if all(
        each and each.name.endswith(f'/{leaf}')
        for leaf, each in zip(BATCH_NORM, constants)
      ):
        for each in constants:
          yield each.name[start:], each.value, each.name


def _left_over(graph, found, taken):
  """Returns the names of further constants that may be weights."""
  affine = [layer.after for layer in found if isinstance(layer.after, Affine)]
  for each in affine:
    taken.update(each.names)
  # Tools that fold batch norm leave it where it was, for nobody to use.
  used = {
    graph_lib.source(graph, key)
    for operation in graph.operations.values()
    if operation.kind != 'through'
    for key in operation.inputs
  }
  # Names do not tell, either, in graphs that they have changed.
  is_changed = any(
    not _is_weight(name) for each in affine for name in each.names
  )
  return tuple(
    constant.name
    for key, constant in graph.constants.items()
    if constant.name not in taken
    and key in used
    and (
      _is_weight(constant.name)
      or is_changed
      and constant.value.dtype.kind == 'f'
      and constant.value.size > _COLOURS
    )
  )


def _is_weight(name):
  leaf = name.rpartition('/')[2]
  return leaf in (*BATCH_NORM, 'biases') or bool(_KERNEL.fullmatch(name))


def _by_name(found):
  """Returns the Places that kernels' names say; None if they say none."""
  matches = [_KERNEL.fullmatch(layer.kernel.name) for layer in found]
  if None in matches or len({each[0] for each in matches}) < len(matches):
    return None
  # Where the graph was once part of another.
  prefix = re.match(r'.*?(?=(FeatureExtractor|MobilenetV\d)/)', matches[0][0])
  start = prefix.end() if prefix else 0
  return [
    Place(
      each[1][start:],
      each[2],
      isinstance(layer.after, Affine)
      and layer.after.names[-1] == f'{each[1]}/biases',
      True,
      start,
    )
    for each, layer in zip(matches, found)
  ]


class _Kind(NamedTuple):
  """What tells convolutions apart but for their widths."""

  kernel_size: tuple[int, int]
  is_depthwise: bool

  def __str__(self):
    size = 'x'.join(map(str, self.kernel_size))
    return f'{size} depthwise' if self.is_depthwise else size


def _by_order(path, found):
  """Returns the Places of a network's own convolutions, in their order."""
  kinds = [_Kind(each.kernel_size, each.is_depthwise) for each in found]
  best = None
  for name in _LINES:
    convolutions = networks.convolutions(name, 64, 64, 2)
    wanted = [
      _Kind((each.kernel_size,) * 2, each.groups > 1) for each in convolutions
    ]
    if kinds == wanted:
      return [_place(name, each) for each in convolutions]
    common = next(
      (i for i, pair in enumerate(zip(kinds, wanted)) if len(set(pair)) > 1),
      min(len(kinds), len(wanted)),
    )
    best = max(best or (-1,), (common, name, wanted))
  raise InputError(
    f'{path} is of no network that is known here: '
    + _difference(found, kinds, *best)
  )


def _difference(found, kinds, common, name, wanted):
  """Returns in what a graph differs from the network that is most like it."""
  if common < min(len(kinds), len(wanted)):
    return (
      f'convolution {common + 1}, {found[common].name}, is '
      f'{kinds[common]}, where {name} has {wanted[common]}'
    )
  return f'it has {len(kinds)} convolutions, where {name} has {len(wanted)}'


def _place(name, convolution):
  pattern, root = _LINES[name]
  scope = convolution.scope
  return Place(
    (root if re.match(pattern, scope) else '') + scope,
    'depthwise_weights' if convolution.groups > 1 else 'weights',
    not convolution.batch_norm,
  )


def _options(places, found):
  """Returns in what a graph differs from the network as it is by default."""
  options: dict[str, Any] = {}
  strided = [
    layer for layer in found if layer.stride > 1 and layer.kernel_size[0] > 1
  ]
  if strided and all(
    layer.padding and layer.padding[0] == (layer.kernel_size[0] - 1) // 2
    for layer in strided
  ):
    options['use_explicit_padding'] = True
  pyramid = [
    (place, layer)
    for place, layer in zip(places, found)
    if re.fullmatch(r'aspp[1-9]\d*(_depthwise)?', place.scope)
  ]
  if pyramid:
    options['atrous_rates'] = [layer.rate for _, layer in pyramid]
    if not pyramid[0][1].is_depthwise:
      options['aspp_with_separable_conv'] = False
  output_stride = math.prod(layer.stride for layer in found)
  if output_stride != 16 and any(place.scope == 'aspp0' for place in places):
    options['output_stride'] = output_stride
  return options
