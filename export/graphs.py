"""A network as a graph of TensorFlow 1, its tensors named as slim's were."""

from typing import NamedTuple

import tensorflow as tf

from export import network as networks_lib
from export.network import Network

SIGNED = 'input'  # float32 in [-1, 1], as slim's export_inference_graph had it


class Built(NamedTuple):
  """A graph, which has no variables, and what matters of it."""

  graph: tf.Graph
  images: tf.Tensor | None  # uint8 [batch, height, width, 3]; None: not there
  signed: tf.Tensor  # float32 [batch, image_size, image_size, 3]
  outputs: dict[str, tf.Tensor]


def build(network: Network, takes_files: bool) -> Built:
  """Returns the network's graph.

  takes_files: whether it resizes uint8 images of any size, where `signed` is
    not fed.
  """
  shape = [None, *[network.input.image_size] * 2, 3]
  v1 = tf.compat.v1
  with tf.Graph().as_default() as graph:
    images = None
    if takes_files:
      images = v1.placeholder(
        tf.uint8, [None, None, None, 3], networks_lib.INPUT
      )
      signed = v1.placeholder_with_default(network.fit(images), shape, SIGNED)
    else:
      signed = v1.placeholder(tf.float32, shape, SIGNED)
    outputs = network.of_signed(signed)
    published = network.exported.publish(outputs, network.variable_names)
    for name, tensor in {**outputs, **published}.items():
      tf.identity(tensor, name)
  return Built(graph, images, signed, outputs)
