"""TensorFlow Lite, which LiteRT runs."""

from collections.abc import Sequence
import os
import tempfile
import zipfile

import numpy as np
import tensorflow as tf

from base import extras
from base import files
from base.errors import InputError
from export import network as networks_lib
from export.network import Loaded
from export.network import Network
from runtime import device

FILE = 'model.tflite'
PRECISIONS = ('float32', 'float16', 'int8')
MODULES = ('ai_edge_litert',)

_LABELS = 'labels.txt'  # of LiteRT's metadata: a name on each line
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # Equal files have equal bytes.


def write(
  network: Network, folder: str, precision: str, calibration: np.ndarray | None
) -> None:
  """Writes folder/FILE; calibration is of signed images, for int8."""
  if precision == 'int8':
    _refuse_loops(network.make_function().get_concrete_function().graph)
  with tempfile.TemporaryDirectory() as temporary:
    network.save(temporary)
    converter = tf.lite.TFLiteConverter.from_saved_model(temporary)
    if precision != 'float32':
      converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if precision == 'float16':
      converter.target_spec.supported_types = [tf.float16]
    if precision == 'int8':
      _quantize(converter, calibration)
    content = converter.convert()
  path = os.path.join(folder, FILE)
  files.write_bytes(path, content)
  if network.label_names:
    _append_labels(path, network.label_names)


def _refuse_loops(graph):
  """Raises InputError where calibration would end the process."""
  if any(
    operation.type.endswith('While') for operation in graph.get_operations()
  ):
    raise InputError(
      '--format=tflite --precision=int8 cannot be made of a network with '
      'loops, as detectors have them; take float16'
    )


def _quantize(converter, calibration):
  """Has the converter make int8 of all, with uint8 pixels as input."""
  pixels = networks_lib.to_pixels(calibration)
  # All values a pixel can have are within the range: the scale is 1.
  pixels[0, 0, :2] = [[0.0], [255.0]]
  converter.representative_dataset = lambda: (
    {networks_lib.INPUT: image[np.newaxis]} for image in pixels
  )
  converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
  converter.inference_input_type = tf.uint8


def _append_labels(path, label_names):
  """Adds an associated file, as LiteRT's metadata has it: a ZIP at the end."""
  lines = ''.join(f'{name}\n' for name in label_names)
  with zipfile.ZipFile(path, 'a') as archive:
    archive.writestr(
      zipfile.ZipInfo(_LABELS, _EARLIEST), lines.encode(errors='replace')
    )


def load(folder: str, outputs: Sequence[str]) -> Loaded:
  """See formats.load."""
  del outputs
  litert = extras.load('ai_edge_litert.interpreter')
  interpreter = litert.Interpreter(
    os.path.join(folder, FILE), num_threads=device.num_cores()
  )
  interpreter.allocate_tensors()  # Tells here, not later, what runs it.
  runner = interpreter.get_signature_runner()
  dtype = runner.get_input_details()[networks_lib.INPUT]['dtype']

  def prepare(images):
    pixels = networks_lib.to_pixels(images)
    return np.rint(pixels).astype(dtype) if dtype == np.uint8 else pixels

  return Loaded(prepare, lambda pixels: runner(**{networks_lib.INPUT: pixels}))
