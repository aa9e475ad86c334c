"""scikit-learn's handwritten digits: 1797 scans of 8 by 8, ten classes.

python -m datasets.digits FOLDER    writes one held-out scan a class as PNG
"""

import os
import sys

import numpy as np
from PIL import Image
from sklearn import datasets as sklearn_datasets

_HELD_OUT_EVERY = 5
_WHITE = 16  # The scans' grey levels run from 0 to 16.


def load(is_training: bool) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
  """Returns (images uint8 [n, 8, 8, 3], labels int64 [n], label_names).

  Every fifth scan is held out: 1437 are for training, 360 for evaluation.
  """
  scans = sklearn_datasets.load_digits()
  held_out = np.arange(len(scans.target)) % _HELD_OUT_EVERY == 0
  chosen = ~held_out if is_training else held_out
  grey = np.round(scans.images[chosen] * (255 / _WHITE)).astype(np.uint8)
  images = np.repeat(grey[..., np.newaxis], 3, axis=-1)
  labels = scans.target[chosen].astype(np.int64)
  return images, labels, tuple(str(name) for name in scans.target_names)


def write_samples(folder: str) -> None:
  """Writes folder/DIGIT.png, the first held-out scan of each class."""
  images, labels, label_names = load(is_training=False)
  os.makedirs(folder, exist_ok=True)
  for label, name in enumerate(label_names):
    image = images[np.flatnonzero(labels == label)[0]]
    Image.fromarray(image).save(os.path.join(folder, f'{name}.png'))


if __name__ == '__main__':
  if len(sys.argv) != 2 or sys.argv[1].startswith('-'):
    sys.exit('usage: python -m datasets.digits FOLDER')
  write_samples(sys.argv[1])
