"""Squeeze-and-excite's gate, whose slope is 1 / 6 in other libraries."""

import numpy as np

from specs import mobilenet_v3


def fit(values: dict[str, np.ndarray]) -> tuple[str, ...]:
  """Makes up in MobileNetV3's weights for its gates' slope, which is rounded.

  A gate multiplies what the projection multiplies next: so the projections
  take the quotient.

  Args:
    values: name -> value, under slim's names; those of projections change.

  Returns:
    Lines about it; none where there are no gates.
  """
  scopes = [
    scope
    for scope, squeezes, _ in (
      name.partition('/squeeze_excite/Conv/weights') for name in values
    )
    if squeezes and f'{scope}/project/weights' in values
  ]
  for scope in scopes:
    name = f'{scope}/project/weights'
    values[name] = values[name] * np.float32(1 / 6 / mobilenet_v3.GATE_SLOPE)
  if not scopes:
    return ()
  return (
    f"The gates' slope is 1/6 there and {mobilenet_v3.GATE_SLOPE} here: the "
    'projections make up for it.',
  )
