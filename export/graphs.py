"""A network as a graph of TensorFlow 1, its tensors named as slim's were."""

import re
from typing import NamedTuple

import tensorflow as tf
from tensorflow.python.framework import op_def_registry

from base.errors import InputError
from export.network import Network

SIGNED = 'input'  # float32 in [-1, 1], as slim's export_inference_graph had it

# Beside what TensorFlow itself calls stateful: what may reach files or Python.
_OUTSIDE = re.compile(
  r'File|Dataset|Iterator|Reader|PyFunc|ImmutableConst|Debug'
)
_HARMLESS = ('Assert',)  # stateful, but no more than that


class Built(NamedTuple):
  """A graph, which has no variables, and what matters of it."""

  graph: tf.Graph
  images: tf.Tensor | None  # uint8 [batch, height, width, 3]; None: not there
  signed: tf.Tensor  # float32 [batch, image_size, image_size, 3]
  outputs: dict[str, tf.Tensor]


def build(network: Network, images_name: str | None) -> Built:
  """Returns the network's graph.

  images_name: what it calls uint8 images of any size, which it resizes where
    `signed` is not fed; None: there are none.
  """
  shape = [None, *[network.input.image_size] * 2, 3]
  v1 = tf.compat.v1
  with tf.Graph().as_default() as graph:
    images = None
    if images_name:
      images = v1.placeholder(tf.uint8, [None, None, None, 3], images_name)
      signed = v1.placeholder_with_default(network.fit(images), shape, SIGNED)
    else:
      signed = v1.placeholder(tf.float32, shape, SIGNED)
    outputs = network.of_signed(signed)
    published = network.exported.publish(outputs, network.variable_names)
    for name, tensor in {**outputs, **published}.items():
      tf.identity(tensor, name)
  return Built(graph, images, signed, outputs)


def check_operations(graph_def: tf.compat.v1.GraphDef, path: str) -> None:
  """Raises InputError if a graph does more than compute.

  A graph is a program, and may come from anywhere: one that could touch a file
  or call Python is not run.
  """
  nodes = [*graph_def.node]
  for function in graph_def.library.function:
    nodes += function.node_def
  functions = {one.signature.name for one in graph_def.library.function}
  for operation in sorted({node.op for node in nodes} - functions):
    known = op_def_registry.get(operation)
    if operation not in _HARMLESS and (
      known is None or known.is_stateful or _OUTSIDE.search(operation)
    ):
      raise InputError(
        f'{path} does more than compute, by the operation {operation}, and is '
        'not run; export it again'
      )
