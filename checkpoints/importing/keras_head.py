"""A classifier of one's own: a backbone of Keras Applications, and a Dense."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from base.errors import InputError
from checkpoints import names
from checkpoints.importing import keras_config
from checkpoints.importing import keras_names
from checkpoints.importing.keras_files import KerasFile
from specs import roles

_LEAVES = ('kernel', 'bias')
_MERGING = ('Add', 'Concatenate')
_CLASSES = frozenset(
  {
    # Of models, and of what stands around a backbone.
    *('InputLayer', 'Functional', 'Model', 'Sequential'),
    *('Dense', 'Dropout', 'GlobalAveragePooling2D', 'Rescaling'),
    # Of backbones, in TensorFlow 1, too.
    *('Activation', 'Add', 'AveragePooling2D', 'BatchNormalization'),
    *('BatchNormalizationV1', 'Concatenate', 'Conv2D', 'Cropping2D'),
    *('DepthwiseConv2D', 'MaxPooling2D', 'ReLU', 'SeparableConv2D'),
    'ZeroPadding2D',
    # Nothing but in training.
    *('RandomBrightness', 'RandomContrast', 'RandomFlip', 'RandomRotation'),
    *('RandomTranslation', 'RandomZoom'),
  }
)
_BINARY = (
  'Its one output is the second of two classes here: their probabilities are '
  "those of Keras' sigmoid."
)


def find(
  path: str, file: KerasFile, network: str, found: dict[str, tuple[str, str]]
) -> dict[str, tuple[str, str]]:
  """Returns {slim's name: (layer, leaf)} of logits that Keras does not name.

  Args:
    path: of the file, for messages.
    file: what is in it.
    network: whose backbone is in it.
    found: the same of the backbone.

  Raises:
    InputError: there are other layers beside the backbone, or none that gives
      logits of its features' averages, or they may be of a regression.
  """
  used = {layer for layer, _ in found.values()}
  own = sorted(set(file.layers) - used)
  if not own:
    return {}
  missing = [
    variable.name
    for variable in keras_names.variables(network)
    if variable.name not in found
  ]
  if (
    len(own) > 1
    or set(file.layers[own[0]]) != set(_LEAVES)
    or len(missing) != len(_LEAVES)
    or not all(map(roles.is_head, missing))
    or not _may_classify(own[0], file.config)
  ):
    raise InputError(
      f'{path} has, beside layers of {network}, others than one Dense layer of '
      f'logits that could be taken: {names.several(own)}; save the backbone '
      'alone (include_top=False), import that, and train the last layer here'
    )
  _check_layers(path, own[0], file.config)
  leaves = {'weights': 'kernel', 'biases': 'bias'}
  return {name: (own[0], leaves[name.rpartition('/')[2]]) for name in missing}


def _may_classify(dense, config: dict[str, Any]):
  """Whether nothing in a configuration is otherwise than in networks here."""
  for kind, layer in keras_config.layers(config):
    if kind in ('GlobalMaxPooling2D', 'Flatten'):
      return False
    if kind == 'Dense' and layer.get('name') == dense:
      activation, units = layer.get('activation'), layer.get('units')
      if activation not in ('softmax', 'linear') and (activation, units) != (
        'sigmoid',
        1,
      ):
        return False
  return True


def _check_layers(path, dense, config):
  """Raises InputError if a layer may compute what networks here do not."""
  for kind, layer in keras_config.layers(config):
    name = layer.get('name')
    # Keras 3's operations may have a layer's class, but are never trainable.
    is_operation = kind in _MERGING and 'trainable' not in layer
    if kind not in _CLASSES or is_operation:
      raise InputError(
        f'{path}: its layer {name}, {kind}, is not known here; save the model '
        'without it (Rescaling may scale images)'
      )
    if (name, layer.get('units')) == (dense, 1) and (
      layer.get('activation') == 'linear'
    ):
      raise InputError(
        f'{path}: {name} has one linear output, as a regression has; only if '
        'it tells two classes apart, save it with activation="sigmoid"'
      )


def fit(values: dict[str, np.ndarray], head: Iterable[str]) -> tuple[str, ...]:
  """Makes two classes of one output; returns lines about it.

  Args:
    values: slim's name -> value; those of head change.
    head: names of the logits' variables.
  """
  if not head or any(values[name].shape[-1] != 1 for name in head):
    return ()
  for name in head:
    value = values[name]
    values[name] = np.concatenate([np.zeros_like(value), value], -1)
  return (_BINARY,)
