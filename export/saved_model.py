"""TensorFlow's SavedModel; its graph has slim's names, too.

Signatures: serving_default takes uint8 images of any size; `slim` takes what
slim's networks take; `labels` returns the names of the classes, which lie in
assets/ as well.
"""

from collections.abc import Callable
from collections.abc import Sequence
import os
import tempfile

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from datasets import labels
from export import graphs
from export import network as networks_lib
from export.network import Loaded
from export.network import Network

FILE = 'saved_model.pb'
PRECISIONS = ('float32',)
MODULES = ()

_SLIM = 'slim'
_LABELS = 'labels'


def write(
  network: Network, folder: str, precision: str, calibration: np.ndarray | None
) -> None:
  """Writes the SavedModel into the folder, which is empty."""
  del precision, calibration
  built = graphs.build(
    network, network.exported.published_images or networks_lib.INPUT
  )
  v1 = tf.compat.v1
  os.rmdir(folder)  # The builder makes it.
  builder = v1.saved_model.Builder(folder)
  with (
    built.graph.as_default(),
    v1.Session() as session,
    tempfile.TemporaryDirectory() as temporary,
  ):
    signatures = {
      'serving_default': _signature(
        {networks_lib.INPUT: built.images}, built.outputs
      ),
      _SLIM: _signature({graphs.SIGNED: built.signed}, built.outputs),
    }
    if network.label_names:
      names = tf.constant(list(network.label_names), name=_LABELS)
      signatures[_LABELS] = _signature({}, {_LABELS: names})
      labels.write_folder(temporary, network.label_names)
      path = os.path.join(temporary, labels.FILE_NAME)
      v1.add_to_collection(v1.GraphKeys.ASSET_FILEPATHS, tf.constant(path))
    builder.add_meta_graph_and_variables(
      session,
      [v1.saved_model.SERVING],
      signatures,
      v1.get_collection(v1.GraphKeys.ASSET_FILEPATHS),
    )
    builder.save()


def _signature(inputs, outputs):
  v1 = tf.compat.v1.saved_model
  inputs, outputs = (
    {name: v1.build_tensor_info(tensor) for name, tensor in tensors.items()}
    for tensors in (inputs, outputs)
  )
  return v1.build_signature_def(inputs, outputs, v1.PREDICT_METHOD_NAME)


def load(folder: str, outputs: Sequence[str]) -> Loaded:
  """See formats.load."""
  del outputs
  signature = _signatures(folder)[_SLIM]

  def run(images):
    found = signature(**{graphs.SIGNED: images})
    return {name: value.numpy() for name, value in found.items()}

  return Loaded(tf.constant, run)


def _signatures(folder):
  path = os.path.join(folder, FILE)
  with open(path, 'rb') as file:
    stored = saved_model_pb2.SavedModel.FromString(file.read())
  for meta_graph in stored.meta_graphs:
    graphs.check_operations(meta_graph.graph_def, path)
  return tf.saved_model.load(folder).signatures


def load_for_files(folder: str) -> Callable:
  """Returns run(uint8 [batch, height, width, 3]) -> {name: array}."""
  signature = _signatures(folder)['serving_default']

  def run(images):
    found = signature(**{networks_lib.INPUT: tf.constant(images)})
    return {name: value.numpy() for name, value in found.items()}

  return run
