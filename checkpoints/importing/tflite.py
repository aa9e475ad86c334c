"""Reads a .tflite file: float, float16 or quantised, which is dequantised.

It is parsed by TensorFlow's schema, never run.
"""

import struct
import zipfile
import zlib

import numpy as np
from tensorflow.lite.python import schema_py_generated as schema

from base import files
from base.errors import InputError
from checkpoints.importing import graph as graph_lib
from checkpoints.importing import layers
from checkpoints.importing import matching
from checkpoints.importing.graph import Constant
from checkpoints.importing.graph import Graph
from checkpoints.importing.graph import Operation
from checkpoints.importing.imported import Imported
from specs import roles

IDENTIFIER = b'TFL3'  # from the fourth byte on

_OPERATORS = schema.BuiltinOperator
_KINDS = {
  _OPERATORS.CONV_2D: 'convolution',
  _OPERATORS.DEPTHWISE_CONV_2D: 'depthwise',
  _OPERATORS.FULLY_CONNECTED: 'dense',
  _OPERATORS.ADD: 'add',
  _OPERATORS.SUB: 'subtract',
  _OPERATORS.MUL: 'multiply',
  _OPERATORS.DIV: 'divide',
  _OPERATORS.PAD: 'pad',
  _OPERATORS.SPACE_TO_BATCH_ND: 'space_to_batch',
  _OPERATORS.EXPAND_DIMS: 'reshape',
  _OPERATORS.RESHAPE: 'reshape',
  _OPERATORS.SQUEEZE: 'reshape',
  _OPERATORS.RESIZE_BILINEAR: 'resize',
  _OPERATORS.RESIZE_NEAREST_NEIGHBOR: 'resize',
  _OPERATORS.TRANSPOSE: 'resize',
  _OPERATORS.BATCH_TO_SPACE_ND: 'through',
  _OPERATORS.CAST: 'through',
  _OPERATORS.DEQUANTIZE: 'through',
  _OPERATORS.QUANTIZE: 'through',
}
# The kernels' layouts -> TensorFlow's.
_TRANSPOSED = {
  'convolution': (1, 2, 3, 0),
  'depthwise': (1, 2, 3, 0),
  'dense': (1, 0),
}
_TYPES = {
  schema.TensorType.FLOAT32: np.float32,
  schema.TensorType.FLOAT16: np.float16,
  schema.TensorType.INT8: np.int8,
  schema.TensorType.UINT8: np.uint8,
  schema.TensorType.INT32: np.int32,
  schema.TensorType.INT64: np.int64,
}
_NO_ACTIVATION = schema.ActivationFunctionType.NONE
_LIMITS = {
  schema.TensorType.INT8: (-128, 127),
  schema.TensorType.UINT8: (0, 255),
}
_MOST_LABELS = 2**20  # bytes of the file of labels
# What a flatbuffer's reader raises where bytes are not as they should be.
_DAMAGE = (
  AttributeError,
  IndexError,
  OverflowError,
  TypeError,
  ValueError,
  struct.error,
)
_DAMAGED_ARCHIVE = (
  EOFError,
  NotImplementedError,
  OSError,
  RuntimeError,  # It is encrypted.
  ValueError,
  zipfile.BadZipFile,
  zlib.error,
)


def read(path: str) -> Imported:
  """Reads a .tflite file.

  Raises:
    InputError: it cannot be read, is damaged, of a network that is not known,
      or scales images in a way that is not.
  """
  content = files.read_bytes(path)
  if content[4:8] != IDENTIFIER:
    raise InputError(f'{path} is no .tflite file, or is damaged')
  try:
    graph = _parse(path, content)
  except _DAMAGE as error:
    raise InputError(f'{path} is damaged or cut off') from error
  imported = matching.match(graph, layers.find(graph), 'tflite')
  return imported._replace(labels=_labels(path, imported))


