"""The weights that all rows of --runtimes share, and what they must compute.

No TensorFlow: the processes of other runtimes do without.
"""

import collections
import os

import numpy as np

from base.errors import InputError

NUM_COMPARED = 8  # images
CHECKPOINT = 'model.ckpt-0'
# Logits by TensorFlow, float32; and those of a network that pads as PyTorch.
EXPECTED, EXPECTED_OF_TORCH = 'expected.npy', 'expected_of_torch.npy'
_VALUES = 'values.npz'
_LEAST = np.float32(1e-30)  # of which the logarithm is finite

# How far logits may be from TensorFlow's, as part of the largest. float32: sums
# in another order, 5e-5 was seen. bfloat16: 8 bits of each value; docs/
# precision.md has 5.2 % at random weights. A wrong layer is at a half and more.
_BOUNDS = {'float32': 1e-3, 'float16': 0.05, 'bfloat16': 0.15}


def images(count: int, image_size: int) -> np.ndarray:
  """Returns float32 [count, size, size, 3] in [-1, 1], ever the same.

  NUM_COMPARED, each in colours of its own, over and over.
  """
  rng, shape = np.random.default_rng(0), (image_size, image_size, 3)
  colours = np.sort(rng.uniform(-1, 1, (NUM_COMPARED, 2, 3)), 1)
  some = np.float32([rng.uniform(*of, shape) for of in colours])
  return some[np.arange(count) % NUM_COMPARED]


def write_values(folder: str, values_by_name: dict[str, np.ndarray]) -> None:
  """Keeps the variables' values, in the order in which layers compute."""
  np.savez(
    os.path.join(folder, _VALUES),
    **{
      f'{number} {name.split("/")[-1].removeprefix("depthwise_")}': value
      for number, (name, value) in enumerate(values_by_name.items())
    },
  )


def read_values(folder: str) -> dict[str, list[np.ndarray]]:
  """Returns them by the last part of their names, 'weights' or 'gamma'."""
  values = collections.defaultdict(list)
  with np.load(os.path.join(folder, _VALUES)) as file:
    for name in file.files:
      values[name.split()[-1]].append(file[name])
  return dict(values)


def logits_of(probabilities: np.ndarray) -> np.ndarray:
  """Returns logits, up to what is added to all of them."""
  return np.log(np.maximum(np.float32(probabilities), _LEAST))


def check(logits: np.ndarray, path: str, compute_dtype: str) -> None:
  """Raises InputError unless logits of images(n, ...) are those expected.

  Args:
    logits: float [n, classes]; what is added to all of an image does not count.
    path: of the file of EXPECTED ones, which is read.
    compute_dtype: that of the row.
  """
  expected = np.load(path)
  count = min(len(logits), len(expected))
  found, expected = (
    values[:count] - values[:count].mean(1, keepdims=True)
    for values in (np.float32(logits), expected)
  )
  difference = np.abs(found - expected).max() / np.abs(expected).max()
  if not difference <= _BOUNDS[compute_dtype]:
    raise InputError(
      f"computes something else than TensorFlow: a logit differs by "
      f'{difference:.2g} of the largest, and {compute_dtype} may by '
      f'{_BOUNDS[compute_dtype]:g}'
    )
