"""Deterministic variables and images, to compare number by number.

Every value follows from the variable's name and shape alone.
"""

import zlib

import numpy as np

# Of PyTorch's kernels, to those of variable(): at 1, what timm's MobileNetV3
# computes in float32 is 1e-4 from what it computes in float64; here it is 3e-6.
_TORCH_GAIN = np.float32(0.9)


def variable(name, shape):
  """Returns the float32 value of variable `name` (no ':0'), HWIO kernels."""
  rng = np.random.Generator(np.random.Philox(key=zlib.crc32(name.encode())))
  leaf = name.rsplit('/', 1)[-1]
  if leaf in ('gamma', 'moving_variance'):
    value = rng.uniform(0.5, 1.5, shape)
  elif leaf in ('beta', 'moving_mean', 'biases', 'bias'):
    value = rng.normal(0.0, 0.1, shape)
  else:  # a kernel: He-normal over what one output sums
    kept = shape[:-2] if leaf == 'depthwise_weights' else shape[:-1]
    value = rng.normal(0.0, np.sqrt(2.0 / np.prod(kept)), shape)
  return value.astype(np.float32)


def torch_tensor(name, shape):
  """Returns the float32 value of `name` of a PyTorch state dict, OIHW kernels.

  Counters (num_batches_tracked) are int64.
  """
  leaf = name.rpartition('.')[2]
  if leaf == 'num_batches_tracked':
    return np.int64(0)
  if leaf == 'weight':
    # A batch norm's, or a kernel, which variable() takes for its last axis.
    if len(shape) == 1:
      return variable(f'{name}/gamma', shape)
    outputs, *kept = shape
    value = _TORCH_GAIN * variable(f'{name}/weights', [*kept, outputs])
    return np.ascontiguousarray(np.moveaxis(value, -1, 0))
  leaf = {'running_var': 'moving_variance', 'running_mean': 'moving_mean'}.get(
    leaf, leaf
  )
  return variable(f'{name}/{leaf}', shape)


def images(batch, height, width, seed=0):
  """Returns [batch, height, width, 3] float32 in [-1, 1]."""
  rng = np.random.Generator(np.random.Philox(key=1000 + seed))
  return rng.uniform(-1.0, 1.0, [batch, height, width, 3]).astype(np.float32)


def labels(batch, num_classes, seed=0):
  """Returns [batch] int64 in [0, num_classes)."""
  rng = np.random.Generator(np.random.Philox(key=2000 + seed))
  return rng.integers(0, num_classes, batch).astype(np.int64)


def normal(shape, seed=0):
  """Returns `shape` float32 drawn from the standard normal distribution."""
  rng = np.random.Generator(np.random.Philox(key=3000 + seed))
  return rng.normal(0.0, 1.0, shape).astype(np.float32)


def pixels(height, width, seed=0):
  """Returns [height, width, 3] uint8."""
  rng = np.random.Generator(np.random.Philox(key=4000 + seed))
  return rng.integers(0, 256, [height, width, 3]).astype(np.uint8)
