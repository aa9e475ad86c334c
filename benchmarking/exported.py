"""One network at random weights, as a checkpoint and as files for runtimes."""

import os

import tensorflow as tf

from base.errors import InputError
from benchmarking import contestant
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


class Maker:
  """Makes them in a folder: the checkpoint and its logits at once."""

  def __init__(self, network: str, image_size: int, folder: str):
    tf.random.set_seed(0)
    model = Model(network, num_classes(network), 'fast').build(image_size)
    contestant.randomize(model.variables_by_name)
    values = {name: of.numpy() for name, of in model.variables_by_name.items()}
    with quiet.silence():
      writer.write_values(values, os.path.join(folder, weights.CHECKPOINT))
    outputs_fn = inference.make_inference_fn(model, image_size)
    images = weights.images(weights.NUM_COMPARED, image_size)
    weights.write_expected(folder, outputs_fn(images).numpy())
    self._folder = folder
    self._network = Network(
      inference.frozen(model),
      classification_export.EXPORTED,
      InputOptions(1, image_size, 'lenet'),  # by which no image is prepared
      None,
      tuple(model.variables_by_name),
    )

  def make(self, name: str) -> str | None:
    """Makes folder/NAME, a format; returns what is missing, or None."""
    folder = os.path.join(self._folder, name)
    try:
      formats.find(name, 'float32')
      os.mkdir(folder)
      formats.write(name, self._network, folder, 'float32', None)
    except InputError as error:
      return str(error)
    return None
