"""OpenVINO's own format, in two files."""

from collections.abc import Sequence
import os
import tempfile

import numpy as np

from base import extras
from export import network as networks_lib
from export.network import Loaded
from export.network import Network

FILE = 'model.xml'  # and model.bin
PRECISIONS = ('float32', 'float16')  # int8 would need nncf.
MODULES = ('openvino',)

_LABELS = ['model_info', 'labels']  # as OpenVINO's Model API has them


def write(
  network: Network, folder: str, precision: str, calibration: np.ndarray | None
) -> None:
  """Writes folder/FILE, and its weights beside it."""
  del calibration
  openvino = extras.load('openvino')
  with tempfile.TemporaryDirectory() as temporary:
    network.save(temporary)
    # openvino.convert_model does the same, and tells its makers.
    model = openvino.Core().read_model(temporary)
    if network.label_names:
      names = ' '.join(name.replace(' ', '_') for name in network.label_names)
      model.set_rt_info(names, _LABELS)
    openvino.save_model(
      model, os.path.join(folder, FILE), compress_to_fp16=precision == 'float16'
    )


def load(folder: str, outputs: Sequence[str]) -> Loaded:
  """See formats.load; it computes in float32, also where bfloat16 is faster."""
  model = extras.load('openvino').compile_model(
    os.path.join(folder, FILE), 'CPU', {'INFERENCE_PRECISION_HINT': 'f32'}
  )

  def run(pixels):
    found = model(pixels)
    return {name: found[name] for name in outputs}

  return Loaded(networks_lib.to_pixels, run)
