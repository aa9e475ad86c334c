"""ONNX, which ONNX Runtime runs; made by tf2onnx."""

from collections.abc import Sequence
import json
import os
import tempfile

import numpy as np

from base import extras
from export import network as networks_lib
from export.network import Loaded
from export.network import Network

FILE = 'model.onnx'
PRECISIONS = ('float32', 'float16', 'int8')
MODULES = ('onnx', 'onnxruntime', 'tf2onnx')

_OPSET = 18
_LABELS = 'labels'  # in metadata_props: JSON


def write(
  network: Network, folder: str, precision: str, calibration: np.ndarray | None
) -> None:
  """Writes folder/FILE; calibration is of signed images, for int8."""
  onnx, tf2onnx = extras.load('onnx'), extras.load('tf2onnx')
  if precision == 'float16':
    # Its converter leaves float32 values to loops that it made float16.
    network.refuse_loops(
      '--format=onnx --precision=float16',
      '--precision=float32, or --format=tflite or openvino',
    )
  function = network.make_function()
  model, _ = tf2onnx.convert.from_function(
    function, input_signature=function.input_signature, opset=_OPSET
  )
  if precision == 'float16':
    model = extras.load(
      'onnxruntime.transformers.float16'
    ).convert_float_to_float16(model, keep_io_types=True)
  if precision == 'int8':
    model = _quantized(model, calibration)
  if network.label_names:
    names = json.dumps(network.label_names)
    onnx.helper.set_model_props(model, {_LABELS: names})
  onnx.save(model, os.path.join(folder, FILE))


def _quantized(model, calibration):
  """Returns the model with int8 weights and activations, in QDQ form."""
  onnx = extras.load('onnx')
  quantization = extras.load('onnxruntime.quantization')
  pixels = iter(networks_lib.to_pixels(calibration))

  class Reader(quantization.CalibrationDataReader):
    """Gives the images one by one, then None."""

    def get_next(self):
      image = next(pixels, None)
      return image if image is None else {networks_lib.INPUT: image[np.newaxis]}

  with tempfile.TemporaryDirectory() as temporary:
    paths = [os.path.join(temporary, name) for name in ('whole', 'prepared')]
    onnx.save(model, paths[0])
    extras.load('onnxruntime.quantization.shape_inference').quant_pre_process(
      *paths, skip_symbolic_shape=True
    )
    quantization.quantize_static(paths[1], paths[0], Reader(), per_channel=True)
    return onnx.load(paths[0])


def load(folder: str, outputs: Sequence[str]) -> Loaded:
  """See formats.load."""
  session = extras.load('onnxruntime').InferenceSession(
    os.path.join(folder, FILE), providers=['CPUExecutionProvider']
  )

  def run(pixels):
    found = session.run(outputs, {networks_lib.INPUT: pixels})
    return dict(zip(outputs, found))

  return Loaded(networks_lib.to_pixels, run)
