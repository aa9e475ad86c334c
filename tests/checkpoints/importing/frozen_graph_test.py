"""Frozen graphs: slim's, and those that tools have changed."""

import os
import tempfile

from absl.testing import parameterized
import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.core.protobuf import config_pb2
from tensorflow.python.grappler import tf_optimizer
from tensorflow.python.tools import optimize_for_inference_lib

from checkpoints.importing import frozen_graph
from specs import networks
from tests.helpers import golden_rule
from tests.helpers import graphs
from tests.helpers import networks as testing

_SMALLEST = 'mobilenet_v1_025'
_NAMES = (
  _SMALLEST,
  'mobilenet_v2_035',
  'mobilenet_v3_small_075',
  'deeplab_v3_mobilenet_v2_050',
  'ssdlite_mobilenet_v2_035',
)


def _optimise(frozen):
  """Returns a graph that TensorFlow's own optimiser has folded."""
  with tf.Graph().as_default() as graph:
    tf.import_graph_def(frozen.graph_def, name='')
    meta_graph = tf.train.export_meta_graph(graph=graph)
  fetched = meta_graph.collection_def['train_op'].node_list.value
  fetched.extend(frozen.outputs)
  return tf_optimizer.OptimizeGraph(config_pb2.ConfigProto(), meta_graph)


def _fold(frozen):
  """Returns a graph as optimize_for_inference leaves it."""
  return optimize_for_inference_lib.fold_batch_norms(
    tf.graph_util.remove_training_nodes(frozen.graph_def)
  )


def _rename(frozen):
  """Returns a graph whose constants have no names of slim's."""
  graph_def = tf.GraphDef.FromString(frozen.graph_def.SerializeToString())
  names = {
    node.name: f'constant_{number}'
    for number, node in enumerate(graph_def.node)
    if node.op == 'Const'
  }
  for node in graph_def.node:
    node.name = names.get(node.name, node.name)
    inputs = [names.get(name, name) for name in node.input]
    del node.input[:]
    node.input.extend(inputs)
  return graph_def


def _within(frozen, scope):
  """Returns a graph that is part of another, under a scope."""
  with tf.Graph().as_default() as graph:
    tf.import_graph_def(frozen.graph_def, name=scope)
    return graph.as_graph_def()


class FrozenGraphTest(parameterized.TestCase, tf.test.TestCase):
  def read(self, graph_def):
    folder = self.enterContext(tempfile.TemporaryDirectory())
    path = os.path.join(folder, 'frozen.pb')
    with open(path, 'wb') as file:
      file.write(graph_def.SerializeToString())
    return frozen_graph.read(path)

  def assert_as(self, frozen, imported):
    """Asserts that these are a network's variables, bit for bit."""
    self.assertEqual(set(frozen.values), set(imported.values))
    for name, value in frozen.values.items():
      self.assertAllEqual(value, imported.values[name])
    self.assertEmpty(imported.left_over)
    self.assertEqual({'image_size': graphs.SIZE}, imported.options)

  @parameterized.parameters(*_NAMES)
  def test_variables_as_they_are(self, name):
    frozen = graphs.freeze(name)
    imported = self.read(frozen.graph_def)
    self.assert_as(frozen, imported)
    self.assertEqual({each: each for each in frozen.values}, imported.sources)

  @parameterized.parameters(_rename, lambda frozen: _within(frozen, 'module'))
  def test_other_names(self, change):
    frozen = graphs.freeze(_SMALLEST)
    self.assert_as(frozen, self.read(change(frozen)))

  @parameterized.product(
    change=(_optimise, _fold), name=(_SMALLEST, 'deeplab_v3_mobilenet_v2_050')
  )
  def test_folded_batch_norm(self, change, name):
    frozen = graphs.freeze(name)
    graph_def = change(frozen)
    kinds = {node.op for node in graph_def.node}
    self.assertNotIn('FusedBatchNormV3', kinds)
    imported = self.read(graph_def)
    images = golden_rule.images(2, graphs.SIZE, graphs.SIZE)
    (expected,) = graphs.run(frozen.graph_def, frozen.outputs, images)
    self.assertGreater(np.ptp(expected), 0.1)
    for implementation in networks.IMPLEMENTATIONS:
      actual = graphs.predict(name, imported, images, implementation)
      self.assertLess(testing.deviation(actual, expected), 1e-4)
    variances = np.concatenate(
      [
        value
        for name, value in imported.values.items()
        if name.endswith('moving_variance')
      ]
    )
    self.assertEqual(0, np.ptp(variances))  # unfolding.is_folded wants it.


if __name__ == '__main__':
  tf.test.main()
