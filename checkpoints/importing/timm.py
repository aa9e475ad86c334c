"""timm's names of its networks' layers, in the order of specs/.

timm/models/efficientnet.py and mobilenetv3.py.
"""

from collections.abc import Iterator
import itertools
import json
import os
from typing import Any

from base import errors
from base.errors import InputError
from checkpoints.importing.layers import Layer
from specs import mobilenet_v2 as v2
from specs import mobilenet_v3 as v3

EPSILONS = {'mobilenet_v2': 1e-5, 'mobilenet_v3': 1e-5}
_TENSORFLOWS = 'tf_mobilenetv3'  # slim's own, in timm: begins such names
_NORMALIZATIONS = {
  (0.5, 0.5, 0.5, 0.5, 0.5, 0.5): None,
  (0.485, 0.456, 0.406, 0.229, 0.224, 0.225): 'imagenet',
}


def mobilenet_v2(spec: v2.MobilenetV2) -> Iterator[Layer]:
  """Yields the Layers of MobileNetV2."""
  yield Layer('conv_stem', 'bn1')
  for stage, number, block in _numbered(spec.blocks):
    path = f'blocks.{stage}.{number}'
    yield from _inverted_residual(path, block, squeezes=False)
  yield Layer('conv_head', 'bn2')
  yield Layer('classifier')


def mobilenet_v3(spec: v3.MobilenetV3) -> Iterator[Layer]:
  """Yields the Layers of MobileNetV3, large or small."""
  yield Layer('conv_stem', 'bn1')
  for stage, number, block in _numbered(spec.blocks):
    path = f'blocks.{stage}.{number}'
    yield from _inverted_residual(path, block, squeezes=block.squeezed > 0)
  path = f'blocks.{stage + 1}.0'
  yield Layer(f'{path}.conv', f'{path}.bn1')
  yield Layer('conv_head')
  yield Layer('classifier')


def options(path: str, family: str) -> dict[str, Any]:
  """Returns what evaluation must know beside what a family's names tell.

  What decides is the config.json that timm writes beside a file; where there
  is none, the file's path, for a tf_mobilenetv3_*, whose padding, epsilon and
  pixels are slim's, has the names of timm's own.

  Raises:
    InputError: pixels are scaled in a way that is none of ours.
  """
  config = _read_config(path)
  name = config.get('architecture', path)
  found = {}
  if family == 'mobilenet_v3' and _TENSORFLOWS in name:
    found = {
      'use_explicit_padding': None,
      'batch_norm_epsilon': None,
      'input_normalization': None,
    }
  elif family == 'mobilenet_v3' and not config:
    errors.tell(
      f"{path} is taken for timm's own; if it is of a {_TENSORFLOWS}_*, which "
      "pads, normalises and scales as slim does, put that into the file's name"
    )
  scale = config.get('pretrained_cfg', {})
  if 'mean' in scale and 'std' in scale:
    key = (*scale['mean'], *scale['std'])
    if key not in _NORMALIZATIONS:
      raise InputError(
        f'{path}: its config.json scales pixels by mean {scale["mean"]} and '
        f'std {scale["std"]}, which no option here does'
      )
    found['input_normalization'] = _NORMALIZATIONS[key]
  return found


def _read_config(path):
  """Returns timm's config.json beside a file; {} where there is none."""
  beside = os.path.join(os.path.dirname(path), 'config.json')
  try:
    with open(beside, encoding='utf-8') as file:
      config = json.load(file)
  except (OSError, ValueError):
    return {}
  is_timms = isinstance(config, dict) and 'architecture' in config
  return config if is_timms else {}


def _numbered(blocks):
  """Yields (stage, number in it, block): a stage's blocks are of one width."""
  stages = itertools.groupby(blocks, key=lambda block: block.channels)
  for stage, (_, members) in enumerate(stages):
    for number, block in enumerate(members):
      yield stage, number, block


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
