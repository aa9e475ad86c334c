"""MobileNetV2 as a table of numbers.

https://arxiv.org/abs/1801.04381, table 2.
"""

from collections.abc import Sequence
from typing import NamedTuple

from base.errors import InputError
from specs import arithmetic
from specs.convolution import Convolution


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
  def expands(self) -> bool:
    """Whether there is an expansion."""
    return self.expanded != self.inputs


class MobilenetV2(NamedTuple):
  """The network, resolved."""

  stem_channels: int
  blocks: tuple[InvertedResidual, ...]
  last_channels: int

  @property
  def num_layers(self) -> int:
    """Stem, blocks and the last 1x1: layer_1 .. layer_N of the end points."""
    return len(self.blocks) + 2


def _with_shortcuts(blocks, shortcut):
  """Returns the blocks with their shortcuts, wherever shapes agree.

  'expansion' is the classical residual (figures 3a and 6b of the paper): the
  wide tensors of neighbouring blocks are connected, around depthwise, project
  and the next expand.
  """
  if shortcut not in SHORTCUTS:
    raise InputError(
      f'Unknown shortcut {shortcut!r}; there are {", ".join(SHORTCUTS)}.'
    )
  if shortcut == 'bottleneck':
    return [
      block._replace(
        has_shortcut=(block.stride == 1 and block.inputs == block.channels)
      )
      for block in blocks
    ]
  if shortcut == 'expansion':
    return blocks[:1] + [
      block._replace(
        has_expansion_shortcut=(
          before.stride == 1
          and before.expanded == block.expanded
          and before.expands
          and block.expands
        )
      )
      for before, block in zip(blocks, blocks[1:])
    ]
  return blocks


def resolve(
  depth_multiplier: float = 1.0,
  finegrain_classification_mode: bool = False,
  output_stride: int | None = None,
  conv_defs: Sequence | None = None,
  min_depth: int | None = None,
  divisible_by: int | None = None,
  shortcut: str = 'bottleneck',
  bottleneck_activation: bool = False,
) -> MobilenetV2:
  """Resolves MobileNetV2's table.

  Args:
    depth_multiplier: factor on all widths, above 0.
    finegrain_classification_mode: keeps the last layer at 1280 channels below
      depth_multiplier 1.0, as the published models do.
    output_stride: input size over final size: 8, 16, 32 or None (32).
    conv_defs: rows of Stage; MOBILENET_V2 where None.
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
  arithmetic.check_depth_multiplier(depth_multiplier)
  if bottleneck_activation not in (False, True):
    raise InputError(
      f'bottleneck_activation {bottleneck_activation!r} is '
      'neither False nor True.'
    )

  def depth(channels):
    return arithmetic.make_divisible(
      channels * depth_multiplier, divisible_by or 8, min_depth
    )

  rows = [
    (stage, stage.stride if repeat == 0 else 1)
    for stage in conv_defs or MOBILENET_V2
    for repeat in range(stage.repeats)
  ]
  resolved = arithmetic.strides_and_rates(
    [stride for _, stride in rows], output_stride
  )
  stem_channels = inputs = depth(_STEM_CHANNELS)
  blocks = []
  for (stage, _), (stride, rate) in zip(rows, resolved):
    scope = f'expanded_conv_{len(blocks)}' if blocks else 'expanded_conv'
    expanded = (
      inputs
      if stage.expansion == 1
      else arithmetic.make_divisible(inputs * stage.expansion)
    )
    blocks.append(
      InvertedResidual(
        scope,
        inputs,
        expanded,
        depth(stage.channels),
        stride,
        rate,
        linear=not bottleneck_activation,
      )
    )
    inputs = blocks[-1].channels
  last_channels = (
    _LAST_CHANNELS
    if finegrain_classification_mode and depth_multiplier < 1
    else depth(_LAST_CHANNELS)
  )
  return MobilenetV2(
    stem_channels, tuple(_with_shortcuts(blocks, shortcut)), last_channels
  )


def convolutions(
  spec: MobilenetV2, height: int, width: int, num_classes: int | None
) -> list[Convolution]:
  """Lists the Convolutions of a resolved MobilenetV2 on height x width."""
  height, width = -(-height // 2), -(-width // 2)
  layers = [
    Convolution(
      'Conv', 3, 3, spec.stem_channels, 1, height, width, True, stride=2
    )
  ]
  for block in spec.blocks:
    scope, inputs, expanded, channels, stride, *_ = block
    waiting = inputs * height * width if block.has_shortcut else 0
    if expanded != inputs:
      layers.append(
        Convolution(
          f'{scope}/expand', 1, inputs, expanded, 1, height, width, True
        )
      )
    height, width = -(-height // stride), -(-width // stride)
    layers += [
      Convolution(
        f'{scope}/depthwise',
        3,
        expanded,
        expanded,
        expanded,
        height,
        width,
        True,
        stride=stride,
        waiting=waiting,
      ),
      Convolution(
        f'{scope}/project',
        1,
        expanded,
        channels,
        1,
        height,
        width,
        True,
        waiting=waiting,
        shortcut=waiting,
        activation=False,
      ),
    ]
  layers.append(
    Convolution(
      'Conv_1',
      1,
      spec.blocks[-1].channels,
      spec.last_channels,
      1,
      height,
      width,
      True,
    )
  )
  if num_classes:
    layers.append(
      Convolution(
        'Logits/Conv2d_1c_1x1',
        1,
        spec.last_channels,
        num_classes,
        1,
        1,
        1,
        False,
      )
    )
  return layers
