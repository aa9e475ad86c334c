"""Integer arithmetic that networks share: widths, strides, rates.

All of it is done before a tensor exists. `rate` is that of a dilated
convolution.
"""

from collections.abc import Sequence

from base.errors import InputError


def make_divisible(
  value: float, divisor: int = 8, minimum: int | None = None
) -> int:
  """Rounds value to a multiple of divisor, never below 0.9 of it."""
  rounded = max(
    minimum or divisor, int(value + divisor / 2) // divisor * divisor
  )
  return rounded + divisor if rounded < 0.9 * value else rounded


def strides_and_rates(
  strides: Sequence[int], output_stride: int | None, reached: int = 2
) -> list[tuple[int, int]]:
  """Trades strides for rates once their product has reached output_stride.

  Args:
    strides: of the layers, in order.
    output_stride: None leaves the strides alone.
    reached: the stride of what comes before, the stem.

  Returns:
    List of (stride, rate).

  Raises:
    InputError: the product of some first strides is not output_stride.
  """
  rate, resolved = 1, []
  for stride in strides:
    if reached == output_stride:
      resolved.append((1, rate))
      rate *= stride
    else:
      resolved.append((stride, 1))
      reached *= stride
  if output_stride and reached != output_stride:
    raise InputError(
      f'output_stride {output_stride} cannot be: the network '
      f'reaches {reached}, in powers of 2.'
    )
  return resolved


def layers_until(final_endpoint: str | None, num_layers: int) -> int:
  """Returns N of final_endpoint 'layer_N', or num_layers where it is None.

  Raises:
    InputError: final_endpoint is not one of layer_1 .. layer_{num_layers}.
  """
  if final_endpoint is None:
    return num_layers
  names = [f'layer_{number}' for number in range(1, num_layers + 1)]
  if final_endpoint not in names:
    raise InputError(
      f'final_endpoint {final_endpoint!r} is not one of '
      f'layer_1 to layer_{num_layers}.'
    )
  return names.index(final_endpoint) + 1


def check_depth_multiplier(depth_multiplier: float) -> None:
  """Raises InputError unless depth_multiplier is above 0."""
  if depth_multiplier <= 0:
    raise InputError(f'depth_multiplier {depth_multiplier} is not above 0.')
