"""What a whole model's file of Keras says of its layers."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from base.errors import InputError
from checkpoints.importing import scaling

_EPSILON = 0.001

# A Rescaling's scale and offset that do what an operation by a number does. So
# preprocess_input of Keras Applications is saved.
_BY_A_NUMBER = {
  'TrueDivide': lambda number: (1 / number, 0.0),
  'Multiply': lambda number: (number, 0.0),
  'Add': lambda number: (1.0, number),
  'Subtract': lambda number: (1.0, -number),
}
_TENSORFLOWS = {  # Keras 2 saves TensorFlow's functions.
  'math.truediv': 'TrueDivide',
  'math.multiply': 'Multiply',
  '__operators__.add': 'Add',
  'math.subtract': 'Subtract',
}


def layers(config: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
  """Yields (class, configuration) of all, those of models in it, too.

  An operation of images by a number is the Rescaling that does it.

  config: of a model; {} has none.
  """
  is_image = True
  for layer in _all(config):
    kind, values = str(layer.get('class_name')), layer['config']
    is_image &= kind != 'Conv2D'
    by = _by_a_number(layer) if is_image else None
    if by:
      kind, name = 'Rescaling', values.get('name')
      values = {'name': name, 'scale': by[0], 'offset': by[1]}
    yield kind, values


def _all(config):
  for layer in members(config):
    yield layer
    yield from _all(layer)


def members(config: dict[str, Any]) -> Iterator[dict[str, Any]]:
  """Yields the layers of a model, as they are saved."""
  inside = config.get('config')
  listed = inside.get('layers') if isinstance(inside, dict) else None
  for layer in listed if isinstance(listed, list) else ():
    if isinstance(layer, dict) and isinstance(layer.get('config'), dict):
      yield layer


def _by_a_number(layer):
  """Returns (scale, offset), or None of what is no such operation."""
  kind = layer.get('class_name')
  match layer.get('inbound_nodes'):
    case [{'args': [{}, float() | int() as number], 'kwargs': {}}]:
      pass
    case [[str(), _, _, {'y': float() | int() as number}]]:
      kind = _TENSORFLOWS.get(layer['config'].get('function'))
    case _:
      return None
  is_known = kind in _BY_A_NUMBER and number != 0
  return _BY_A_NUMBER[kind](number) if is_known else None


def options(path: str, config: dict[str, Any]) -> dict[str, Any]:
  """Returns the epsilon, if it is another than slim's, and the image's size.

  Raises:
    InputError: batch norms have several epsilons.
  """
  found: dict[str, Any] = {}
  epsilons = {
    value
    for _, layer in layers(config)
    if isinstance(value := layer.get('epsilon'), float)
  }
  if len(epsilons) > 1:
    raise InputError(
      f'{path}: its batch norms add {", ".join(map(str, sorted(epsilons)))} to '
      'variances; the networks here add one number'
    )
  if epsilons - {_EPSILON}:
    (found['batch_norm_epsilon'],) = epsilons
  for _, layer in layers(config):
    shape = layer.get('batch_shape') or layer.get('batch_input_shape')
    if isinstance(shape, list) and len(shape) == 4:
      if isinstance(shape[1], int) and shape[1] == shape[2]:
        found['image_size'] = shape[1]
      break
  return found


def rescaling(
  path: str, config: dict[str, Any]
) -> tuple[dict[str, Any], tuple[str, ...]]:
  """Returns scaling.recognise's (options, notes) of the model's Rescalings.

  Raises:
    InputError: they are none that is known, or not of images.
  """
  is_image = True
  scale, offset = np.float64(1), np.float64(0)
  for kind, layer in layers(config):
    is_image &= kind != 'Conv2D'
    if kind != 'Rescaling':
      continue
    if not is_image:
      raise InputError(
        f'{path}: its layer {layer.get("name")} scales what no image is; save '
        'the model without it'
      )
    try:
      factor = np.asarray(layer.get('scale', 1), float)
      scale = scale * factor
      offset = offset * factor + np.asarray(layer.get('offset', 0), float)
    except (TypeError, ValueError) as error:
      raise InputError(f'{path} is damaged: its Rescaling: {error}') from error
  return scaling.recognise(path, scale, offset, None)
