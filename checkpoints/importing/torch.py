"""PyTorch's state dicts of torchvision, timm and mmpretrain."""

from collections.abc import Iterator
import types
from typing import NamedTuple

import numpy as np

from base.errors import InputError
from checkpoints import names
from checkpoints.importing import gates
from checkpoints.importing import mmpretrain
from checkpoints.importing import timm
from checkpoints.importing import torch_files
from checkpoints.importing import torchvision
from checkpoints.importing.imported import Imported
from specs import networks

_LIBRARIES = {
  'torchvision': torchvision,
  'timm': timm,
  'mmpretrain': mmpretrain,
}
# A network of each set of names: other widths have the same.
_NETWORKS = (
  'mobilenet_v2',
  'mobilenet_v3_large',
  'mobilenet_v3_small',
  'shufflenet_v1',
)
_BATCH_NORM = {
  'gamma': 'weight',
  'beta': 'bias',
  'moving_mean': 'running_mean',
  'moving_variance': 'running_var',
}
_PIXEL = 32  # Layers do not depend on the image's size.


class _Source(NamedTuple):
  """A network of a library."""

  library: str
  network: str
  names: dict[str, str]  # slim's name -> the library's


def read(path: str) -> Imported:
  """Reads a classifier's state dict, .safetensors or .pth.

  The values of all variables are there, but may be those of a width that is
  none of ours.

  Raises:
    InputError: the file is damaged, or holds no such classifier and no more.
  """
  tensors = torch_files.read_state_dict(path)
  left_over = tuple(filter(torch_files.is_harmless, tensors))
  source = _find(path, set(tensors).difference(left_over))
  values = {
    ours: _in_slims_layout(path, ours, theirs, tensors[theirs])
    for ours, theirs in source.names.items()
  }
  options, notes = _options(path, source)
  return Imported(
    values,
    source.names,
    left_over,
    options,
    source.library,
    notes=(*gates.fit(values), *notes),
  )


def _find(path, given):
  """Returns the _Source that has the given names, all of them and no other."""
  sources = list(_sources())
  for source in sources:
    if given == set(source.names.values()):
      return source
  closest = max(sources, key=lambda source: _agreement(source, given))
  expected = set(closest.names.values())
  differences = [
    f'{what} {names.several(sorted(some))}'
    for what, some in (
      ('lacks', expected - given),
      ('has no place for', given - expected),
    )
    if some
  ]
  raise InputError(
    f'{path} is of no network known here, by its names: {closest.library}\'s '
    f'{closest.network}, the closest, {" and ".join(differences)}'
  )


def _agreement(source, given):
  expected = set(source.names.values())
  return len(expected & given) / len(expected | given)


def _sources() -> Iterator[_Source]:
  for library, module in _LIBRARIES.items():
    for network in _NETWORKS:
      if networks.ALL[network].family.module in module.EPSILONS:
        yield _Source(library, network, _names(network, module))


def _names(network: str, module: types.ModuleType) -> dict[str, str]:
  """Returns slim's name -> the library's of all variables of a network."""
  family = networks.ALL[network].family.module
  root = family.title().replace('_', '')  # MobilenetV2, as slim's scopes are
  layers = getattr(module, family)(networks.resolve(network))
  found = {}
  for convolution, layer in zip(
    networks.convolutions(network, _PIXEL, _PIXEL, num_classes=1),
    layers,
    strict=True,
  ):
    scope = f'{root}/{convolution.scope}'
    is_depthwise = convolution.groups == convolution.inputs > 1
    leaf = 'depthwise_weights' if is_depthwise else 'weights'
    found[f'{scope}/{leaf}'] = f'{layer.convolution}.weight'
    if layer.norm is None:
      found[f'{scope}/biases'] = f'{layer.convolution}.bias'
      continue
    for ours, theirs in _BATCH_NORM.items():
      found[f'{scope}/BatchNorm/{ours}'] = f'{layer.norm}.{theirs}'
  return found


def _in_slims_layout(path, ours, theirs, value):
  """Returns OIHW kernels, or [out, in] matrices, as slim has them."""
  if not ours.endswith('weights'):
    return value
  if value.ndim == 2:
    value = value[:, :, np.newaxis, np.newaxis]
  if value.ndim != 4:
    raise InputError(
      f'{path}: {theirs} is of shape {list(value.shape)}, no kernel of a '
      'convolution'
    )
  is_depthwise = ours.endswith('depthwise_weights')
  return value.transpose((2, 3, 0, 1) if is_depthwise else (2, 3, 1, 0))


def _options(path, source):
  """Returns what differs from slim, padding and the like, and lines on it."""
  family = networks.ALL[source.network].family
  options = {
    'use_explicit_padding': True,
    'batch_norm_epsilon': _LIBRARIES[source.library].EPSILONS[family.module],
    'input_normalization': 'imagenet',
  }
  notes = ()
  if source.library == 'timm':
    others, notes = timm.options(path, family.module)
    options |= others
  if family.module == 'shufflenet_v1':
    options['use_explicit_padding'] = None  # It pads like that anyway.
  if options['batch_norm_epsilon'] == family.batch_norm_epsilon:
    options['batch_norm_epsilon'] = None
  given = {key: value for key, value in options.items() if value is not None}
  return given, notes
