"""MobileNetV1 as a table of numbers.

https://arxiv.org/abs/1704.04861, table 1.
"""

from collections.abc import Sequence
from typing import NamedTuple

from base.errors import InputError
from specs import arithmetic
from specs.convolution import Convolution


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


def _square(kernel):
  height, width = kernel
  if height != width:
    raise InputError(f'Kernel {kernel} is not square.')
  return height


def resolve(
  depth_multiplier: float = 1.0,
  output_stride: int | None = None,
  conv_defs: Sequence = MOBILENET_V1,
  min_depth: int = 8,
  final_endpoint: str | None = None,
) -> tuple[Layer, ...]:
  """Resolves MobileNetV1's table; returns a tuple of Layer.

  final_endpoint, a Layer's scope, makes it the last; output_stride as in
  strides_and_rates.

  Raises:
    InputError: an argument that cannot be.
  """
  arithmetic.check_depth_multiplier(depth_multiplier)
  resolved = arithmetic.strides_and_rates(
    [row.stride for row in conv_defs], output_stride, reached=1
  )
  layers, inputs = [], 3
  for number, (row, steps) in enumerate(zip(conv_defs, resolved)):
    scope, kernel_size = f'Conv2d_{number}', _square(row.kernel)
    channels = max(int(row.depth * depth_multiplier), min_depth)
    if isinstance(row, Conv):
      layers.append(Layer(scope, False, kernel_size, channels, *steps))
    else:
      layers += [
        Layer(f'{scope}_depthwise', True, kernel_size, inputs, *steps),
        Layer(f'{scope}_pointwise', False, 1, channels, 1, 1),
      ]
    inputs = channels
  scopes = [layer.scope for layer in layers]
  if final_endpoint not in (None, *scopes):
    raise InputError(
      f'final_endpoint {final_endpoint!r} is not one of {", ".join(scopes)}.'
    )
  return tuple(layers[: scopes.index(final_endpoint or scopes[-1]) + 1])


def convolutions(
  layers: Sequence[Layer], height: int, width: int, num_classes: int | None
) -> list[Convolution]:
  """Lists the Convolutions of MobileNetV1's Layers on height x width."""
  listed, inputs = [], 3
  for scope, is_depthwise, kernel_size, channels, stride, _ in layers:
    height, width = -(-height // stride), -(-width // stride)
    listed.append(
      Convolution(
        scope,
        kernel_size,
        inputs,
        channels,
        inputs if is_depthwise else 1,
        height,
        width,
        True,
        stride=stride,
      )
    )
    inputs = channels
  if num_classes:
    listed.append(
      Convolution(
        'Logits/Conv2d_1c_1x1', 1, inputs, num_classes, 1, 1, 1, False
      )
    )
  return listed
