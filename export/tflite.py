"""TensorFlow Lite, which LiteRT runs."""

from collections.abc import Sequence
import os
import tempfile
import zipfile

import numpy as np
import tensorflow as tf

from base import extras
from base import files
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
    network = network.for_calibration()
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


def _quantize(converter, calibration):
  """Has the converter make int8 of all, with uint8 pixels as input."""
  pixels = networks_lib.to_pixels(calibration)
  # All values a pixel can have are within the range: the scale is 1.
  pixels[0, 0, :2] = [[0.0], [255.0]]
  converter.representative_dataset = lambda: (
    {networks_lib.INPUT: image[np.newaxis]} for image in pixels
  )
  converter.allow_custom_ops = True  # the runtime's own, of detections
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
  runner = _runner(folder, device.num_cores())
  details = runner.get_input_details()[networks_lib.INPUT]
  dtype, batch_size = details['dtype'], details['shape_signature'][0]
  if batch_size == 1:  # On more threads, detections lack the last class.
    runner = _runner(folder, 1)

  def prepare(images):
    pixels = networks_lib.to_pixels(images)
    return np.rint(pixels).astype(dtype) if dtype == np.uint8 else pixels

  def run(pixels):
    return runner(**{networks_lib.INPUT: pixels})

  if batch_size == 1:
    return Loaded(prepare, _one_by_one(run), 1)
  return Loaded(prepare, run)


def _runner(folder, num_threads):
  """Returns the function of a file's signature."""
  litert = extras.load('ai_edge_litert.interpreter')
  interpreter = litert.Interpreter(
    os.path.join(folder, FILE), num_threads=num_threads
  )
  interpreter.allocate_tensors()  # Tells here, not later, what runs it.
  return interpreter.get_signature_runner()


def _one_by_one(run):
  """Returns a function of batches that runs a file that takes one image."""

  def run_all(pixels):
    found = [run(pixels[number : number + 1]) for number in range(len(pixels))]
    return {
      name: np.concatenate([one[name] for one in found]) for name in found[0]
    }

  return run_all
