"""MobileNetV3 as two tables of numbers, large and small.

https://arxiv.org/abs/1905.02244, tables 1 and 2.
"""

from typing import NamedTuple

from specs import arithmetic
from specs.convolution import Convolution


class Row(NamedTuple):
  """One inverted residual block."""

  kernel_size: int  # of the depthwise convolution
  expansion: float  # expanded channels over those of the input
  channels: int
  squeeze_excite: bool
  nonlinearity: str  # after expand and depthwise: 'RE', ReLU, or 'HS', h-swish
  stride: int


class Table(NamedTuple):
  """Blocks, and the two 1x1 convolutions around the pooling."""

  rows: tuple[Row, ...]
  last_channels: int  # before it, with batch norm
  feature_channels: int  # after it, with biases


# The paper prints how many channels a block expands to (184, say), where these
# rows have its ratio to the block's input.
V3_LARGE = Table(
  (
    Row(3, 1, 16, False, 'RE', 1),
    Row(3, 4, 24, False, 'RE', 2),
    Row(3, 3, 24, False, 'RE', 1),
    Row(5, 3, 40, True, 'RE', 2),
    Row(5, 3, 40, True, 'RE', 1),
    Row(5, 3, 40, True, 'RE', 1),
    Row(3, 6, 80, False, 'HS', 2),
    Row(3, 2.5, 80, False, 'HS', 1),
    Row(3, 184 / 80, 80, False, 'HS', 1),
    Row(3, 184 / 80, 80, False, 'HS', 1),
    Row(3, 6, 112, True, 'HS', 1),
    Row(3, 6, 112, True, 'HS', 1),
    Row(5, 6, 160, True, 'HS', 2),
    Row(5, 6, 160, True, 'HS', 1),
    Row(5, 6, 160, True, 'HS', 1),
  ),
  last_channels=960,
  feature_channels=1280,
)
V3_SMALL = Table(
  (
    Row(3, 1, 16, True, 'RE', 2),
    Row(3, 72 / 16, 24, False, 'RE', 2),
    Row(3, 88 / 24, 24, False, 'RE', 1),
    Row(5, 4, 40, True, 'HS', 2),
    Row(5, 6, 40, True, 'HS', 1),
    Row(5, 6, 40, True, 'HS', 1),
    Row(5, 3, 48, True, 'HS', 1),
    Row(5, 3, 48, True, 'HS', 1),
    Row(5, 6, 96, True, 'HS', 2),
    Row(5, 6, 96, True, 'HS', 1),
    Row(5, 6, 96, True, 'HS', 1),
  ),
  last_channels=576,
  feature_channels=1024,
)
# Slope of squeeze-and-excite's gate in the published networks, whose logits
# 1 / 6 (the paper, section 5.2) misses by 2e-4. Their h-swish has 1 / 6.
GATE_SLOPE = 0.16667
_STEM_CHANNELS = 16
_SQUEEZE = 4  # section 5.3: squeezed to a quarter of the expanded channels


class InvertedResidual(NamedTuple):
  """Expand 1x1, depthwise, squeeze-and-excite, project 1x1."""

  scope: str
  inputs: int  # channels
  expanded: int  # equal to inputs where the block does not expand
  channels: int
  kernel_size: int  # of the depthwise convolution
  squeezed: int  # channels of squeeze-and-excite; 0 where there is none
  nonlinearity: str  # 'RE' or 'HS'
  stride: int
  rate: int

  @property
  def expands(self) -> bool:
    """Whether there is an expansion."""
    return self.expanded != self.inputs

  @property
  def has_shortcut(self) -> bool:
    """Whether it adds its inputs to its output."""
    return self.stride == 1 and self.inputs == self.channels


class MobilenetV3(NamedTuple):
  """The network, resolved."""

  stem_channels: int
  blocks: tuple[InvertedResidual, ...]
  last_channels: int  # before the pooling
  feature_channels: int  # after it

  @property
  def num_maps(self) -> int:
    """Layers before the pooling: stem, blocks and the last 1x1."""
    return len(self.blocks) + 2

  @property
  def num_layers(self) -> int:
    """With the pooling and the 1x1 after it: layer_1 .. layer_N."""
    return self.num_maps + 2


