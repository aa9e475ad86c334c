"""What a whole model's file of Keras says of its layers."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from base.errors import InputError
from checkpoints.importing import scaling

_EPSILON = 0.001


def layers(config: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
  """Yields (class, configuration) of all, those of models in it, too.

  config: of a model; {} has none.
  """
  inside = config.get('config')
  members = inside.get('layers') if isinstance(inside, dict) else None
  for layer in members if isinstance(members, list) else ():
    if isinstance(layer, dict) and isinstance(layer.get('config'), dict):
      yield str(layer.get('class_name')), layer['config']
      yield from layers(layer)


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
    InputError: they are none that is known.
  """
  scale, offset = np.float64(1), np.float64(0)
  try:
    for kind, layer in layers(config):
      if kind == 'Rescaling':
        factor = np.asarray(layer.get('scale', 1), float)
        scale = scale * factor
        offset = offset * factor + np.asarray(layer.get('offset', 0), float)
  except (TypeError, ValueError) as error:
    raise InputError(f'{path} is damaged: its Rescaling: {error}') from error
  return scaling.recognise(path, scale, offset, None)
