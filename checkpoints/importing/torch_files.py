"""Reads PyTorch's state dicts: .safetensors, and .pth where torch is there."""

import pickle
import re
from typing import Any
import warnings

import ml_dtypes as ml_dtypes  # NumPy knows bfloat16 when this is imported.
import numpy as np

from base import extras
from base.errors import InputError

_FLOATS = ('float16', 'bfloat16', 'float32', 'float64')
# Where a training keeps its weights among other things; averages first, as
# timm takes them.
_PLACES = ('state_dict_ema', 'model_ema', 'state_dict', 'model')
_HARMLESS = ('num_batches_tracked', 'n_averaged')  # counters, of no weight
_WRAPPERS = ('module', '_orig_mod', 'model', 'backbone')


def read_state_dict(path: str) -> dict[str, np.ndarray | None]:
  """Reads a state dict: name, without what wraps all names -> float32 array.

  Counters are None.

  Raises:
    InputError: no such file, damage, or something else than floats in it.
  """
  try:
    with open(path, 'rb') as file:
      begin = file.read(16)
  except OSError as error:
    raise InputError(f'{path} cannot be read: {error.strerror}') from error
  if is_safetensors(begin):
    tensors = _read_safetensors(path)
  elif is_pth(begin):
    tensors = _read_pth(path)
  else:
    raise InputError(f'{path} is neither a .safetensors nor a .pth file')
  return _unwrapped(
    {name: _as_float32(path, name, value) for name, value in tensors.items()}
  )


def is_safetensors(begin: bytes) -> bool:
  """Whether a .safetensors file may begin so: the length of JSON, and JSON."""
  return begin[8:9] == b'{'


def is_pth(begin: bytes) -> bool:
  """Whether a .pth file may begin so: a zip archive; until PyTorch 1.6 none."""
  return begin.startswith((b'PK\3\4', b'\x80'))


def is_harmless(name: str) -> bool:
  """Whether evaluation can do without what goes by this name."""
  return name.rpartition('.')[2] in _HARMLESS


def _read_safetensors(path):
  safetensors = extras.load('safetensors')
  try:
    return extras.load('safetensors.numpy').load_file(path)
  except (
    safetensors.SafetensorError,
    OSError,
    TypeError,
    AttributeError,
  ) as error:
    raise InputError(
      f'{path} is not a .safetensors file, or is damaged: {error}'
    ) from error


def _read_pth(path):
  try:
    import torch
  except ImportError as error:
    raise InputError(
      f'{path}: PyTorch reads such files, and is not installed: pip install '
      'torch, or convert it to .safetensors where there is PyTorch'
    ) from error
  try:
    with warnings.catch_warnings(action='ignore'):  # The error says enough.
      content = torch.load(path, map_location='cpu', weights_only=True)
  except pickle.UnpicklingError as error:
    raise InputError(
      f'{path} holds more than tensors, or is damaged: save the state_dict() '
      'alone where it was made'
    ) from error
  except Exception as error:  # Of damaged pickles it raises whatever comes.
    # What comes after the first sentence is advice to run what is in the file.
    reason = re.split(r'\. |\n', str(error))[0]
    raise InputError(
      f'{path} is not a .pth file, or is damaged: {reason}'
    ) from error
  tensors = _state_dict_in(content)
  if tensors is None:
    raise InputError(f'{path} has no state dict: save state_dict()')
  return {name: _as_array(path, name, tensors[name]) for name in tensors}


def _state_dict_in(content: Any):
  """Returns the state dict, which may stand among other things; or None."""
  if not isinstance(content, dict):
    return None
  for place in _PLACES:
    if isinstance(content.get(place), dict):
      return content[place]
  return content


def _as_array(path, name, tensor):
  """Returns an array; of bfloat16, which NumPy may not know, float32."""
  import torch

  if not isinstance(name, str) or not isinstance(tensor, torch.Tensor):
    raise InputError(f'{path} holds more than tensors by name: {name}')
  if tensor.dtype == torch.bfloat16:
    tensor = tensor.float()
  try:
    return tensor.detach().numpy()
  except (TypeError, RuntimeError) as error:
    raise InputError(
      f'{path}: {name}, of {tensor.dtype}, is no plain array of numbers'
    ) from error


def _as_float32(path, name, value):
  if is_harmless(name):
    return None
  if value.dtype.name not in _FLOATS:
    raise InputError(
      f'{path}: {name} is of {value.dtype.name}, not of {", ".join(_FLOATS)}'
    )
  return value.astype(np.float32)


def _unwrapped(tensors):
  """Takes off what DataParallel and the like set before all names."""
  while True:
    begin = {
      name.partition('.')[0] for name in tensors if not is_harmless(name)
    }
    if len(begin) != 1 or not begin.issubset(_WRAPPERS):
      return tensors
    prefix = f'{begin.pop()}.'
    tensors = {
      name.removeprefix(prefix): value for name, value in tensors.items()
    }
