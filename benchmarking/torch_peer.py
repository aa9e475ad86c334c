"""timm's network in PyTorch, with the weights that the other rows have.

export/ makes no file for PyTorch, so they go into timm's own network, which
pads as PyTorch does: it is compared with ours, told to pad so.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from base import extras
from benchmarking import weights

# Our name -> timm's; those whose layers come in the same order.
NETWORKS = {
  'mobilenet_v2': 'mobilenetv2_100',
  'mobilenet_v2_140': 'mobilenetv2_140',
  'mobilenet_v2_075': 'mobilenetv2_075',
  'mobilenet_v2_050': 'mobilenetv2_050',
  'mobilenet_v2_035': 'mobilenetv2_035',
}
_HALF = 127.5
_OF_BATCH_NORM = {
  'gamma': 'weight',
  'beta': 'bias',
  'moving_mean': 'running_mean',
  'moving_variance': 'running_var',
}


def open_network(
  network: str, folder: str, compute_dtype: str, threads: int
) -> tuple[Callable[[np.ndarray], Any], Callable[[Any], np.ndarray]]:
  """Returns (prepare, compute): channels_last, frozen and compiled.

  prepare takes float32 pixels [batch, height, width, 3], 0 .. 255, to what
  compute takes, which returns probabilities.

  Args:
    network: one of NETWORKS.
    folder: of the weights.
    compute_dtype: 'float32' or 'bfloat16'.
    threads: how many it uses.
  """
  torch, timm = extras.load('torch'), extras.load('timm')
  torch.set_num_threads(threads)
  dtype = getattr(torch, compute_dtype)
  values = weights.read_values(folder)
  classes = len(values['biases'][0])
  model = timm.create_model(NETWORKS[network], num_classes=classes).eval()
  _fill(torch, model, values)
  model = model.to(dtype=dtype, memory_format=torch.channels_last)
  extras.load('torch._inductor.config').freezing = True
  compiled = torch.compile(model)

  def prepare(pixels):
    images = torch.from_numpy(pixels / np.float32(_HALF) - 1)
    # [batch, 3, height, width] in the order in which it lies there.
    return images.permute(0, 3, 1, 2).to(dtype)

  def compute(images):
    with torch.inference_mode():
      return compiled(images).softmax(-1).float().numpy()

  return prepare, compute


def _fill(torch, model, values):
  """Gives the layers their values, in the order in which they compute."""
  iterators = {leaf: iter(of) for leaf, of in values.items()}

  def take(leaf, shape):
    value = next(iterators[leaf])
    if leaf == 'weights':
      if value.shape[-1] == 1 and value.shape[:2] != (1, 1):  # depthwise
        value = value.swapaxes(2, 3)
      value = value.transpose(3, 2, 0, 1)
    return torch.from_numpy(np.ascontiguousarray(value)).reshape(shape)

  with torch.no_grad():
    for layer in model.modules():
      if isinstance(layer, torch.nn.BatchNorm2d):
        for leaf, name in _OF_BATCH_NORM.items():
          to = getattr(layer, name)
          to.copy_(take(leaf, to.shape))
      elif isinstance(layer, (torch.nn.Conv2d, torch.nn.Linear)):
        layer.weight.copy_(take('weights', layer.weight.shape))
        if layer.bias is not None:
          layer.bias.copy_(take('biases', layer.bias.shape))
