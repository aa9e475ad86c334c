"""The stored cases of PyTorch's libraries, and files of their weights."""

import json

import numpy as np
from safetensors import numpy as safetensors

from tests.helpers import golden_rule
from tests.helpers import torch_cases


def load_case(name):
  """Returns (description, {'logits', 'feature'}) of a stored case."""
  path = torch_cases.FOLDER / f'{name}.json'
  description = json.loads(path.read_text(encoding='utf-8'))
  return description, dict(np.load(path.with_suffix('.npz')))


def state_dict(name):
  """Returns the weights of a stored case by the library's names."""
  description, _ = load_case(name)
  return {
    key: golden_rule.torch_tensor(key, shape)
    for key, shape in description['shapes'].items()
  }


def write(path, tensors):
  """Writes a .safetensors file; returns its path."""
  safetensors.save_file(
    {key: np.asarray(value) for key, value in tensors.items()}, path
  )
  return path
