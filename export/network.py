"""A network as files have it: frozen, with what stands around it."""

from collections.abc import Callable
from typing import Any
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from base.errors import InputError
from datasets import preparation
from datasets import preprocessing
from datasets.input_pipeline import InputOptions
from tasks.task import Exported

INPUT = 'images'
# What converters and their runtimes take pixels as: float32, 0 .. 255.
_HALF = 127.5


class Network(NamedTuple):
  """What is written, in any format; all functions are for graphs."""

  forward: Callable[[tf.Tensor], Any]  # images in [-1, 1] -> outputs
  exported: Exported
  input: InputOptions
  label_names: tuple[str, ...] | None
  variable_names: tuple[str, ...]
  batch_size: int | None = None  # None: any

  def of_signed(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
    """Returns {name: tensor} of images in [-1, 1], as networks take them."""
    if self.input.use_grayscale:
      images = preprocessing.to_grayscale(images)
    return self.exported.predict(self.forward(images))

  def of_pixels(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
    """Returns the same of pixels, float32 [batch, size, size, 3], 0 .. 255."""
    return self.of_signed(images / _HALF - 1.0)

  def for_calibration(self) -> 'Network':
    """Returns what TensorFlow Lite can calibrate, which has no loops.

    Where that is another network, it takes one image at a time.
    """
    lite = self.exported.predict_lite
    if not lite:
      return self
    exported = self.exported._replace(predict=lite)
    return self._replace(exported=exported, batch_size=1)

  def fit(self, images: tf.Tensor) -> tf.Tensor:
    """Returns what of_signed takes of uint8 [batch, height, width, 3]."""
    return preparation.fit_batch(
      images, self.input.image_size, self.input.preprocessing_name
    )

  def refuse_loops(self, precision: str, others: str) -> None:
    """Raises InputError if the network has loops, as boxes of detectors do.

    precision: the format's, which cannot be made of such; others: what can.
    """
    graph = self.make_function().get_concrete_function().graph
    if any(one.type.endswith('While') for one in graph.get_operations()):
      raise InputError(
        f'{precision} cannot be made of detectors, whose boxes come of loops; '
        f'take {others}'
      )

  def make_function(self) -> Callable[[tf.Tensor], dict[str, tf.Tensor]]:
    """Returns of_pixels as a tf.function."""
    size = self.input.image_size
    return tf.function(
      self.of_pixels,
      input_signature=[
        tf.TensorSpec([self.batch_size, size, size, 3], name=INPUT)
      ],
      autograph=False,
    )

  def save(self, folder: str) -> None:
    """Writes make_function's function as a SavedModel, for converters."""
    module = tf.Module()
    module.function = self.make_function()
    tf.saved_model.save(module, folder, signatures=module.function)


class Loaded(NamedTuple):
  """A file in its own runtime."""

  # Images in [-1, 1] -> what run takes.
  prepare: Callable[[Any], Any]
  run: Callable[[Any], dict[str, np.ndarray]]
  batch_size: int | None = None  # which the file takes; None: any

  def __call__(self, images: Any) -> dict[str, np.ndarray]:
    """Returns {name: array} of float32 [batch, size, size, 3] in [-1, 1]."""
    return self.run(self.prepare(images))


def to_pixels(images: Any) -> np.ndarray:
  """Returns images in [-1, 1] as float32 pixels, 0 .. 255, not rounded."""
  return np.float32((np.asarray(images) + 1.0) * _HALF)
