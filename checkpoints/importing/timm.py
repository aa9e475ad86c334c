"""timm's names of its networks' layers, in the order of specs/.

timm/models/efficientnet.py and mobilenetv3.py.
"""

from collections.abc import Iterator
import itertools

from checkpoints.importing.layers import Layer
from specs import mobilenet_v2 as v2
from specs import mobilenet_v3 as v3

EPSILONS = {'mobilenet_v2': 1e-5, 'mobilenet_v3': 1e-5}


def mobilenet_v2(spec: v2.MobilenetV2) -> Iterator[Layer]:
  """Yields the Layers of MobileNetV2."""
  yield Layer('conv_stem', 'bn1')
  for path, block in _paths(spec.blocks):
    yield from _inverted_residual(path, block, squeezes=False)
  yield Layer('conv_head', 'bn2')
  yield Layer('classifier')


def mobilenet_v3(spec: v3.MobilenetV3) -> Iterator[Layer]:
  """Yields the Layers of MobileNetV3, large or small."""
  yield Layer('conv_stem', 'bn1')
  stages = 0
  for path, block in _paths(spec.blocks):
    yield from _inverted_residual(path, block, squeezes=block.squeezed > 0)
    stages = int(path.split('.')[1]) + 1
  yield Layer(f'blocks.{stages}.0.conv', f'blocks.{stages}.0.bn1')
  yield Layer('conv_head')
  yield Layer('classifier')


def _paths(blocks):
  """Yields (path, block): stages are of blocks of one width."""
  stages = itertools.groupby(blocks, key=lambda block: block.channels)
  for stage, (_, members) in enumerate(stages):
    for number, block in enumerate(members):
      yield f'blocks.{stage}.{number}', block


def _inverted_residual(path, block, squeezes):
  convolutions = (
    ('conv_pw', 'conv_dw', 'conv_pwl')
    if block.expands
    else ('conv_dw', 'conv_pw')
  )
  for number, name in enumerate(convolutions, start=1):
    yield Layer(f'{path}.{name}', f'{path}.bn{number}')
    if squeezes and name == 'conv_dw':
      yield Layer(f'{path}.se.conv_reduce')
      yield Layer(f'{path}.se.conv_expand')
