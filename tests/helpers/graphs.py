"""Frozen graphs and .tflite files of networks here, and who runs them.

The networks are slim's, frozen and converted by TensorFlow's own tools; graphs
run in TensorFlow, .tflite files in LiteRT.
"""

import functools
from typing import NamedTuple

from ai_edge_litert import interpreter as litert
import numpy as np
import tensorflow.compat.v1 as tf

from nets import nets_factory
from runtime.model import Model
from runtime.model import Variables
from tests.helpers import golden_rule
from tests.helpers import networks as testing

INPUT = 'input'
SIZE = 64
NUM_CLASSES = 7


class Frozen(NamedTuple):
  """A network's graph, its variables constants, at the rule's values."""

  network_name: str
  graph_def: tf.GraphDef
  outputs: tuple[str, ...]  # names of operations
  values: dict[str, np.ndarray]  # by slim's names


@functools.cache
def freeze(network_name, **options):
  """Returns the Frozen of a network for images of SIZE.

  Its variables are constants from the start: TensorFlow's tool takes seconds
  to make them so.
  """

  def ruled(getter, name, shape, **unused):
    del getter, unused
    values[name] = golden_rule.variable(name, list(shape))
    with tf.name_scope(None):
      constant = tf.constant(values[name], name=name)
      return tf.identity(constant, f'{name}/read')

  values = {}
  with tf.Graph().as_default() as graph:
    images = tf.placeholder(tf.float32, [None, SIZE, SIZE, 3], INPUT)
    with tf.variable_scope('', custom_getter=ruled):
      logits, _ = nets_factory.get_network_fn(
        network_name, NUM_CLASSES, **options
      )(images)
  outputs = [tensor.op.name for tensor in tf.nest.flatten(logits)]
  graph_def = tf.graph_util.extract_sub_graph(graph.as_graph_def(), outputs)
  return Frozen(network_name, graph_def, tuple(outputs), values)


def with_dense_logits(frozen):
  """Returns a Frozen of MobileNetV1 whose last layer is a product of matrices.

  Its weights have no names of slim's.
  """
  scope = 'MobilenetV1/Logits/Conv2d_1c_1x1'
  with tf.Graph().as_default() as graph:
    (net,) = tf.import_graph_def(
      frozen.graph_def,
      return_elements=['MobilenetV1/Logits/global_pool:0'],
      name='features',
    )
    kernel = tf.constant(frozen.values[f'{scope}/weights'][0, 0], name='kernel')
    biases = tf.constant(frozen.values[f'{scope}/biases'], name='biases')
    logits = tf.nn.bias_add(tf.squeeze(net, [1, 2]) @ kernel, biases)
    outputs = [logits.op.name]
  graph_def = tf.graph_util.extract_sub_graph(graph.as_graph_def(), outputs)
  return Frozen(frozen.network_name, graph_def, tuple(outputs), frozen.values)


def run(graph_def, outputs, images, given=INPUT):
  """Returns the outputs of a frozen graph, computed by TensorFlow."""
  with tf.Graph().as_default(), tf.Session() as session:
    tf.import_graph_def(graph_def, name='')
    return session.run(
      [f'{name}:0' for name in outputs], {f'{given}:0': images}
    )


def convert(frozen, **settings):
  """Returns the bytes of a .tflite file.

  settings: attributes of TensorFlow's converter.
  """
  (given,) = (
    node.name for node in frozen.graph_def.node if node.op == 'Placeholder'
  )
  converter = tf.lite.TFLiteConverter(
    frozen.graph_def,
    None,
    None,
    input_arrays_with_shape=[(given, [1, SIZE, SIZE, 3])],
    output_arrays=list(frozen.outputs),
  )
  for name, value in settings.items():
    setattr(converter, name, value)
  return converter.convert()


def calibrate():
  """Yields what a quantised file is calibrated with."""
  for seed in range(8):
    yield [golden_rule.images(1, SIZE, SIZE, seed)]


def interpret(content, images):
  """Returns the output of a .tflite file for images, computed by LiteRT."""
  interpreter = litert.Interpreter(model_content=content)
  interpreter.allocate_tensors()
  (given,), (made,) = (
    interpreter.get_input_details(),
    interpreter.get_output_details(),
  )
  outputs = []
  for image in images:
    interpreter.set_tensor(given['index'], quantise(image[np.newaxis], given))
    interpreter.invoke()
    outputs.append(dequantise(interpreter.get_tensor(made['index']), made)[0])
  return np.stack(outputs)


def quantise(values, detail):
  """Returns floats in the type of an interpreter's tensor."""
  scale, zero_point = detail['quantization']
  if not scale:
    return values
  limits = np.iinfo(detail['dtype'])
  rounded = np.round(values / scale) + zero_point
  return rounded.clip(limits.min, limits.max).astype(detail['dtype'])


def dequantise(values, detail):
  """Returns an interpreter's tensor as floats."""
  scale, zero_point = detail['quantization']
  return (values - np.float64(zero_point)) * scale if scale else values


def within(frozen, build):
  """Returns a graph of more than a network, all of which has given names.

  build: called with a function from [1, SIZE, SIZE, 3] to the network's output.
  """
  with tf.Graph().as_default() as graph:
    build(
      lambda images: tf.import_graph_def(
        frozen.graph_def,
        {INPUT: images},
        [f'{name}:0' for name in frozen.outputs],
        name='',
      )
    )
    return graph.as_graph_def()


class _Given(Variables):
  """Begin at given values."""

  def __init__(self, values):
    super().__init__()
    self._given = values

  def __call__(self, getter, name, shape, dtype, initializer, **options):
    del initializer
    value = self._given[name]
    if value.shape != tuple(shape):
      raise AssertionError(f'{name} is {value.shape}, not {shape}')
    return super().__call__(
      getter, name, shape, dtype, lambda *_, **__: value, **options
    )


def predict(network_name, imported, images, implementation='slim'):
  """Returns (Model with imported weights, and all of them, its outputs)."""
  options = dict(imported.options)
  options.pop('image_size', None)
  model = Model(network_name, NUM_CLASSES, implementation, **options)
  model._variables = _Given(imported.values)
  outputs, _ = testing.run_eagerly(model, images)
  if set(model.variables_by_name) != set(imported.values):
    raise AssertionError('not all values are used')
  return model, outputs
