"""The formats by name, and what they have in common."""

from collections.abc import Sequence
import contextlib
import importlib.metadata
import os
import types

import numpy as np
import tensorflow as tf

from base import extras
from base.errors import InputError
from export import frozen_graph
from export import onnx
from export import openvino
from export import quiet
from export import saved_model
from export import tflite
from export.network import Loaded
from export.network import Network

# Each module has FILE, the name of what its runtime opens; PRECISIONS; MODULES,
# which it needs beside TensorFlow; write(network, folder, precision,
# calibration) and load(folder, outputs).
FORMATS = {
  'saved_model': saved_model,
  'tflite': tflite,
  'onnx': onnx,
  'openvino': openvino,
  'frozen_graph': frozen_graph,
}
PRECISIONS = tflite.PRECISIONS
# All that they write into a folder: FILE, and what lies beside it.
NAMES = (
  *(form.FILE for form in FORMATS.values()),
  *('assets', 'fingerprint.pb', 'variables'),  # of a SavedModel
  'model.bin',  # OpenVINO's
)

_WHERE = ('Exception from ', 'Check ')  # how OpenVINO's lines of code begin


def find(name: str, precision: str) -> types.ModuleType:
  """Returns a format's module.

  Raises:
    InputError: it has no such precision, or needs what is not installed.
  """
  form = FORMATS[name]
  if precision not in form.PRECISIONS:
    able = [name for name in FORMATS if precision in FORMATS[name].PRECISIONS]
    raise InputError(
      f'--format={name} has no {precision}, only '
      f'{", ".join(form.PRECISIONS)}; {precision} have {", ".join(able)}'
    )
  with quiet.silence():
    for module in form.MODULES:
      extras.load(module)
  return form


def write(
  name: str,
  network: Network,
  folder: str,
  precision: str,
  calibration: np.ndarray | None,
) -> None:
  """Writes a network into an empty folder.

  Args:
    name: of the format.
    network: Network.
    folder: where to.
    precision: one that the format has.
    calibration: float32 [batch, image_size, image_size, 3] in [-1, 1], on which
      int8 measures ranges; None for others.

  Raises:
    InputError: the converter gives up.
  """
  try:
    with quiet.silence():
      FORMATS[name].write(network, folder, precision, calibration)
  except (InputError, OSError, MemoryError):
    raise
  except Exception as error:  # Every converter has errors of its own.
    raise InputError(
      f'--format={name} --precision={precision} cannot be made of this '
      f'network: {_reason(error)}'
    ) from error


def _reason(error):
  """Returns the first line that says what is wrong; OpenVINO says where."""
  lines = [line for line in str(error).splitlines() if line.strip()]
  told = [line for line in lines if not line.startswith(_WHERE)]
  return (told or lines or [type(error).__name__])[0]


def versions(form: types.ModuleType) -> dict[str, str]:
  """Returns {package: version} of what made and ran a file."""
  packages = ['tensorflow', *(name.replace('_', '-') for name in form.MODULES)]
  return {name: importlib.metadata.version(name) for name in packages}


def load(folder: str, name: str, outputs: Sequence[str]) -> Loaded:
  """Returns an export in its own runtime; batches may differ in size.

  Args:
    folder: where it is.
    name: of its format.
    outputs: their names.

  Raises:
    InputError: its runtime is not installed, or cannot load it.
  """
  form = find(name, FORMATS[name].PRECISIONS[0])
  path = os.path.join(folder, form.FILE)
  with _errors_name(f'{path} cannot be loaded'), quiet.silence():
    loaded = form.load(folder, outputs)

  def run(images):
    with _errors_name(f'{path} does not run; export again'):
      return loaded.run(images)

  return loaded._replace(run=run)


@contextlib.contextmanager
def _errors_name(what):
  """Every runtime has errors of its own: they become InputErrors."""
  try:
    yield
  except (InputError, MemoryError, tf.errors.ResourceExhaustedError):
    raise
  except Exception as error:
    raise InputError(f'{what}: {_reason(error)}') from error


def size(folder: str) -> int:
  """Returns the bytes of all files of an export."""
  return sum(
    os.path.getsize(os.path.join(parent, file))
    for parent, _, names in os.walk(folder)
    for file in names
  )
