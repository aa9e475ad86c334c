"""frozen_graph.pb: a graph of TensorFlow 1 without variables, as slim froze it.

Pixels come in at `input:0`, in [-1, 1]; the outputs' names are slim's own.
"""

from collections.abc import Sequence
import os

import numpy as np
import tensorflow as tf

from base import files
from export import graphs
from export.network import Loaded
from export.network import Network

FILE = 'frozen_graph.pb'
PRECISIONS = ('float32',)
MODULES = ()


def write(
  network: Network, folder: str, precision: str, calibration: np.ndarray | None
) -> None:
  """Writes folder/FILE."""
  del precision, calibration
  built = graphs.build(network, network.exported.published_images)
  graph_def = built.graph.as_graph_def()
  files.write_bytes(os.path.join(folder, FILE), graph_def.SerializeToString())


def load(folder: str, outputs: Sequence[str]) -> Loaded:
  """See formats.load."""
  graph_def = tf.compat.v1.GraphDef()
  path = os.path.join(folder, FILE)
  with open(path, 'rb') as file:
    graph_def.ParseFromString(file.read())
  graphs.check_operations(graph_def, path)
  function = tf.compat.v1.wrap_function(
    lambda: tf.import_graph_def(graph_def, name=''), []
  ).prune(f'{graphs.SIGNED}:0', {name: f'{name}:0' for name in outputs})

  def run(images):
    return {name: value.numpy() for name, value in function(images).items()}

  return Loaded(tf.constant, run)
