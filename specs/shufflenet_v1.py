"""ShuffleNetV1 as tables of numbers, and the integer arithmetic on them."""

from typing import NamedTuple

from base.errors import InputError
from specs.convolution import Convolution

# https://arxiv.org/abs/1707.01083, table 1: units of stages 2, 3 and 4;
# channels of stage 2 by groups, doubled at each later stage.
UNITS = (4, 8, 4)
CHANNELS = {1: 144, 2: 200, 3: 240, 4: 272, 8: 384}
# The published stems do not grow in step with depth_multiplier.
STEMS = {0.5: 12, 1.0: 24, 1.5: 24, 2.0: 48}


class ShuffleUnit(NamedTuple):
  """Grouped 1x1, depthwise 3x3, shuffle, grouped 1x1; then the shortcut."""

  scope: str
  inputs: int  # channels
  bottleneck: int
  channels: int
  stride: int  # at 2 the shortcut is concatenated, at 1 added
  first_groups: int  # of the first 1x1; the second has the network's
  end_points: tuple[str, ...]  # the output's names

  @property
  def branch(self) -> int:
    """Channels of the second 1x1."""
    return self.channels - self.inputs if self.stride == 2 else self.channels


class ShufflenetV1(NamedTuple):
  """The network, resolved."""

  stem_channels: int
  groups: int
  units: tuple[ShuffleUnit, ...]


def resolve(depth_multiplier: float = 1.0, groups: int = 3) -> ShufflenetV1:
  """Resolves ShuffleNetV1's table; returns a ShufflenetV1.

  Raises:
    InputError: no such network is in the table, or groups do not divide it.
  """
  for key, value, table in (
    ('depth_multiplier', depth_multiplier, STEMS),
    ('groups', groups, CHANNELS),
  ):
    if value not in table:
      raise InputError(
        f'ShuffleNetV1 has no {key} {value}; there are '
        f'{", ".join(map(str, table))}.'
      )
  channels = int(CHANNELS[groups] * depth_multiplier)
  if channels // 4 % groups:
    raise InputError(
      f'ShuffleNetV1 at depth_multiplier {depth_multiplier} has '
      f'no {groups} groups: they do not divide the '
      f'{channels // 4} bottleneck channels of stage 2.'
    )
  # Rounded up to whole groups, as published: 16 with 8 groups at 0.5.
  stem_channels = -(-STEMS[depth_multiplier] // groups) * groups
  inputs, units = stem_channels, []
  for stage, repeats in enumerate(UNITS, start=2):
    for number in range(1, repeats + 1):
      scope = f'Stage{stage}/Unit_{number}'
      units.append(
        ShuffleUnit(
          scope,
          inputs,
          channels // 4,
          channels,
          stride=2 if number == 1 else 1,
          first_groups=groups if units else 1,
          end_points=(
            (scope, f'Stage{stage}') if number == repeats else (scope,)
          ),
        )
      )
      inputs = channels
    channels *= 2
  return ShufflenetV1(stem_channels, groups, tuple(units))


def convolutions(
  spec: ShufflenetV1, height: int, width: int, num_classes: int | None
) -> list[Convolution]:
  """Lists the Convolutions of a resolved ShufflenetV1 on height x width."""
  height, width = -(-height // 2), -(-width // 2)
  layers = [
    Convolution(
      'Conv1', 3, 3, spec.stem_channels, 1, height, width, True, stride=2
    )
  ]
  height, width = -(-height // 2), -(-width // 2)  # the max pool
  for unit in spec.units:
    layers.append(
      Convolution(
        f'{unit.scope}/gconv1',
        1,
        unit.inputs,
        unit.bottleneck,
        unit.first_groups,
        height,
        width,
        True,
      )
    )
    waiting = unit.inputs * height * width  # the shortcut
    height, width = -(-height // unit.stride), -(-width // unit.stride)
    layers += [
      Convolution(
        f'{unit.scope}/depthwise',
        3,
        unit.bottleneck,
        unit.bottleneck,
        unit.bottleneck,
        height,
        width,
        True,
        stride=unit.stride,
        waiting=waiting,
        activation=False,
      ),
      Convolution(
        f'{unit.scope}/gconv2',
        1,
        unit.bottleneck,
        unit.branch,
        spec.groups,
        height,
        width,
        True,
        waiting=waiting,
        shortcut=waiting if unit.stride == 1 else 0,
      ),
    ]
  if num_classes:
    layers.append(
      Convolution(
        'Logits/Conv2d_1c_1x1',
        1,
        spec.units[-1].channels,
        num_classes,
        1,
        1,
        1,
        False,
      )
    )
  return layers
