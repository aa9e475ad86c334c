"""timm's names of its networks' layers, in the order of specs/.

timm/models/efficientnet.py and mobilenetv3.py.
"""

from collections.abc import Iterator
import itertools
import json
import os
from typing import Any

from base.errors import InputError
from checkpoints.importing.torch_layers import Layer
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


def options(path: str, family: str) -> tuple[dict[str, Any], tuple[str, ...]]:
  """Returns what evaluation must know beside what names tell; lines about it.

  timm's config.json beside a file decides; where there is none, the path: the
  tf_mobilenetv3_* have the same names, but slim's padding, epsilon and pixels.

  Raises:
    InputError: pixels are scaled in a way that is none of ours.
  """
  config = _read_config(path)
  found, notes = {}, ()
  if family == 'mobilenet_v3':
    if _TENSORFLOWS in str(config.get('architecture', path)):
      found = dict.fromkeys(
        ('use_explicit_padding', 'batch_norm_epsilon', 'input_normalization')
      )
    elif not config:
      notes = (
        f"Taken for timm's own; a {_TENSORFLOWS}_* needs that in its file's "
        'name.',
      )
  if 'pretrained_cfg' in config:
    found['input_normalization'] = _normalization(path, config)
  return found, notes


def _normalization(path, config):
  """Returns the option for the pixels that a config.json has."""
  try:
    scale = config['pretrained_cfg']
    return _NORMALIZATIONS[(*scale['mean'], *scale['std'])]
  except (KeyError, TypeError) as error:
    raise InputError(
      f'{path}: the mean and std of pixels in the config.json beside it are '
      "neither ImageNet's nor 0.5, which are the options here"
    ) from error


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
