"""SSDLite on MobileNetV2 as a table of numbers.

https://arxiv.org/abs/1801.04381, section 6.2, with what the published
ssdlite_mobilenet_v2_coco of TensorFlow's object detection API adds to it; SSD:
https://arxiv.org/abs/1512.02325.
"""

import math
from typing import Any
from typing import NamedTuple

from specs import mobilenet_v2
from specs.convolution import Convolution

# Feature maps 0 and 1 are end points of the backbone: what the first block of
# stride 32 expands at stride 16, and the last 1x1.
BACKBONE_MAPS = ('layer_15/expansion_output', 'layer_19')
_EXPANDED_BLOCK = 15 - 2  # layer_2 is block 0
_STRIDE_OF_FIRST_MAP = 16
# Each further map is made of the one before, at half its size.
_EXTRA_CHANNELS = (512, 256, 256, 128)
BOX_VALUES = 4

_LOWEST_SCALE = 0.1
# Of the six maps, and of an image as a whole.
_SCALES = (0.2, 0.35, 0.5, 0.65, 0.8, 0.95, 1.0)
_ASPECT_RATIOS = (1.0, 2.0, 0.5, 3.0, 0.3333)


class AnchorShape(NamedTuple):
  """One anchor of each cell of a feature map."""

  scale: float  # sqrt(height * width), as part of the image
  aspect_ratio: float  # width over height


def _anchor_shapes(scale, next_scale):
  return (
    *(AnchorShape(scale, ratio) for ratio in _ASPECT_RATIOS),
    AnchorShape(math.sqrt(scale * next_scale), 1.0),
  )


# By feature map, in the order of the heads' channels. The first map has fewer
# and a smaller one: it has most of the cells.
ANCHOR_SHAPES = (
  (
    AnchorShape(_LOWEST_SCALE, 1.0),
    AnchorShape(_SCALES[0], 2.0),
    AnchorShape(_SCALES[0], 0.5),
  ),
  *(_anchor_shapes(*scales) for scales in zip(_SCALES[1:], _SCALES[2:])),
)


class Predictions(NamedTuple):
  """What a detector returns in place of logits: float32 tensors.

  Anchors are in the order of maps, rows, columns and ANCHOR_SHAPES, the last
  of which changes fastest.
  """

  box_encodings: Any  # [batch, anchors, 4]: ty, tx, th, tw
  class_logits: Any  # [batch, anchors, 1 + num_classes]: the background first


class Extra(NamedTuple):
  """A feature map after the backbone: 1x1, depthwise 3x3 of stride 2, 1x1."""

  squeeze_scope: str
  squeezed: int  # channels
  scope: str
  channels: int


class Head(NamedTuple):
  """What predicts boxes and classes from one feature map."""

  scope: str
  inputs: int  # channels
  anchors: int  # of a cell


class Ssdlite(NamedTuple):
  """The network, resolved."""

  backbone: mobilenet_v2.MobilenetV2
  extras: tuple[Extra, ...]
  heads: tuple[Head, ...]


def resolve(depth_multiplier: float = 1.0, min_depth: int = 16) -> Ssdlite:
  """Resolves SSDLite's table.

  Args:
    depth_multiplier: factor on all widths, the last layer's included; above 0.
    min_depth: least number of channels.

  Returns:
    An Ssdlite.

  Raises:
    InputError: an argument that cannot be.
  """
  backbone = mobilenet_v2.resolve(depth_multiplier, min_depth=min_depth)

  def depth(channels):
    return max(int(channels * depth_multiplier), min_depth)

  extras = []
  for number, channels in enumerate(_EXTRA_CHANNELS, len(BACKBONE_MAPS)):
    squeezed, channels = depth(channels / 2), depth(channels)
    extras.append(
      Extra(
        f'layer_19_1_Conv2d_{number}_1x1_{squeezed}',
        squeezed,
        f'layer_19_2_Conv2d_{number}_3x3_s2_{channels}',
        channels,
      )
    )
  channels_of_maps = (
    backbone.blocks[_EXPANDED_BLOCK].expanded,
    backbone.last_channels,
    *(extra.channels for extra in extras),
  )
  heads = tuple(
    Head(f'BoxPredictor_{number}', channels, len(shapes))
    for number, (channels, shapes) in enumerate(
      zip(channels_of_maps, ANCHOR_SHAPES)
    )
  )
  return Ssdlite(backbone, tuple(extras), heads)


def feature_map_sizes(height: int, width: int) -> tuple[tuple[int, int], ...]:
  """Returns (height, width) of the feature maps of height x width pixels."""
  strides = [_STRIDE_OF_FIRST_MAP * 2**number for number in range(6)]
  return tuple((-(-height // by), -(-width // by)) for by in strides)


def _extra_convolutions(extra, inputs, before, after):
  """before, after: (height, width) of the map before, and of this one."""
  scope, squeezed = (
    f'FeatureExtractor/MobilenetV2/{extra.scope}',
    extra.squeezed,
  )
  return [
    Convolution(
      f'FeatureExtractor/MobilenetV2/{extra.squeeze_scope}',
      1,
      inputs,
      squeezed,
      1,
      *before,
      True,
    ),
    Convolution(
      f'{scope}_depthwise',
      3,
      squeezed,
      squeezed,
      squeezed,
      *after,
      True,
      stride=2,
    ),
    Convolution(scope, 1, squeezed, extra.channels, 1, *after, True),
  ]


def _head_convolutions(head, size, num_classes):
  layers = []
  for branch, values in (
    ('BoxEncodingPredictor', BOX_VALUES),
    ('ClassPredictor', 1 + num_classes),
  ):
    scope, inputs = f'{head.scope}/{branch}', head.inputs
    layers += [
      Convolution(f'{scope}_depthwise', 3, inputs, inputs, inputs, *size, True),
      Convolution(scope, 1, inputs, head.anchors * values, 1, *size, False),
    ]
  return layers


def convolutions(
  spec: Ssdlite, height: int, width: int, num_classes: int
) -> list[Convolution]:
  """Lists the Convolutions of a resolved Ssdlite on height x width.

  num_classes does not count the background.
  """
  sizes = feature_map_sizes(height, width)
  layers = [
    layer._replace(scope=f'FeatureExtractor/MobilenetV2/{layer.scope}')
    for layer in mobilenet_v2.convolutions(spec.backbone, height, width, None)
  ]
  inputs = spec.backbone.last_channels
  for extra, before, after in zip(spec.extras, sizes[1:], sizes[2:]):
    layers += _extra_convolutions(extra, inputs, before, after)
    inputs = extra.channels
  for head, size in zip(spec.heads, sizes):
    layers += _head_convolutions(head, size, num_classes)
  return layers
