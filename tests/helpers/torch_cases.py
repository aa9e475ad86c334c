"""Makes the stored cases of PyTorch's libraries: tests/golden/torch/.

  python -m tests.helpers.torch_cases [NAME ...]

It is run by hand, where torch and the libraries of the NAMEs are installed; no
test imports them. (Tried with torch 2.13.0, torchvision 0.28.0, timm 1.0.31,
mmpretrain 1.2.0 on mmcv-lite 2.2.0 and mmengine-lite 0.10.7.)

A case is what a library's own network computes of two images, in float64, by
the library's own scaling of pixels, at weights that follow from their names and
shapes: golden_rule.torch_tensor. NAME.json has library, versions, model, and
all names and shapes; NAME.npz the logits and 64 values of a feature map.
"""

import json
import pathlib
import sys
from typing import NamedTuple

import numpy as np

from tests.helpers import golden_rule

FOLDER = pathlib.Path(__file__).absolute().parents[1] / 'golden' / 'torch'
NUM_CLASSES = 10
SIZE = 64  # pixels, of height and width


class Case(NamedTuple):
  """A library's network, and which of ours it is."""

  library: str
  model: str
  network: str  # ours
  feature: str  # the library's module
  end_point: str  # ours


CASES = {
  f'{case.library}_{case.model}': case
  for case in (
    Case(
      'torchvision', 'mobilenet_v2', 'mobilenet_v2', 'features.7', 'layer_8'
    ),
    Case(
      'torchvision',
      'mobilenet_v3_large',
      'mobilenet_v3_large',
      'features.7',
      'layer_8',
    ),
    Case(
      'torchvision',
      'mobilenet_v3_small',
      'mobilenet_v3_small',
      'features.7',
      'layer_8',
    ),
    Case('timm', 'mobilenetv2_050', 'mobilenet_v2_050', 'blocks.2', 'layer_7'),
    Case(
      'timm',
      'mobilenetv3_large_100',
      'mobilenet_v3_large',
      'blocks.2',
      'layer_7',
    ),
    Case(
      'timm',
      'mobilenetv3_small_075',
      'mobilenet_v3_small_075',
      'blocks.2',
      'layer_7',
    ),
    Case(
      'timm',
      'tf_mobilenetv3_small_100',
      'mobilenet_v3_small',
      'blocks.2',
      'layer_7',
    ),
    Case(
      'mmpretrain', 'MobileNetV2', 'mobilenet_v2', 'backbone.layer3', 'layer_7'
    ),
    Case(
      'mmpretrain',
      'MobileNetV3_small',
      'mobilenet_v3_small',
      'backbone.layer7',
      'layer_8',
    ),
    Case(
      'mmpretrain',
      'ShuffleNetV1',
      'shufflenet_v1',
      'backbone.layers.0',
      'Stage2',
    ),
  )
}


def images():
  """Returns the images, uint8 [2, SIZE, SIZE, 3]."""
  return np.stack([golden_rule.pixels(SIZE, SIZE, seed) for seed in (0, 1)])


def _torchvision(name):
  """Returns (model, means, standard deviations of pixels from 0 to 255)."""
  from torchvision import models
  from torchvision.transforms import _presets

  scale = _presets.ImageClassification(crop_size=SIZE)
  return (
    models.get_model(name, weights=None, num_classes=NUM_CLASSES),
    255 * np.array(scale.mean),
    255 * np.array(scale.std),
  )


def _timm(name):
  import timm

  model = timm.create_model(name, num_classes=NUM_CLASSES)
  config = model.pretrained_cfg
  return model, 255 * np.array(config['mean']), 255 * np.array(config['std'])


# Of mmpretrain's backbones, as configs/_base_/models/ has them.
_HEADS = {
  'MobileNetV2': {'type': 'LinearClsHead', 'in_channels': 1280},
  'MobileNetV3': {
    'type': 'StackedLinearClsHead',
    'in_channels': 576,
    'mid_channels': [1024],
    'act_cfg': {'type': 'HSwish'},
  },
  'ShuffleNetV1': {'type': 'LinearClsHead', 'in_channels': 960},
}


def _mmpretrain(name):
  from mmpretrain.models import build_classifier

  backbone, _, arch = name.partition('_')
  model = build_classifier(
    {
      'type': 'ImageClassifier',
      'backbone': {'type': backbone, **({'arch': arch} if arch else {})},
      'neck': {'type': 'GlobalAveragePooling'},
      'head': {**_HEADS[backbone], 'num_classes': NUM_CLASSES},
    }
  )
  # configs/_base_/datasets/imagenet_bs64.py
  mean, std = [123.675, 116.28, 103.53], [58.395, 57.12, 57.375]
  return model, np.array(mean), np.array(std)


_MAKERS = {
  'torchvision': _torchvision,
  'timm': _timm,
  'mmpretrain': _mmpretrain,
}


def _compute(model, batch, feature):
  """Returns the logits, and the feature map as [2, height, width, channels]."""
  import torch

  kept = []
  model.get_submodule(feature).register_forward_hook(
    lambda module, inputs, output: kept.append(output)
  )
  with torch.no_grad():
    logits = model.eval().double()(torch.from_numpy(batch))
  return logits.numpy(), kept[0].permute(0, 2, 3, 1).numpy()


def _make(name):
  """Computes a case, and writes its two files."""
  import importlib.metadata

  import torch

  case = CASES[name]
  model, mean, std = _MAKERS[case.library](case.model)
  shapes = {key: list(value.shape) for key, value in model.state_dict().items()}
  model.load_state_dict(
    {
      key: torch.from_numpy(np.array(golden_rule.torch_tensor(key, shape)))
      for key, shape in shapes.items()
    }
  )
  batch = ((images() - mean) / std).transpose(0, 3, 1, 2)
  logits, feature = _compute(model, batch, case.feature)
  versions = {
    package: importlib.metadata.version(package)
    for package in ('torch', case.library)
  }
  head = json.dumps({**case._asdict(), 'versions': versions}, indent=1)
  rows = ',\n'.join(
    f'  {json.dumps(key)}: {json.dumps(shape)}' for key, shape in shapes.items()
  )
  FOLDER.mkdir(exist_ok=True)
  (FOLDER / f'{name}.json').write_text(
    f'{head[:-2]},\n "shapes": {{\n{rows}\n }}\n}}\n', encoding='utf-8'
  )
  flat = feature.reshape(-1)
  places = np.linspace(0, flat.size - 1, 64).astype(int)
  np.savez_compressed(
    FOLDER / f'{name}.npz',
    logits=logits.astype(np.float32),
    feature=flat[places].astype(np.float32),
  )
  print(f'{name}: logits up to {np.abs(logits).max():.3g}')


if __name__ == '__main__':
  for argument in sys.argv[1:] or CASES:
    _make(argument)
