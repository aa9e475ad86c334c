"""mmpretrain's names of its networks' layers, in the order of specs/.

mmpretrain/models/backbones/mobilenet_v2.py, mobilenet_v3.py, shufflenet_v1.py,
with the heads of its configs.
"""

from collections.abc import Iterator
import itertools

from checkpoints.importing.torch_layers import Layer
from specs import mobilenet_v2 as v2
from specs import mobilenet_v3 as v3
from specs import shufflenet_v1 as v1

EPSILONS = {'mobilenet_v2': 1e-5, 'mobilenet_v3': 1e-3, 'shufflenet_v1': 1e-5}


def mobilenet_v2(spec: v2.MobilenetV2) -> Iterator[Layer]:
  """Yields the Layers of MobileNetV2."""
  yield _normalized('conv1')
  stages = itertools.groupby(spec.blocks, key=lambda block: block.channels)
  for stage, (_, blocks) in enumerate(stages, start=1):
    for number, block in enumerate(blocks):
      for index in range(3 if block.expands else 2):
        yield _normalized(f'layer{stage}.{number}.conv.{index}')
  yield _normalized('conv2')
  yield Layer('head.fc')


def mobilenet_v3(spec: v3.MobilenetV3) -> Iterator[Layer]:
  """Yields the Layers of MobileNetV3, large or small."""
  yield _normalized('layer0')
  for number, block in enumerate(spec.blocks, start=1):
    path = f'layer{number}'
    if block.expands:
      yield _normalized(f'{path}.expand_conv')
    yield _normalized(f'{path}.depthwise_conv')
    if block.squeezed:
      yield Layer(f'backbone.{path}.se.conv1.conv')
      yield Layer(f'backbone.{path}.se.conv2.conv')
    yield _normalized(f'{path}.linear_conv')
  yield _normalized(f'layer{len(spec.blocks) + 1}')
  yield Layer('head.layers.0.fc')
  yield Layer('head.layers.1.fc')


def shufflenet_v1(spec: v1.ShufflenetV1) -> Iterator[Layer]:
  """Yields the Layers of ShuffleNetV1."""
  yield _normalized('conv1')
  for stage, repeats in enumerate(v1.UNITS):
    for number in range(repeats):
      for name in (
        'g_conv_1x1_compress',
        'depthwise_conv3x3_bn',
        'g_conv_1x1_expand',
      ):
        yield _normalized(f'layers.{stage}.{number}.{name}')
  yield Layer('head.fc')


def _normalized(path):
  return Layer(f'backbone.{path}.conv', f'backbone.{path}.bn')
