"""torchvision's names of its networks' layers, in the order of specs/.

torchvision/models/mobilenetv2.py and mobilenetv3.py.
"""

from collections.abc import Iterator

from checkpoints.importing.torch_layers import Layer
from specs import mobilenet_v2 as v2
from specs import mobilenet_v3 as v3

EPSILONS = {'mobilenet_v2': 1e-5, 'mobilenet_v3': 1e-3}


def mobilenet_v2(spec: v2.MobilenetV2) -> Iterator[Layer]:
  """Yields the Layers of MobileNetV2."""
  yield _normalized('features.0')
  for number, block in enumerate(spec.blocks, start=1):
    path = f'features.{number}.conv'
    last = 2 if block.expands else 1
    for index in range(last):
      yield _normalized(f'{path}.{index}')
    yield Layer(f'{path}.{last}', f'{path}.{last + 1}')
  yield _normalized(f'features.{len(spec.blocks) + 1}')
  yield Layer('classifier.1')


def mobilenet_v3(spec: v3.MobilenetV3) -> Iterator[Layer]:
  """Yields the Layers of MobileNetV3, large or small."""
  yield _normalized('features.0')
  for number, block in enumerate(spec.blocks, start=1):
    path = f'features.{number}.block'
    index = 1 if block.expands else 0  # of depthwise
    if block.expands:
      yield _normalized(f'{path}.0')
    yield _normalized(f'{path}.{index}')
    if block.squeezed:
      index += 1
      yield Layer(f'{path}.{index}.fc1')
      yield Layer(f'{path}.{index}.fc2')
    yield _normalized(f'{path}.{index + 1}')
  yield _normalized(f'features.{len(spec.blocks) + 1}')
  yield Layer('classifier.0')
  yield Layer('classifier.3')


def _normalized(path):
  return Layer(f'{path}.0', f'{path}.1')
