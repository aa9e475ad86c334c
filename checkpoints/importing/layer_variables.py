"""The variables of a Layer, with batch norm as this project has it."""

from collections.abc import Iterator
import math
from typing import NamedTuple

import numpy as np

from base.errors import InputError
from checkpoints.importing.layers import Affine
from checkpoints.importing.layers import BatchNorm
from checkpoints.importing.layers import Layer
from checkpoints.names import BATCH_NORM
from specs import deeplab_v3
from specs import networks
from specs import roles

# Of folded batch norm, of which checkpoints/unfolding.py makes batch norm.
_VARIANCE = 0.999
# MobileNetV3's gate, ReLU6(x + 3) / 6: converters add the 3 to the biases.
_GATE, _GATE_SHIFT = 'squeeze_excite/Conv_1', 3.0


class Place(NamedTuple):
  """What a Layer is called here."""

  scope: str
  kernel: str
  biases: bool  # in place of batch norm
  named: bool = False  # as in the graph, but for
  start: int = 0  # characters before it


def variables(
  path: str, place: Place, layer: Layer
) -> Iterator[tuple[str, np.ndarray, str]]:
  """Yields (name, value, the source's name) of a Layer's variables.

  path: of the file, for messages.

  Raises:
    InputError: it lacks batch norm or biases, or has the one for the other.
  """
  kernel, after = layer.kernel.value.astype(np.float64), layer.after
  if kernel.ndim == 2 and not place.named:
    kernel = kernel[np.newaxis, np.newaxis]
  if not place.named and (
    after is None or place.biases and isinstance(after, BatchNorm)
  ):
    raise InputError(
      f'{path}: {layer.name} is not followed by '
      + ('biases alone' if place.biases else 'batch norm or biases')
    )
  if place.biases:
    biases = after.offset
    if place.scope.endswith(_GATE) and layer.activates:
      biases = biases - _GATE_SHIFT
    yield f'{place.scope}/biases', biases, after.names[-1]
    kernel = kernel * after.scale
  elif isinstance(after, Affine):
    for leaf, value in zip(BATCH_NORM, _folded(after, _epsilon(place.scope))):
      yield f'{place.scope}/BatchNorm/{leaf}', value, after.names[-1]
  elif after is not None:
    yield from _batch_norm(place, after)
  yield f'{place.scope}/{place.kernel}', kernel, layer.kernel.name


def _batch_norm(place, norm):
  """Yields the variables of a BatchNorm."""
  values = [each.value.astype(np.float64) for each in norm[:-1]]
  gamma, _, _, variance = values
  here = _epsilon(place.scope)
  there = norm.epsilon or here
  if not math.isclose(there, here, rel_tol=1e-3):
    values[0] = gamma * np.sqrt((variance + here) / (variance + there))
  for leaf, value, constant in zip(BATCH_NORM, values, norm):
    name = constant.name[place.start :]
    if not place.named or not name.endswith(f'/{leaf}'):
      name = f'{place.scope}/BatchNorm/{leaf}'
    yield name, value, constant.name


def _folded(affine, epsilon):
  """Returns the values of a batch norm that computes an Affine."""
  zeros = np.zeros_like(affine.offset)
  return (
    affine.scale * math.sqrt(_VARIANCE + epsilon),
    affine.offset,
    zeros,
    zeros + _VARIANCE,
  )


def _epsilon(scope):
  """Returns what this project adds to a layer's variances."""
  if roles.is_pyramid(f'{scope}/'):
    return deeplab_v3.HEAD_BATCH_NORM_EPSILON
  return networks.ALL['mobilenet_v2'].family.batch_norm_epsilon
