"""The weights that all rows of --runtimes share, and what they must compute.

No TensorFlow: the processes of other runtimes do without.
"""

import os

import numpy as np

from base.errors import InputError

NUM_COMPARED = 8  # images
CHECKPOINT = 'model.ckpt-0'
_EXPECTED = 'expected.npy'  # logits by TensorFlow, float32
_LEAST = np.float32(1e-30)  # of which the logarithm is finite

# How far logits may be from TensorFlow's, as part of the largest. float32: sums
# in another order, 5e-5 was seen. bfloat16: 8 bits of each value; docs/
# precision.md has 5.2 % at random weights. A wrong layer is at a half and more.
_BOUNDS = {'float32': 1e-3, 'float16': 0.05, 'bfloat16': 0.15}


def images(count: int, image_size: int) -> np.ndarray:
  """Returns float32 [count, size, size, 3] in [-1, 1], ever the same.

  The first of many are those of fewer. Each has colours of its own.
  """
  rng = np.random.default_rng(0)
  return np.stack(
    [
      rng.uniform(*rng.uniform(-1, 1, (2, 3)), (image_size, image_size, 3))
      for _ in range(count)
    ]
  ).astype('f')


def write_expected(folder: str, logits: np.ndarray) -> None:
  """Keeps what TensorFlow makes of images(NUM_COMPARED, ...)."""
  np.save(os.path.join(folder, _EXPECTED), logits)


def logits_of(probabilities: np.ndarray) -> np.ndarray:
  """Returns logits, up to what is added to all of them."""
  return np.log(np.maximum(np.float32(probabilities), _LEAST))


def check(logits: np.ndarray, folder: str, compute_dtype: str) -> None:
  """Raises InputError unless logits of images(n, ...) are TensorFlow's.

  Args:
    logits: float [n, classes]; what is added to all of an image does not count.
    folder: of write_expected.
    compute_dtype: that of the row.
  """
  expected = np.load(os.path.join(folder, _EXPECTED))
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
