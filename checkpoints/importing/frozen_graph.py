"""Reads a frozen graph: a GraphDef whose variables are constants.

It is parsed, never run.
"""

import math
import os
import re

from google.protobuf import message
import numpy as np
import tensorflow as tf
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import saved_model_pb2

from base import files
from base.errors import InputError
from checkpoints import foreign
from checkpoints.importing import graph as graph_lib
from checkpoints.importing import layers
from checkpoints.importing import matching
from checkpoints.importing.graph import Constant
from checkpoints.importing.graph import Graph
from checkpoints.importing.graph import Operation
from checkpoints.importing.imported import Imported

_MOST_VALUES = 2**28  # of one constant: 1 GiB

_NUMBERS = (
  types_pb2.DT_BFLOAT16,
  types_pb2.DT_DOUBLE,
  types_pb2.DT_FLOAT,
  types_pb2.DT_HALF,
  types_pb2.DT_INT32,
)
_PLACEHOLDERS = ('Placeholder', 'PlaceholderWithDefault')
_VARIABLES = ('VarHandleOp', 'Variable', 'VariableV2')

_KINDS = {
  'Conv2D': 'convolution',
  'DepthwiseConv2dNative': 'depthwise',
  'MatMul': 'dense',
  'Add': 'add',
  'AddN': 'add',
  'AddV2': 'add',
  'BiasAdd': 'add',
  'Sub': 'subtract',
  'Mul': 'multiply',
  'Div': 'divide',
  'RealDiv': 'divide',
  'FusedBatchNorm': 'batch_norm',
  'FusedBatchNormV2': 'batch_norm',
  'FusedBatchNormV3': 'batch_norm',
  # What TensorFlow's optimiser of graphs makes of several.
  '_FusedBatchNormEx': 'batch_norm',
  '_FusedConv2D': 'convolution',
  '_FusedDepthwiseConv2dNative': 'depthwise',
  '_FusedMatMul': 'dense',
  'Pad': 'pad',
  'SpaceToBatchND': 'space_to_batch',
  'BatchToSpaceND': 'through',
  'ExpandDims': 'reshape',
  'Reshape': 'reshape',
  'Squeeze': 'reshape',
  'ResizeArea': 'resize',
  'ResizeBicubic': 'resize',
  'ResizeBilinear': 'resize',
  'ResizeNearestNeighbor': 'resize',
  'ScaleAndTranslate': 'resize',
  'Slice': 'resize',
  'StridedSlice': 'slice',  # until its steps are read
  'Transpose': 'resize',
  'ReverseV2': 'reverse',
  'Rsqrt': 'rsqrt',
  'Cast': 'through',
  # Rounding, in training for quantisation: the weights are those before it.
  'FakeQuantWithMinMaxArgs': 'through',
  'FakeQuantWithMinMaxVars': 'through',
  'FakeQuantWithMinMaxVarsPerChannel': 'through',
  'Identity': 'through',
  'PlaceholderWithDefault': 'through',
}


def read(path: str) -> Imported:
  """Reads a .pb.

  Raises:
    InputError: it cannot be read, is no frozen graph, is damaged, or of a
      network that is not here.
  """
  graph = _graph(path, _parse(path))
  return matching.match(graph, layers.find(graph), 'frozen graph')


def _parse(path):
  content = files.read_bytes(path)
  graph_def = tf.compat.v1.GraphDef()
  try:
    graph_def.ParseFromString(content)
  except message.DecodeError as error:
    _refuse_saved_model(path, content)
    raise InputError(
      f'{path} is no frozen graph, or is damaged: {error}'
    ) from error
  if not graph_def.node:
    _refuse_saved_model(path, content)
    raise InputError(f'{path} is no frozen graph: it has no nodes')
  return graph_def


def _refuse_saved_model(path, content):
  """Raises InputError if the bytes are those of a SavedModel."""
  try:
    saved_model = saved_model_pb2.SavedModel.FromString(content)
  except message.DecodeError:
    return
  if saved_model.meta_graphs:
    folder = os.path.dirname(path) or '.'
    raise InputError(
      foreign.describe_saved_model(folder)
      or f'{path} is of a SavedModel, whose weights are beside it: give '
      + os.path.join(folder, 'variables', 'variables')
    )


def _graph(path, graph_def):
  graph = Graph(path, {}, {}, *_image(graph_def))
  for node in graph_def.node:
    if node.op == 'Const':
      graph.constants[node.name] = Constant(node.name, _value(path, node))
    elif node.op in _VARIABLES:
      raise InputError(
        f'{path} is not frozen: {node.name} is a variable; give the checkpoint '
        'that has its value'
      )
    else:
      graph.operations[node.name] = _operation(path, node)
  for name, operation in graph.operations.items():
    if operation.kind == 'slice':
      graph.operations[name] = operation._replace(kind=_of_slice(graph, name))
  return graph


def _of_slice(graph, name):
  """Returns a StridedSlice's kind: its fourth input is the steps."""
  steps = [
    constant.value
    for key in graph.operations[name].inputs[3:4]
    if (constant := graph_lib.plain(graph, key))
  ]
  return 'reverse' if any((each < 0).any() for each in steps) else 'resize'


def _image(graph_def):
  """Returns Graph's image_size, image and image_range.

  The first placeholder of images is what is given; they may be resized for the
  next one.
  """
  used = {name for node in graph_def.node for name in node.input}
  size, name, limits = None, None, None
  for node in graph_def.node:
    sizes = [each.size for each in node.attr['shape'].shape.dim]
    if node.op not in _PLACEHOLDERS or len(sizes) != 4 or node.name not in used:
      continue
    if name is None:
      name = node.name
      if node.attr['dtype'].type == types_pb2.DT_UINT8:
        limits = (0.0, 255.0)
    if size is None and sizes[1] == sizes[2] > 1:
      size = sizes[1]
  return size, name, limits


def _value(path, node):
  """Returns a constant's array, an empty one of what no weight is made of."""
  tensor = node.attr['value'].tensor
  if tensor.dtype not in _NUMBERS:
    return np.empty(0)
  sizes = [dimension.size for dimension in tensor.tensor_shape.dim]
  try:
    if min(sizes, default=0) < 0 or math.prod(sizes) > _MOST_VALUES:
      raise ValueError(f'a shape of {sizes}')
    return tf.make_ndarray(tensor)
  except (TypeError, ValueError) as error:
    raise InputError(f'{path} is damaged: {node.name}: {error}') from error


def _operation(path, node):
  kind = _KINDS.get(node.op, 'other')
  if kind == 'batch_norm' and node.attr['is_training'].b:
    raise InputError(
      f'{path} was frozen as it trains: {node.name} takes its statistics from '
      'the batch; freeze the graph that evaluates'
    )
  fused = [each.decode() for each in node.attr['fused_ops'].list.s]
  if fused and fused[0] != 'BiasAdd':
    raise InputError(
      f'{path}: {node.name} is {node.op} of {", ".join(fused)}, which is not '
      'known here; give the graph as it was before it was optimised'
    )
  inputs = [name for name in node.input if not name.startswith('^')]
  return Operation(
    node.name,
    kind,
    tuple(re.sub(r':\d+$', '', name) for name in inputs),
    max(node.attr['strides'].list.i, default=1),
    max(node.attr['dilations'].list.i, default=1),
    node.attr['padding'].s != b'VALID',
    node.attr['epsilon'].f if kind == 'batch_norm' else None,
    len(fused) > 1 or node.attr['activation_mode'].s not in (b'', b'Identity'),
  )