def _parse(path, content):
  """Returns the Graph of a file's bytes."""
  model = schema.ModelT.InitFromPackedBuf(content, 0)
  subgraph = model.subgraphs[0]
  graph = Graph(path, {}, {}, *_image(subgraph))
  for key, tensor in enumerate(subgraph.tensors):
    data = model.buffers[tensor.buffer].data
    if data is not None and len(data):
      graph.constants[key] = Constant(_text(tensor.name), _value(tensor, data))
  for key in subgraph.inputs:
    graph.operations[int(key)] = Operation(
      _text(subgraph.tensors[key].name), 'other', ()
    )
  for operator in subgraph.operators:
    operation = _operation(model, subgraph, operator)
    for key in operator.outputs:
      graph.operations[int(key)] = operation
  _transpose_kernels(graph)
  return graph


def _image(subgraph):
  """Returns Graph's image_size, image and image_range."""
  key = int(subgraph.inputs[0])
  tensor = subgraph.tensors[key]
  _, *sizes = tensor.shape
  size = int(sizes[0]) if sizes[0] == sizes[1] > 1 else None
  if tensor.type not in _LIMITS:
    return size, key, None
  limits = _dequantised(tensor, np.array(_LIMITS[tensor.type]))
  return size, key, tuple(limits.tolist())


def _text(name):
  return (name or b'').decode(errors='replace')


def _value(tensor, data):
  """Returns a tensor's array, dequantised where it was quantised."""
  if tensor.type not in _TYPES:
    return np.empty(0)
  value = np.frombuffer(data, _TYPES[tensor.type]).reshape(tensor.shape)
  return _dequantised(tensor, value)


def _dequantised(tensor, value):
  quantization = tensor.quantization
  if quantization is None or quantization.scale is None:
    return value
  shape = [1] * value.ndim
  if len(quantization.scale) > 1:
    shape[quantization.quantizedDimension] = -1
  scale, zero_point = (
    np.reshape(each, shape).astype(np.float64)
    for each in (quantization.scale, quantization.zeroPoint)
  )
  return ((value - zero_point) * scale).astype(np.float32)


def _operation(model, subgraph, operator):
  code = model.operatorCodes[operator.opcodeIndex]
  # Small numbers stand in the first field alone in old files.
  kind = _KINDS.get(max(code.builtinCode, code.deprecatedBuiltinCode), 'other')
  options = operator.builtinOptions
  return Operation(
    _text(subgraph.tensors[operator.outputs[0]].name),
    kind,
    tuple(int(key) for key in operator.inputs if key >= 0),
    getattr(options, 'strideH', 1),
    getattr(options, 'dilationHFactor', 1),
    getattr(options, 'padding', None) != schema.Padding.VALID,
    activates=getattr(options, 'fusedActivationFunction', _NO_ACTIVATION)
    != _NO_ACTIVATION,
  )


def _transpose_kernels(graph):
  """Gives kernels TensorFlow's layout."""
  for operation in set(graph.operations.values()):
    if operation.kind in _TRANSPOSED and len(operation.inputs) > 1:
      key = graph_lib.source(graph, operation.inputs[1])
      axes = _TRANSPOSED[operation.kind]
      if key in graph.constants and graph.constants[key].value.ndim == len(
        axes
      ):
        name, value = graph.constants[key]
        graph.constants[key] = Constant(name, value.transpose(axes))


def _labels(path, imported):
  """Returns the names of classes in an archive at the file's end, or None.

  Metadata has them there. They count if there is one for each class.
  """
  counts = {
    roles.count_classes(name, value.shape[-1])
    for name, value in imported.values.items()
  }
  try:
    with zipfile.ZipFile(path) as archive:
      for info in archive.infolist():
        if info.filename.endswith('.txt') and info.file_size < _MOST_LABELS:
          text = archive.read(info).decode(errors='replace')
          names = tuple(line.strip() for line in text.strip().splitlines())
          if len(names) in counts and all(names):
            return names
  except _DAMAGED_ARCHIVE:
    pass  # Most files have none.
  return None
