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
  _OPERATORS.PAD: 'pad',
  _OPERATORS.SPACE_TO_BATCH_ND: 'space_to_batch',
  _OPERATORS.BATCH_TO_SPACE_ND: 'through',
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
_UNKNOWN_RANGE = (
  'The file does not say in which range it takes images: [-1, 1], as in slim, '
  'is assumed.'
)
_SCALED = (
  'The file scales images itself, which is not looked at: pixels from 0 to 255 '
  'into [-1, 1], as in slim, are assumed.'
)
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
      or takes images in another range than [-1, 1].
  """
  content = files.read_bytes(path)
  if content[4:8] != IDENTIFIER:
    raise InputError(f'{path} is no .tflite file, or is damaged')
  try:
    subgraph, graph = _parse(path, content)
    image_range = _image_range(graph, subgraph)
  except _DAMAGE as error:
    raise InputError(f'{path} is damaged or cut off') from error
  notes = _check_range(path, *image_range) if image_range else (_SCALED,)
  imported = matching.match(graph, layers.find(graph), 'tflite')
  return imported._replace(labels=_labels(path, imported), notes=notes)


def _parse(path, content):
  """Returns (subgraph, its Graph) of a file's bytes."""
  model = schema.ModelT.InitFromPackedBuf(content, 0)
  subgraph = model.subgraphs[0]
  _, *sizes = subgraph.tensors[subgraph.inputs[0]].shape
  size = int(sizes[0]) if sizes[0] == sizes[1] > 1 else None
  graph = Graph(path, {}, {}, size)
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
  return subgraph, graph


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


def _image_range(graph, subgraph):
  """Returns (least, greatest) value of quantised images, None of floats.

  Returns () where images are scaled before they are convolved.
  """
  tensor = subgraph.tensors[subgraph.inputs[0]]
  goes_into = {
    operation.kind
    for operation in graph.operations.values()
    if operation.kind != 'through'
    for key in operation.inputs[:1]
    if graph_lib.source(graph, key) == subgraph.inputs[0]
  }
  if not goes_into & {'convolution', 'pad'}:
    return ()
  if tensor.type not in _LIMITS:
    return None, None
  return _dequantised(tensor, np.array(_LIMITS[tensor.type])).tolist()


def _check_range(path, low, high):
  """Returns notes; raises InputError if images are not in [-1, 1]."""
  if low is None:
    return (_UNKNOWN_RANGE,)
  if not -1.1 < low < -0.6 or not 0.6 < high < 1.1:
    raise InputError(
      f'{path} takes images in [{low:.2f}, {high:.2f}], where networks here '
      'take [-1, 1]'
    )
  return ()


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
