"""The networks as tables of numbers, and the integer arithmetic on them.

Widths, strides and rates are all resolved here, before a tensor exists;
`nets/` and `fast/` each build from the result and share nothing else.
"""

from typing import NamedTuple

from errors import InputError


class Stage(NamedTuple):
  """Inverted residual blocks of one width; the first one has the stride."""
  expansion: int
  channels: int
  repeats: int
  stride: int


# https://arxiv.org/abs/1801.04381, table 2: the stem and the last 1x1 around
# these rows have 32 and 1280 channels.
MOBILENET_V2 = (
    Stage(expansion=1, channels=16, repeats=1, stride=1),
    Stage(expansion=6, channels=24, repeats=2, stride=2),
    Stage(expansion=6, channels=32, repeats=3, stride=2),
    Stage(expansion=6, channels=64, repeats=4, stride=2),
    Stage(expansion=6, channels=96, repeats=3, stride=1),
    Stage(expansion=6, channels=160, repeats=3, stride=2),
    Stage(expansion=6, channels=320, repeats=1, stride=1),
)
_STEM_CHANNELS = 32
_LAST_CHANNELS = 1280


class InvertedResidual(NamedTuple):
  """One block: expand 1x1, depthwise 3x3, project 1x1."""
  scope: str
  inputs: int  # channels
  expanded: int  # equal to inputs where the block does not expand
  channels: int
  stride: int
  rate: int

  @property
  def has_shortcut(self):
    return self.stride == 1 and self.inputs == self.channels


class MobilenetV2(NamedTuple):
  stem_channels: int
  blocks: tuple[InvertedResidual, ...]
  last_channels: int

  @property
  def num_layers(self):
    """Stem, blocks and the last 1x1: layer_1 .. layer_N of the end points."""
    return len(self.blocks) + 2


def make_divisible(value, divisor=8, minimum=None):
  """Rounds value to a multiple of divisor, never below 0.9 of it."""
  rounded = max(minimum or divisor,
                int(value + divisor / 2) // divisor * divisor)
  return rounded + divisor if rounded < 0.9 * value else rounded


def strides_and_rates(strides, output_stride, reached=2):
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
    raise InputError(f'output_stride {output_stride} cannot be: the network '
                     f'reaches {reached}, in powers of 2.')
  return resolved


def layers_until(final_endpoint, num_layers):
  """Returns N of final_endpoint 'layer_N', or num_layers where it is None.

  Raises:
    InputError: final_endpoint is not one of layer_1 .. layer_{num_layers}.
  """
  if final_endpoint is None:
    return num_layers
  names = [f'layer_{number}' for number in range(1, num_layers + 1)]
  if final_endpoint not in names:
    raise InputError(f'final_endpoint {final_endpoint!r} is not one of '
                     f'layer_1 to layer_{num_layers}.')
  return names.index(final_endpoint) + 1


def mobilenet_v2(depth_multiplier=1.0, finegrain=False, output_stride=None,
                 stages=None, min_depth=None, divisible_by=None):
  """Resolves MobileNetV2's table.

  Args:
    depth_multiplier: factor on all widths, above 0.
    finegrain: keeps the last layer at 1280 channels below multiplier 1.0, as
      the published models do.
    output_stride: input size over final size: 8, 16, 32 or None (32).
    stages: rows of Stage; MOBILENET_V2 where None.
    min_depth: least number of channels; divisible_by where None.
    divisible_by: what numbers of channels are multiples of; 8 where None.

  Returns:
    A MobilenetV2.

  Raises:
    InputError: depth_multiplier or output_stride cannot be.
  """
  if depth_multiplier <= 0:
    raise InputError(f'depth_multiplier {depth_multiplier} is not above 0.')
  def depth(channels):
    return make_divisible(channels * depth_multiplier, divisible_by or 8,
                          min_depth)

  rows = [(stage, stage.stride if repeat == 0 else 1)
          for stage in stages or MOBILENET_V2
          for repeat in range(stage.repeats)]
  resolved = strides_and_rates([stride for _, stride in rows], output_stride)
  stem_channels = inputs = depth(_STEM_CHANNELS)
  blocks = []
  for (stage, _), (stride, rate) in zip(rows, resolved):
    scope = f'expanded_conv_{len(blocks)}' if blocks else 'expanded_conv'
    expanded = (inputs if stage.expansion == 1
                else make_divisible(inputs * stage.expansion))
    blocks.append(InvertedResidual(scope, inputs, expanded,
                                   depth(stage.channels), stride, rate))
    inputs = blocks[-1].channels
  last_channels = (_LAST_CHANNELS if finegrain and depth_multiplier < 1
                   else depth(_LAST_CHANNELS))
  return MobilenetV2(stem_channels, tuple(blocks), last_channels)
