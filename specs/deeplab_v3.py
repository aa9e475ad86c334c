"""Mobile DeepLabV3 as numbers: a head on MobileNetV2's last 320 channels.

https://arxiv.org/abs/1801.04381, section 6.3; https://arxiv.org/abs/1706.05587.
"""

from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

from base.errors import InputError
from specs import mobilenet_v2
from specs.convolution import Convolution

OUTPUT_STRIDES = (8, 16)
# Those of the three 3x3 branches, by output_stride, where there is an ASPP. The
# mobile network, tables 7 and 8 of the paper, does without.
ATROUS_RATES = {16: (6, 12, 18), 8: (12, 24, 36)}
HEAD_CHANNELS = 256
HEAD_BATCH_NORM_EPSILON = 1e-5  # the backbone has its own
BATCH_NORM_DECAYS = (0.997, 0.9997)  # of the averages: backbone, head
_LAST_BLOCK = 'layer_18'  # expanded_conv_16; Conv_1 is left out


class Backbone(NamedTuple):
  """Arguments of mobilenet() of nets/ and fast/, by their names."""

  depth_multiplier: float
  min_depth: int
  divisible_by: int
  output_stride: int
  final_endpoint: str = _LAST_BLOCK


class Atrous(NamedTuple):
  """A 3x3 branch of the spatial pyramid."""

  scope: str
  rate: int
  separable: bool  # depthwise, then 1x1; otherwise one full convolution


class DeeplabV3(NamedTuple):
  """The network, resolved."""

  backbone: Backbone
  atrous: tuple[Atrous, ...]


def resolve(
  depth_multiplier: float = 1.0,
  output_stride: int = 16,
  atrous_rates: Sequence[int] | None = None,
  aspp_with_separable_conv: bool = True,
) -> DeeplabV3:
  """Resolves the network's options.

  Args:
    depth_multiplier: factor on the backbone's widths; the head keeps its own.
    output_stride: image size over the logits' size, one of OUTPUT_STRIDES.
    atrous_rates: of the spatial pyramid's 3x3 branches, see ATROUS_RATES; None
      or empty for none.
    aspp_with_separable_conv: whether these are separable, as the published code
      has them, or full convolutions, as the paper counts them.

  Returns:
    A DeeplabV3.

  Raises:
    InputError: an argument that cannot be.
  """
  if output_stride not in OUTPUT_STRIDES:
    raise InputError(
      f'output_stride {output_stride!r} is not one of '
      f'{", ".join(map(str, OUTPUT_STRIDES))}.'
    )
  for rate in atrous_rates or ():
    if rate < 1:
      raise InputError(f'atrous_rates: {rate} is not above 0.')
  # As published: all but the full width round to whole channels, not to
  # multiples of 8.
  least = 8 if depth_multiplier == 1.0 else 1
  backbone = Backbone(depth_multiplier, least, least, output_stride)
  _resolved(backbone)  # raises what is wrong with the width
  return DeeplabV3(
    backbone,
    tuple(
      Atrous(f'aspp{number}', rate, aspp_with_separable_conv)
      for number, rate in enumerate(atrous_rates or (), start=1)
    ),
  )


def batch_norm_decays(decay: Any | None) -> tuple[Any, Any]:
  """Returns those of backbone and head.

  decay: of both, or of each; None takes the published.
  """
  if decay is None:
    return BATCH_NORM_DECAYS
  return decay if isinstance(decay, tuple) else (decay, decay)


def _resolved(backbone):
  return mobilenet_v2.resolve(
    backbone.depth_multiplier,
    output_stride=backbone.output_stride,
    min_depth=backbone.min_depth,
    divisible_by=backbone.divisible_by,
  )


def _branch(branch, inputs, height, width):
  """Lists the Convolutions of one Atrous."""
  if not branch.separable:
    return [
      Convolution(
        branch.scope, 3, inputs, HEAD_CHANNELS, 1, height, width, True
      )
    ]
  return [
    Convolution(
      f'{branch.scope}_depthwise',
      3,
      inputs,
      inputs,
      inputs,
      height,
      width,
      True,
    ),
    Convolution(
      f'{branch.scope}_pointwise',
      1,
      inputs,
      HEAD_CHANNELS,
      1,
      height,
      width,
      True,
    ),
  ]


def convolutions(
  spec: DeeplabV3, height: int, width: int, num_classes: int | None
) -> list[Convolution]:
  """Lists the Convolutions of a resolved DeeplabV3 on height x width."""
  *layers, _ = mobilenet_v2.convolutions(
    _resolved(spec.backbone), height, width, None
  )
  inputs, height, width = (
    layers[-1].outputs,
    layers[-1].height,
    layers[-1].width,
  )
  layers += [
    Convolution('image_pooling', 1, inputs, HEAD_CHANNELS, 1, 1, 1, True),
    Convolution('aspp0', 1, inputs, HEAD_CHANNELS, 1, height, width, True),
  ]
  for branch in spec.atrous:
    layers += _branch(branch, inputs, height, width)
  layers.append(
    Convolution(
      'concat_projection',
      1,
      HEAD_CHANNELS * (2 + len(spec.atrous)),
      HEAD_CHANNELS,
      1,
      height,
      width,
      True,
    )
  )
  if num_classes:
    layers.append(
      Convolution(
        'logits/semantic',
        1,
        HEAD_CHANNELS,
        num_classes,
        1,
        height,
        width,
        False,
      )
    )
  return layers