def resolve(
  depth_multiplier: float = 1.0,
  finegrain_classification_mode: bool = False,
  output_stride: int | None = None,
  conv_defs: Table | None = None,
) -> MobilenetV3:
  """Resolves one of MobileNetV3's tables.

  Args:
    depth_multiplier: factor on all widths, above 0.
    finegrain_classification_mode: keeps the width of the 1x1 after the pooling,
      as the published models do.
    output_stride: input size over final size: 8, 16, 32 or None (32).
    conv_defs: a Table; V3_LARGE where None.

  Raises:
    InputError: an argument that cannot be.
  """
  arithmetic.check_depth_multiplier(depth_multiplier)
  table = conv_defs or V3_LARGE

  def depth(channels):
    return arithmetic.make_divisible(channels * depth_multiplier)

  return MobilenetV3(
    depth(_STEM_CHANNELS),
    _blocks(table.rows, depth, output_stride),
    depth(table.last_channels),
    table.feature_channels
    if finegrain_classification_mode
    else depth(table.feature_channels),
  )


def _blocks(rows, depth, output_stride):
  """Returns InvertedResiduals; depth(channels): as wide as they are to be."""
  resolved = arithmetic.strides_and_rates(
    [row.stride for row in rows], output_stride
  )
  blocks, inputs = [], depth(_STEM_CHANNELS)
  for row, (stride, rate) in zip(rows, resolved):
    expanded = (
      inputs
      if row.expansion == 1
      else arithmetic.make_divisible(inputs * row.expansion)
    )
    block = InvertedResidual(
      f'expanded_conv_{len(blocks)}' if blocks else 'expanded_conv',
      inputs,
      expanded,
      depth(row.channels),
      row.kernel_size,
      arithmetic.make_divisible(expanded / _SQUEEZE)
      if row.squeeze_excite
      else 0,
      row.nonlinearity,
      stride,
      rate,
    )
    blocks.append(block)
    inputs = block.channels
  return tuple(blocks)


def _squeeze_excite(block, waiting):
  """Lists the 1x1 convolutions of the mean over height and width.

  waiting: values that the block needs later; those that are to be multiplied,
  and their products, are no more than the depthwise convolution has.
  """
  scope = f'{block.scope}/squeeze_excite'
  return [
    Convolution(
      f'{scope}/{name}', 1, inputs, outputs, 1, 1, 1, False, waiting=waiting
    )
    for name, inputs, outputs in (
      ('Conv', block.expanded, block.squeezed),
      ('Conv_1', block.squeezed, block.expanded),
    )
  ]


def _inverted_residual(block, height, width):
  """Lists the Convolutions of a block on an input of height x width."""
  shortcut = block.inputs * height * width if block.has_shortcut else 0
  expand = Convolution(
    f'{block.scope}/expand',
    1,
    block.inputs,
    block.expanded,
    1,
    height,
    width,
    True,
  )
  height, width = _strided(height, width, block.stride)
  depthwise = Convolution(
    f'{block.scope}/depthwise',
    block.kernel_size,
    block.expanded,
    block.expanded,
    block.expanded,
    height,
    width,
    True,
    stride=block.stride,
    waiting=shortcut,
  )
  project = Convolution(
    f'{block.scope}/project',
    1,
    block.expanded,
    block.channels,
    1,
    height,
    width,
    True,
    waiting=shortcut,
    shortcut=shortcut,
    activation=False,
  )
  return [
    *([expand] if block.expands else []),
    depthwise,
    *(
      _squeeze_excite(block, depthwise.values_out + shortcut)
      if block.squeezed
      else []
    ),
    project,
  ]


def _strided(height, width, stride):
  return -(-height // stride), -(-width // stride)


def convolutions(
  spec: MobilenetV3, height: int, width: int, num_classes: int | None
) -> list[Convolution]:
  """Lists the Convolutions of a resolved MobilenetV3 on height x width."""
  height, width = _strided(height, width, 2)
  layers = [
    Convolution(
      'Conv', 3, 3, spec.stem_channels, 1, height, width, True, stride=2
    )
  ]
  for block in spec.blocks:
    layers += _inverted_residual(block, height, width)
    height, width = _strided(height, width, block.stride)
  inputs, last, features = (
    spec.blocks[-1].channels,
    spec.last_channels,
    spec.feature_channels,
  )
  layers += [
    Convolution('Conv_1', 1, inputs, last, 1, height, width, True),
    Convolution('Conv_2', 1, last, features, 1, 1, 1, False),
  ]
  if num_classes:
    layers.append(
      Convolution(
        'Logits/Conv2d_1c_1x1', 1, features, num_classes, 1, 1, 1, False
      )
    )
  return layers
