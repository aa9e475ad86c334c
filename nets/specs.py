"""The networks as tables of numbers, and the integer arithmetic on them.

Widths, strides and rates are all resolved here, before a tensor exists;
`nets/` and `fast/` each build from the result and share nothing else.
"""

from typing import NamedTuple, Sequence

from errors import InputError


class Conv(NamedTuple):
  """A row of MobileNetV1: one convolution."""
  kernel: Sequence[int]  # height and width, equal
  stride: int
  depth: int  # channels of the output


class DepthSepConv(NamedTuple):
  """A row of MobileNetV1: a depthwise and then a 1x1 convolution."""
  kernel: Sequence[int]
  stride: int
  depth: int


# https://arxiv.org/abs/1704.04861, table 1.
MOBILENET_V1 = (
    Conv(kernel=[3, 3], stride=2, depth=32),
    DepthSepConv(kernel=[3, 3], stride=1, depth=64),
    DepthSepConv(kernel=[3, 3], stride=2, depth=128),
    DepthSepConv(kernel=[3, 3], stride=1, depth=128),
    DepthSepConv(kernel=[3, 3], stride=2, depth=256),
    DepthSepConv(kernel=[3, 3], stride=1, depth=256),
    DepthSepConv(kernel=[3, 3], stride=2, depth=512),
    *[DepthSepConv(kernel=[3, 3], stride=1, depth=512)] * 5,
    DepthSepConv(kernel=[3, 3], stride=2, depth=1024),
    DepthSepConv(kernel=[3, 3], stride=1, depth=1024),
)


class Layer(NamedTuple):
  """One convolution of MobileNetV1; its scope is its end point's key too."""
  scope: str
  is_depthwise: bool
  kernel_size: int
  channels: int  # of the output
  stride: int
  rate: int


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
SHORTCUTS = ('bottleneck', 'expansion', 'none')


class InvertedResidual(NamedTuple):
  """One block: expand 1x1, depthwise 3x3, project 1x1."""
  scope: str
  inputs: int  # channels
  expanded: int  # equal to inputs where the block does not expand
  channels: int
  stride: int
  rate: int
  linear: bool  # no activation after project
  has_shortcut: bool = False  # adds its inputs to its output
  # Adds the expansion of the block before to its own, then activates the sum.
  has_expansion_shortcut: bool = False

  @property
  def expands(self):
    return self.expanded != self.inputs


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


def _check_depth_multiplier(depth_multiplier):
  if depth_multiplier <= 0:
    raise InputError(f'depth_multiplier {depth_multiplier} is not above 0.')


def _square(kernel):
  height, width = kernel
  if height != width:
    raise InputError(f'Kernel {kernel} is not square.')
  return height


def mobilenet_v1(depth_multiplier=1.0, output_stride=None,
                 conv_defs=MOBILENET_V1, min_depth=8, final_endpoint=None):
  """Resolves MobileNetV1's table; returns a tuple of Layer.

  final_endpoint, a Layer's scope, makes it the last; output_stride as in
  strides_and_rates.

  Raises:
    InputError: an argument that cannot be.
  """
  _check_depth_multiplier(depth_multiplier)
  resolved = strides_and_rates([row.stride for row in conv_defs],
                               output_stride, reached=1)
  layers, inputs = [], 3
  for number, (row, steps) in enumerate(zip(conv_defs, resolved)):
    scope, kernel_size = f'Conv2d_{number}', _square(row.kernel)
    channels = max(int(row.depth * depth_multiplier), min_depth)
    if isinstance(row, Conv):
      layers.append(Layer(scope, False, kernel_size, channels, *steps))
    else:
      layers += [
          Layer(f'{scope}_depthwise', True, kernel_size, inputs, *steps),
          Layer(f'{scope}_pointwise', False, 1, channels, 1, 1)]
    inputs = channels
  scopes = [layer.scope for layer in layers]
  if final_endpoint not in (None, *scopes):
    raise InputError(f'final_endpoint {final_endpoint!r} is not one of '
                     f'{", ".join(scopes)}.')
  return tuple(layers[:scopes.index(final_endpoint or scopes[-1]) + 1])


def _with_shortcuts(blocks, shortcut):
  """Returns the blocks with their shortcuts, wherever shapes agree.

  'expansion' is the classical residual (figures 3a and 6b of the paper): the
  wide tensors of neighbouring blocks are connected, around depthwise, project
  and the next expand.
  """
  if shortcut not in SHORTCUTS:
    raise InputError(f'Unknown shortcut {shortcut!r}; there are '
                     f'{", ".join(SHORTCUTS)}.')
  if shortcut == 'bottleneck':
    return [block._replace(has_shortcut=(block.stride == 1 and
                                         block.inputs == block.channels))
            for block in blocks]
  if shortcut == 'expansion':
    return blocks[:1] + [
        block._replace(has_expansion_shortcut=(
            before.stride == 1 and before.expanded == block.expanded and
            before.expands and block.expands))
        for before, block in zip(blocks, blocks[1:])]
  return blocks


def mobilenet_v2(depth_multiplier=1.0, finegrain=False, output_stride=None,
                 stages=None, min_depth=None, divisible_by=None,
                 shortcut='bottleneck', bottleneck_activation=False):
  """Resolves MobileNetV2's table.

  Args:
    depth_multiplier: factor on all widths, above 0.
    finegrain: keeps the last layer at 1280 channels below multiplier 1.0, as
      the published models do.
    output_stride: input size over final size: 8, 16, 32 or None (32).
    stages: rows of Stage; MOBILENET_V2 where None.
    min_depth: least number of channels; divisible_by where None.
    divisible_by: what numbers of channels are multiples of; 8 where None.
    shortcut: one of SHORTCUTS: between what of neighbouring blocks, wherever
      neither size nor number of channels changes.
    bottleneck_activation: whether an activation follows project.

  Returns:
    A MobilenetV2.

  Raises:
    InputError: an argument that cannot be.
  """
  _check_depth_multiplier(depth_multiplier)
  if bottleneck_activation not in (False, True):
    raise InputError(f'bottleneck_activation {bottleneck_activation!r} is '
                     'neither False nor True.')
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
                                   depth(stage.channels), stride, rate,
                                   linear=not bottleneck_activation))
    inputs = blocks[-1].channels
  last_channels = (_LAST_CHANNELS if finegrain and depth_multiplier < 1
                   else depth(_LAST_CHANNELS))
  return MobilenetV2(stem_channels, tuple(_with_shortcuts(blocks, shortcut)),
                     last_channels)
