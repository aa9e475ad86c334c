"""Frozen graphs: slim's, and those that tools have changed."""

import functools
import os
import tempfile

from absl.testing import parameterized
import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.core.protobuf import config_pb2
from tensorflow.python.grappler import tf_optimizer
from tensorflow.python.tools import optimize_for_inference_lib

from checkpoints import unfolding
from checkpoints.importing import frozen_graph
from checkpoints.importing.layers import BATCH_NORM
from nets import nets_factory
from specs import networks
from tests.helpers import golden_rule
from tests.helpers import graphs
from tests.helpers import networks as testing

_SMALLEST = 'mobilenet_v1_025'
_SEGMENTER = 'deeplab_v3_mobilenet_v2_050'
_NAMES = (
  _SMALLEST,
  'mobilenet_v2_035',
  'mobilenet_v3_small_075',
  _SEGMENTER,
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


def _fold_under_old_names(frozen):
  """Returns a graph whose kernels have names, as graph transforms leave it."""
  names = {
    f'{node.name}_weights': node.input[1].removesuffix('/read')
    for node in frozen.graph_def.node
    if node.op in ('Conv2D', 'DepthwiseConv2dNative')
  }
  return _renamed(_fold(frozen), names)


def _rename(frozen):
  """Returns a graph whose constants have no names of slim's."""
  names = {
    node.name: f'constant_{number}'
    for number, node in enumerate(frozen.graph_def.node)
    if node.op == 'Const'
  }
  return _renamed(frozen.graph_def, names)


def _renamed(graph_def, names):
  graph_def = tf.GraphDef.FromString(graph_def.SerializeToString())
  there = {node.name for node in graph_def.node}
  names = {old: new for old, new in names.items() if old in there}
  kept = [node for node in graph_def.node if node.name not in names.values()]
  for node in kept:
    node.name = names.get(node.name, node.name)
    inputs = [names.get(name, name) for name in node.input]
    del node.input[:]
    node.input.extend(inputs)
  return tf.GraphDef(node=kept)


def _under(scope, frozen):
  """Returns a graph that is part of another, under a scope."""
  with tf.Graph().as_default() as graph:
    tf.import_graph_def(frozen.graph_def, name=scope)
    return graph.as_graph_def()


def _fake_quantise(frozen):
  """Returns a graph as training for quantisation has it."""
  graph_def = tf.GraphDef.FromString(frozen.graph_def.SerializeToString())
  graph_def.node.add(name='min', op='Const').attr['value'].tensor.CopyFrom(
    tf.make_tensor_proto(-1.0)
  )
  for node in list(graph_def.node):
    if node.op in ('Conv2D', 'DepthwiseConv2dNative'):
      graph_def.node.add(
        name=f'{node.name}/quant',
        op='FakeQuantWithMinMaxVars',
        input=[node.input[1], 'min', 'min'],
      )
      node.input[1] = f'{node.name}/quant'
  return graph_def


def _segment(network):
  """Builds what DeepLab's published graphs have around the network."""
  pixels = tf.placeholder(tf.uint8, [1, None, None, 3], 'ImageTensor')
  images = tf.cast(pixels, tf.float32) * (2.0 / 255) - 1.0
  (logits,) = network(tf.image.resize(images, [graphs.SIZE, graphs.SIZE]))
  enlarged = tf.image.resize_bilinear(logits, [512, 512], align_corners=True)
  tf.argmax(enlarged, 3, name='SemanticPredictions')


def _detect(network):
  """Builds what published detectors have around the network."""
  pixels = tf.placeholder(tf.uint8, [1, None, None, 3], 'image_tensor')
  images = tf.cast(pixels, tf.float32) * (2.0 / 255) - 1.0
  boxes, scores = network(tf.image.resize(images, [graphs.SIZE, graphs.SIZE]))
  anchors = np.random.RandomState(0).uniform(size=boxes.shape[1:])
  boxes = boxes[0] * [0.1, 0.1, 0.2, 0.2] + anchors.astype(np.float32)
  chosen = tf.image.non_max_suppression(boxes, scores[0, :, 1], 10)
  tf.gather(boxes, chosen, name='detection_boxes')


def _loop(graph_def):
  """Adds a loop of TensorFlow 1, which is a circle, and one that is damage."""
  graph_def.node.add(name='enter', op='Enter', input=[graphs.INPUT])
  graph_def.node.add(name='merge', op='Merge', input=['enter', 'next:0'])
  graph_def.node.add(name='next', op='NextIteration', input=['merge'])
  graph_def.node.add(name='exit', op='Exit', input=['merge:1', '^next'])
  graph_def.node.add(name='this', op='Identity', input=['that'])
  graph_def.node.add(name='that', op='Identity', input=['this'])
  graph_def.node.add(name='other', op='Relu', input=['this'])
  return graph_def


class FrozenGraphTest(parameterized.TestCase, tf.test.TestCase):
  def read(self, graph_def):
    folder = self.enterContext(tempfile.TemporaryDirectory())
    path = os.path.join(folder, 'frozen.pb')
    with open(path, 'wb') as file:
      file.write(graph_def.SerializeToString())
    return frozen_graph.read(path)

  def assert_as(self, frozen, imported, **options):
    """Asserts that these are a network's variables, bit for bit."""
    self.assertEqual(set(frozen.values), set(imported.values))
    for name, value in frozen.values.items():
      self.assertAllEqual(value, imported.values[name])
    self.assertEmpty(imported.left_over)
    self.assertEqual(options, imported.options)

  @parameterized.parameters(*_NAMES)
  def test_variables_as_they_are(self, name):
    frozen = graphs.freeze(name)
    imported = self.read(frozen.graph_def)
    self.assert_as(frozen, imported, image_size=graphs.SIZE)
    self.assertEqual({each: each for each in frozen.values}, imported.sources)

  @parameterized.parameters(
    _rename, _fake_quantise, functools.partial(_under, 'module')
  )
  def test_the_same_by_another_graph(self, change):
    frozen = graphs.freeze(_SMALLEST)
    self.assert_as(frozen, self.read(change(frozen)), image_size=graphs.SIZE)

  def test_frozen_by_tensorflow(self):
    frozen = graphs.freeze(_SMALLEST)
    with tf.Graph().as_default() as graph, tf.Session() as session:
      images = tf.placeholder(tf.float32, [None, graphs.SIZE, graphs.SIZE, 3])
      logits, _ = nets_factory.get_network_fn(_SMALLEST, graphs.NUM_CLASSES)(
        images
      )
      variables = tf.global_variables()
      session.run(
        [variable.initializer for variable in variables],
        {
          variable.initializer.inputs[1]: frozen.values[variable.op.name]
          for variable in variables
        },
      )
      graph_def = tf.graph_util.convert_variables_to_constants(
        session, graph.as_graph_def(), [logits.op.name]
      )
    self.assert_as(frozen, self.read(graph_def), image_size=graphs.SIZE)

  def test_dense_logits(self):
    frozen = graphs.with_dense_logits(graphs.freeze(_SMALLEST))
    self.assert_as(frozen, self.read(frozen.graph_def), image_size=graphs.SIZE)

  def test_what_stands_around_a_network(self):
    for name, build in (_NAMES[-2], _segment), (_NAMES[-1], _detect):
      frozen = graphs.freeze(name)
      self.assert_as(frozen, self.read(graphs.within(frozen, build)))

  def test_a_loop(self):
    frozen = graphs.freeze(_SMALLEST)
    self.assert_as(
      frozen, self.read(_loop(_rename(frozen))), image_size=graphs.SIZE
    )

  def test_batch_norm_of_two_convolutions(self):
    """As NASNet has it."""
    values = {
      name: golden_rule.variable(name, shape)
      for name, shape in {
        'a/weights': [1, 1, 3, 8],
        'b/weights': [1, 1, 3, 8],
        **{f'bn/{leaf}': [16] for leaf in BATCH_NORM},
      }.items()
    }
    with tf.Graph().as_default() as graph:
      images = tf.placeholder(tf.float32, [1, 8, 8, 3])
      a, b, *norm = (
        tf.constant(value, name=name) for name, value in values.items()
      )
      net = tf.concat(
        [tf.nn.conv2d(images, kernel, padding='SAME') for kernel in (a, b)], 3
      )
      tf.nn.fused_batch_norm(net, *norm, is_training=False)
    imported = self.read(graph.as_graph_def())
    self.assertEqual(set(values), set(imported.values))
    for name, value in values.items():
      self.assertAllEqual(value, imported.values[name])

  def test_batch_norm_of_single_operations(self):
    frozen = graphs.freeze(_SMALLEST, sync_batch_norm=True)
    kinds = {node.op for node in frozen.graph_def.node}
    self.assertContainsSubset({'Rsqrt', 'Sub'}, kinds)
    self.assert_as(frozen, self.read(frozen.graph_def), image_size=graphs.SIZE)

  def test_explicit_padding(self):
    frozen = graphs.freeze(_SMALLEST, use_explicit_padding=True)
    self.assert_as(
      frozen,
      self.read(frozen.graph_def),
      image_size=graphs.SIZE,
      use_explicit_padding=True,
    )

  def test_pyramid(self):
    frozen = graphs.freeze(_SEGMENTER, output_stride=8, atrous_rates=(3, 6))
    self.assert_as(
      frozen,
      self.read(frozen.graph_def),
      image_size=graphs.SIZE,
      output_stride=8,
      atrous_rates=[3, 6],
    )

  @parameterized.parameters(
    (_optimise, _SEGMENTER, networks.IMPLEMENTATIONS),
    (_fold, _SMALLEST, ('slim',)),
    (_fold_under_old_names, _SMALLEST, ('fast',)),
  )
  def test_folded_batch_norm(self, change, name, implementations):
    frozen = graphs.freeze(name)
    graph_def = change(frozen)
    self.assertNotIn('FusedBatchNormV3', {node.op for node in graph_def.node})
    imported = self.read(graph_def)
    self.assertEmpty(imported.left_over)
    images = golden_rule.images(2, graphs.SIZE, graphs.SIZE)
    (expected,) = graphs.run(frozen.graph_def, frozen.outputs, images)
    self.assertGreater(np.ptp(expected), 0.1)
    for implementation in implementations:
      model, actual = graphs.predict(name, imported, images, implementation)
      self.assertLess(testing.deviation(actual, expected), 1e-4)
    # The optimiser leaves some of the segmenter's as they were.
    self.assertEqual(name == _SMALLEST, unfolding.is_folded(model))


if __name__ == '__main__':
  tf.test.main()
