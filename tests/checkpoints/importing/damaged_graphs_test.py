"""Damaged and foreign .pb and .tflite files: said in a line, nothing is run."""

import os
import random
import tempfile

from absl.testing import parameterized
import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.core.protobuf import saved_model_pb2

from base.errors import InputError
from checkpoints.importing import frozen_graph
from checkpoints.importing import tflite
from tests.helpers import graphs

_COUNT = 2000 if 'TWINSLIM_SOAK' in os.environ else 60
_NETWORK = 'mobilenet_v1_025'


def _damage(content, rng):
  """Returns the bytes of a file after one mishap."""
  size = len(content)
  # What describes a graph is at the ends, between them are weights.
  start = rng.choice(
    (rng.randrange(size), rng.randrange(2000), size - rng.randrange(1, 50000))
  )
  end = min(size, start + rng.choice((1, 1, 4, 64)))
  noise = rng.randbytes(end - start)
  return rng.choice(
    (
      content[:start] + noise + content[end:],
      content[:start] + noise + content[end:],
      content[:start] + bytes(end - start) + content[end:],
      content[:start] + content[end:],
      content[:start],
    )
  )


def _graph(*nodes):
  """Returns the bytes of a GraphDef with nodes (name, operation, inputs)."""
  graph_def = tf.GraphDef()
  for name, operation, inputs in nodes:
    graph_def.node.add(name=name, op=operation, input=inputs)
  return graph_def.SerializeToString()


def _other_network():
  """Returns a frozen graph of two convolutions."""
  with tf.Graph().as_default() as graph:
    net = tf.placeholder(tf.float32, [1, 32, 32, 3])
    for name, channels in ('first', 3), ('second', 8):
      kernel = tf.constant(np.ones([5, 5, channels, 8], np.float32), name=name)
      net = tf.nn.conv2d(net, kernel, 1, 'SAME', name=f'{name}_convolution')
    return graph.as_graph_def().SerializeToString()


def _saved_model():
  saved_model = saved_model_pb2.SavedModel(saved_model_schema_version=1)
  saved_model.meta_graphs.add()
  return saved_model.SerializeToString()


def _of_shape(*sizes):
  graph_def = tf.GraphDef.FromString(_graph(('large', 'Const', [])))
  tensor = graph_def.node[0].attr['value'].tensor
  tensor.dtype = tf.float32.as_datatype_enum
  tensor.float_val.append(0.0)
  for size in sizes:
    tensor.tensor_shape.dim.add(size=size)
  return graph_def.SerializeToString()


def _trains():
  graph_def = tf.GraphDef.FromString(_graph(('norm', 'FusedBatchNorm', [])))
  graph_def.node[0].attr['is_training'].b = True
  return graph_def.SerializeToString()


class DamagedGraphsTest(parameterized.TestCase, tf.test.TestCase):
  def setUp(self):
    super().setUp()
    folder = self.enterContext(tempfile.TemporaryDirectory())
    self.path = os.path.join(folder, 'file')

  def read(self, reader, content):
    with open(self.path, 'wb') as file:
      file.write(content)
    return reader.read(self.path)

  @parameterized.parameters(frozen_graph, tflite)
  def test_a_mishap(self, reader):
    frozen = graphs.freeze(_NETWORK)
    content = (
      frozen.graph_def.SerializeToString()
      if reader is frozen_graph
      else graphs.convert(frozen)
    )
    whole = self.read(reader, content)
    rng = random.Random(0)
    refused = 0
    for number in range(_COUNT):
      try:
        imported = self.read(reader, _damage(content, rng))
      except InputError as error:
        refused += 1
        self.assertIn(self.path, str(error))
        continue
      except Exception as error:
        raise AssertionError(f'case {number}') from error
      # Weights have no checksum; whoever takes them sees to names and shapes.
      self.assertLessEqual(len(imported.values), len(whole.values))
    self.assertBetween(refused, _COUNT // 5, _COUNT)

  @parameterized.parameters(
    (b'', 'has no nodes'),
    (b'node { name: "a" }', 'is no frozen graph'),
    (_graph(), 'has no nodes'),
    (_graph(('a', 'VariableV2', [])), 'is not frozen: a is a variable'),
    (_graph(('a', 'Relu', ['b'])), 'is damaged: it has no b'),
    (_graph(('a', 'Placeholder', [])), 'has no convolutions'),
    (_graph(('a', 'Identity', ['a'])), 'has no convolutions'),
    (_saved_model(), 'SavedModel.* give .*/variables/variables'),
    (_of_shape(2**25, 2**25), 'is damaged: large: a shape of'),
    (_of_shape(-2, 3), 'is damaged: large: a shape of'),
    (_trains(), 'frozen as it trains: norm'),
    (
      _other_network(),
      'convolution 1, first_convolution, is 5x5, where mobilenet_v.* has 3x3',
    ),
  )
  def test_another_graph(self, content, message):
    with self.assertRaisesRegex(InputError, message):
      self.read(frozen_graph, content)

  @parameterized.parameters(b'', b'\0' * 100, b'\0\0\0\0TFL3' + b'\0' * 100)
  def test_another_file(self, content):
    with self.assertRaisesRegex(InputError, 'damaged'):
      self.read(tflite, content)

  def test_no_file(self):
    for reader in frozen_graph, tflite:
      with self.assertRaisesRegex(InputError, 'No such file'):
        reader.read(self.path)


if __name__ == '__main__':
  tf.test.main()
