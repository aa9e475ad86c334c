"""Layers and their arrays in files of Keras; nothing in them is ever run.

* NAME.h5: Keras 1 and 2, a whole model or its weights.
* NAME.weights.h5: Keras 3, weights.
* NAME.keras: Keras 3, a whole model, a zip archive with such a file in it; the
  last releases of Keras 2 wrote them, too, without the layers' names.
"""

import collections
from collections.abc import Iterator
import io
import json
import os
import re
from typing import Any
from typing import NamedTuple
import zipfile
import zlib

import h5py
import numpy as np

from base import errors
from base.errors import InputError
from checkpoints.importing import keras_config

_MOST_BYTES = 1 << 30  # of all arrays: those of the networks here have less
_WEIGHTS = 'model.weights.h5'
_CONFIG = 'config.json'
# What Keras 3 numbers, in order; it names the layers' classes.
_LEAVES = {
  'batch_normalization': ('gamma', 'beta', 'moving_mean', 'moving_variance'),
  'separable_conv2d': ('depthwise_kernel', 'pointwise_kernel'),
  'depthwise_conv2d': ('kernel', 'bias'),
  'conv2d': ('kernel', 'bias'),
  'dense': ('kernel', 'bias'),
}
# Layers may be in a model that is a layer.
_OF_KERAS3 = re.compile(
  r'(?:layers/[^/]+/)*layers/([a-z0-9_]+?)(?:_\d+)?/vars/(\d{1,2})'
)
_CAPITALS = re.compile(r'(?<=[a-z])(?=[A-Z][a-z])')  # where a word begins
_DEEPEST = 20  # groups in groups: one that is in itself has no end
_DAMAGE = (
  *(OSError, KeyError, RuntimeError, ValueError, TypeError, EOFError),
  *(RecursionError, OverflowError, NotImplementedError, AttributeError),
  *(zipfile.BadZipFile, zlib.error),
)


class KerasFile(NamedTuple):
  """What is in a file."""

  layers: dict[str, dict[str, np.ndarray]]  # layer -> 'kernel' and the like
  others: tuple[str, ...]  # names of arrays that are of no layer
  config: dict[str, Any]  # of a whole model; {} of weights


def is_zip_of_keras(path: str) -> bool:
  """Whether a zip archive is a whole model of Keras 3."""
  with (
    errors.of_damage(path, 'file of Keras', _DAMAGE),
    zipfile.ZipFile(path) as archive,
  ):
    return {_WEIGHTS, _CONFIG} <= set(archive.namelist())


def read(path: str) -> KerasFile:
  """Reads a file of any of the three formats.

  Raises:
    InputError: it is damaged, leads elsewhere, or holds more than any network
      here has.
  """
  with errors.of_damage(path, 'file of Keras', _DAMAGE):
    if not zipfile.is_zipfile(path):
      return _read_h5(path, path)
    with zipfile.ZipFile(path) as archive:
      config = _checked(json.loads(_member(archive, path, _CONFIG)))
      weights = io.BytesIO(_member(archive, path, _WEIGHTS))
    return _read_h5(path, weights, config)


def _member(archive, path, name):
  """Returns a file in an archive, which says beforehand how large it is."""
  size = archive.getinfo(name).file_size
  _check_size(path, size)
  with archive.open(name) as file:
    return file.read(size)


def _check_size(path, size):
  if size > _MOST_BYTES:
    raise InputError(
      f'{path}: {size} bytes of weights, more than any network here has'
    )


def _checked(config):
  if not isinstance(config, dict):
    raise ValueError('its configuration is no JSON object')
  return config


def _read_h5(path, file, config=None):
  _check_size(path, os.path.getsize(path))
  with h5py.File(file, 'r') as root:
    if config is None:
      config = _checked(json.loads(root.attrs.get('model_config', '{}')))
    arrays = dict(_arrays(path, root))
    group = root.get('model_weights', root)
    if _texts(group, 'layer_names'):
      return KerasFile(*_keras2(arrays, group), config)
    return KerasFile(*_keras3(arrays, root, dict(_names(config))), config)


def _arrays(path, root) -> Iterator[tuple[str, np.ndarray]]:
  """Yields (name, array) of all that are in this very file."""
  total = 0
  waiting = [('', root)]
  while waiting:
    prefix, group = waiting.pop()
    for key in group:
      name = f'{prefix}{key}'
      link = group.get(key, getlink=True)
      member = group[key] if isinstance(link, h5py.HardLink) else None
      if isinstance(member, h5py.Group):
        if name.count('/') > _DEEPEST:
          raise InputError(f'{path}: {name} is too deep')
        waiting.append((f'{name}/', member))
        continue
      if member is None or member.is_virtual or member.external:
        raise InputError(f'{path}: {name} leads to another place, or file')
      total += member.size * member.dtype.itemsize
      _check_size(path, total)
      yield name, np.asarray(member)


def _keras2(arrays, group):
  """Each layer's group tells the names of its arrays, LAYER/LEAF:0.

  Those of a model that is a layer tell its layers' names.
  """
  prefix, layers, used = group.name.strip('/'), {}, set()
  for layer in _texts(group, 'layer_names'):
    weights = _texts(group[layer], 'weight_names')
    is_model = len({name.rpartition('/')[0] for name in weights}) > 1
    for name in weights:
      path = f'{prefix}/{layer}/{name}'.lstrip('/')
      parent, _, leaf = name.partition(':')[0].rpartition('/')
      inside = layers.setdefault(parent if is_model else layer, {})
      if leaf not in inside:
        inside[leaf] = arrays[path]
        used.add(path)
  return layers, tuple(name for name in arrays if name not in used)


def _texts(group, key):
  """Returns an attribute's texts; what is too long for one is in key0, ..."""
  keys = [key] if key in group.attrs else []
  while f'{key}{len(keys)}' in group.attrs:
    keys.append(f'{key}{len(keys)}')
  return [
    text.decode() if isinstance(text, bytes) else str(text)
    for each in keys
    for text in group.attrs[each]
  ]


def _names(config, prefix='layers/'):
  """Yields (layers/CLASS_NUMBER, the layer's name) of a whole model's layers.

  Those of a class are numbered in the order in which the model has them.
  """
  numbers = collections.Counter()
  for layer in keras_config.members(config):
    kind = _CAPITALS.sub('_', str(layer.get('class_name'))).lower()
    number, numbers[kind] = numbers[kind], numbers[kind] + 1
    path = f'{prefix}{kind}_{number}' if number else f'{prefix}{kind}'
    yield path, layer['config'].get('name')
    yield from _names(layer, f'{path}/layers/')


def _keras3(arrays, root, names):
  """Names are layers/CLASS_NUMBER/vars/NUMBER; vars/ tells the layer's name.

  names: of layers/CLASS_NUMBER, where vars/ does not.
  """
  layers, others = {}, []
  for name, array in arrays.items():
    match = _OF_KERAS3.fullmatch(name)
    parent = name.partition('/vars/')[0]
    layer = root[name].parent.attrs.get('name', names.get(parent))
    leaves = _LEAVES.get(match[1], ()) if match else ()
    inside = layers.get(str(layer), {})
    leaf = (
      leaves[int(match[2])] if match and int(match[2]) < len(leaves) else None
    )
    if layer is None or leaf is None or leaf in inside:
      others.append(name)
    else:
      layers.setdefault(str(layer), {})[leaf] = array
  return layers, tuple(others)
