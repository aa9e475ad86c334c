"""What a file of weights is, by what is in it, and not by its name."""

from collections.abc import Callable
import glob
import os
import re
import zipfile

from base.errors import InputError
from checkpoints import foreign
from checkpoints import names
from checkpoints import reader
from checkpoints.importing import frozen_graph
from checkpoints.importing import keras
from checkpoints.importing import keras_files
from checkpoints.importing import slim
from checkpoints.importing import tflite
from checkpoints.importing import torch
from checkpoints.importing import torch_files
from checkpoints.importing.imported import Imported

_HDF5 = b'\x89HDF\r\n\x1a\n'
_ZIP = b'PK'
# The end of a file of TensorFlow's first format of checkpoints.
_TABLE_END = bytes.fromhex('57fb808b247547db')
# Of the first node of a graph: a field of bytes.
_GRAPH = b'\n'
TAKEN = (
  "slim's .ckpt and archives with one, Keras' .h5, .weights.h5 and .keras, "
  "PyTorch's .safetensors and .pth, frozen graphs (.pb) and .tflite"
)


def read(path: str, moving_averages: bool | None = None) -> Imported:
  """Reads weights in whatever format they are.

  Args:
    path: of a file, a folder or a checkpoint's prefix.
    moving_averages: see slim.read; None in other formats.

  Raises:
    InputError: there is nothing, the format is unknown, or what it holds is
      damaged or not taken.
  """
  reader = _find_reader(path)
  if reader is slim.read:
    return slim.read(path, moving_averages)
  if moving_averages:
    raise InputError(
      f'{path} has no moving averages: leave out --use_moving_averages'
    )
  return reader(path)


def _find_reader(path) -> Callable[..., Imported]:
  prefix = re.sub(r'\.(index|meta|data-\d{5}-of-\d{5})$', '', path)
  if os.path.isdir(path) or os.path.exists(f'{prefix}.index'):
    _check_folder(path)
    return slim.read
  try:
    begin, end = _ends(path)
  except OSError as error:
    raise InputError(f'{path}: {error.strerror}') from error
  if begin.startswith(_HDF5):
    return keras.read
  is_zip = zipfile.is_zipfile(path)  # a whole one
  if is_zip and keras_files.is_zip_of_keras(path):
    return keras.read
  if slim.is_archive(path) or end == _TABLE_END:
    return slim.read
  if torch_files.is_safetensors(begin):
    return torch.read
  if torch_files.is_pth(begin) and (is_zip or not begin.startswith(_ZIP)):
    return torch.read
  if begin[4:8] == tflite.IDENTIFIER:
    return tflite.read
  if begin.startswith(_GRAPH) or path.endswith('.pb'):
    return frozen_graph.read
  if path.endswith('.onnx'):
    raise InputError(
      f'{path} is of ONNX, which is not read; there are {TAKEN}; give the '
      'weights that it was made of'
    )
  raise InputError(
    f'{path} is in no format that is known here, or damaged; there are {TAKEN}'
  )


def _check_folder(path):
  """Raises InputError if it is a folder of something else."""
  if not os.path.isdir(path) or glob.glob(
    os.path.join(glob.escape(path), '*.index')
  ):
    return
  saved_model = foreign.describe_saved_model(path)
  if saved_model:
    raise InputError(saved_model)
  if not reader.latest(path):
    there = foreign.weights_in(path)
    raise InputError(
      f'{path} has no checkpoint: name '
      + (names.several(there) if there else 'a file of weights')
    )


def _ends(path):
  """Returns the first and the last bytes of a file."""
  with open(path, 'rb') as file:
    begin = file.read(16)
    file.seek(max(0, os.path.getsize(path) - len(_TABLE_END)))
    return begin, file.read()
