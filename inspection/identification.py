"""Which network weights are of: name, width, classes, by names and shapes."""

from collections.abc import Iterator
import inspect
import math
import re
import statistics
from typing import Any
from typing import NamedTuple

from base.errors import InputError
from checkpoints import names
from specs import networks
from specs import roles

_KERNEL = re.compile(r'(.+)/(?:(depthwise|pointwise)_)?weights')
_PIXELS = 64  # Shapes do not depend on the image's size.
# Widths to be tried where no name stands for one, the likelier ones first.
_WIDTHS = tuple(
  number / parts for parts in (20, 100) for number in range(1, 2 * parts + 1)
)
_UNLIKELY_WIDTHS = tuple(number / 1000 for number in range(10, 2000))
# What else changes shapes; each where a network takes it.
_VARIANTS = ({}, {'finegrain_classification_mode': False}, {'min_depth': 1})


class Identified(NamedTuple):
  """A network."""

  model_name: str
  options: dict[str, Any]  # of networks.ARCHITECTURE
  num_classes: int | None  # None: it has no logits


def identify(shapes: dict[str, list[int]]) -> Identified:
  """Returns the network that shares most of names and shapes.

  That need not be all: restore.compare tells.

  Args:
    shapes: name -> shape of all variables, under slim's names.

  Raises:
    InputError: none shares any.
  """
  outputs = _outputs(shapes)
  num_classes = _count_classes(shapes)

  def rate(one):
    return _rate(outputs, *one, num_classes or 1)

  # The family by names, in it the network by widths, too.
  best = max(
    ((name, {}) for name in networks.ALL),
    key=lambda one: (rate(one)[0] - rate(one)[1], rate(one)),
  )
  if not rate(best)[0]:
    raise InputError(
      f'no network here has variables like {names.several(sorted(shapes))}'
    )
  width = _width(outputs, best[0])
  for one in _of_other_widths(networks.ALL[best[0]].family, width):
    if not rate(best)[1]:
      break
    best = max(best, one, key=rate)
  return Identified(*best, num_classes)


def _width(outputs, name):
  """Returns about how wide it is: most layers are, but for rounding."""
  named = networks.ALL[name].fixed.get('depth_multiplier', 1.0)
  return named * statistics.median(
    outputs[layer.scope] / layer.outputs
    for layer in networks.convolutions(name, _PIXELS, _PIXELS, 1)
    if layer.scope in outputs
  )


def _of_other_widths(family, about) -> Iterator[tuple[str, dict[str, Any]]]:
  """Yields (name, options) of a family's networks of any width."""
  free = {
    name: inspect.signature(networks.module_of(name, 'specs').resolve)
    for name, network in networks.ALL.items()
    if network.family is family and 'depth_multiplier' not in network.fixed
  }
  for name, signature in free.items():
    for variant in _VARIANTS:
      if variant.keys() <= signature.parameters.keys():
        yield name, variant
        for width in _near(_WIDTHS, about, 0.5):
          yield name, {'depth_multiplier': width, **variant}
  for name in free:
    for width in _near(_UNLIKELY_WIDTHS, about, 0.1):
      yield name, {'depth_multiplier': width}


def _near(widths, about, part):
  return [width for width in widths if abs(width - about) <= part * about]


def _rate(outputs, name, options, num_classes):
  """Returns how many kernels agree in name and width, and in name alone.

  The latter as a number below 0: the more, the worse.
  """
  try:
    layers = networks.convolutions(name, _PIXELS, _PIXELS, num_classes, options)
  except InputError:  # There is no such width.
    return 0, -math.inf
  agree = [
    outputs[layer.scope] == layer.outputs
    for layer in layers
    if layer.scope in outputs
  ]
  return sum(agree), sum(agree) - len(agree)


def _outputs(shapes):
  """Returns {scope: channels} of kernels; with and without what is around."""
  outputs = {}
  for name, shape in shapes.items():
    match = _KERNEL.fullmatch(name)
    if not match or not shape:
      continue
    channels = shape[-2] if match[2] == 'depthwise' else shape[-1]
    # NASNet's separable convolutions have two kernels in a scope.
    scopes = [match[1]] + [f'{match[1]}/{match[2]}'] * bool(match[2])
    for scope in scopes:
      outputs[scope] = channels
      outputs.setdefault(scope.partition('/')[2], channels)
  return outputs


def _count_classes(shapes):
  for name, shape in shapes.items():
    if name.endswith(('/biases', '/weights')) and shape:
      num_classes = roles.count_classes(name, shape[-1])
      if num_classes is not None and not name.startswith(roles.AUXILIARY):
        return num_classes
  return None
