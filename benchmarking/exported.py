"""One network at random weights, as a checkpoint and as files for runtimes."""

import os

import numpy as np
import tensorflow as tf

from base.errors import InputError
from benchmarking import contestant
from benchmarking import torch_peer
from benchmarking import weights
from benchmarking.configurations import num_classes
from checkpoints import writer
from datasets.input_pipeline import InputOptions
from export import formats
from export import quiet
from export.network import Network
from runtime import inference
from runtime.model import Model
from tasks import classification_export

_EPSILON_OF_TORCH = 1e-5


def _spread_kernels(variables_by_name):
  """Gives kernels values that keep images apart up to the logits.

  Initial ones are too small for batch norm's averages, which are of no images:
  all logits would be alike, and a wrong input would not be seen.
  """
  rng = np.random.default_rng(1)
  for name, variable in variables_by_name.items():
    leaf, shape = name.split('/')[-1], variable.shape
    if leaf.endswith('weights'):
      inputs = shape[:2] if leaf.startswith('depthwise') else shape[:3]
      variable.assign(rng.normal(0.0, (2 / np.prod(inputs)) ** 0.5, shape))


def _write_logits(model, image_size, path):
  images = weights.images(weights.NUM_COMPARED, image_size)
  np.save(path, inference.make_inference_fn(model, image_size)(images).numpy())


class Maker:
  """Makes them in a folder: the checkpoint and its logits at once."""

  def __init__(self, network: str, image_size: int, folder: str):
    tf.random.set_seed(0)
    classes = num_classes(network)
    model = Model(network, classes, 'fast').build(image_size)
    contestant.randomize(model.variables_by_name)
    _spread_kernels(model.variables_by_name)
    values = {name: of.numpy() for name, of in model.variables_by_name.items()}
    path = os.path.join(folder, weights.CHECKPOINT)
    with quiet.silence():
      writer.write_values(values, path)
    _write_logits(model, image_size, os.path.join(folder, weights.EXPECTED))
    if network in torch_peer.NETWORKS:
      weights.write_values(folder, values)
      padded = Model(
        network,
        classes,
        'fast',
        use_explicit_padding=True,
        batch_norm_epsilon=_EPSILON_OF_TORCH,
      ).build(image_size)
      padded.restore(path)
      _write_logits(
        padded, image_size, os.path.join(folder, weights.EXPECTED_OF_TORCH)
      )
    self._folder = folder
    self._network = Network(
      inference.frozen(model),
      classification_export.EXPORTED,
      InputOptions(1, image_size, 'lenet'),  # by which no image is prepared
      None,
      tuple(model.variables_by_name),
    )

  def make(self, name: str | None) -> str | None:
    """Makes folder/NAME, a format; returns why it cannot, or None.

    name: None for PyTorch, whose weights are there where it can run them.
    """
    if name is None:
      there = os.path.join(self._folder, weights.EXPECTED_OF_TORCH)
      return None if os.path.exists(there) else 'it takes MobileNetV2 alone'
    folder = os.path.join(self._folder, name)
    try:
      formats.find(name, 'float32')
      os.mkdir(folder)
      formats.write(name, self._network, folder, 'float32', None)
    except InputError as error:
      return str(error)
    return None
