"""scikit-learn's handwritten digits: 1797 scans of 8 by 8, ten classes.

python -m datasets.digits FOLDER          one held-out scan a class, as PNG
python -m datasets.digits --all FOLDER    all of them, in folders of classes
"""

import argparse
import importlib.util
import os

import numpy as np
from PIL import Image

_HELD_OUT_EVERY = 5
_WHITE = 16  # The scans' grey levels run from 0 to 16.


def load(is_training: bool) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
  """Returns (images uint8 [n, 8, 8, 3], labels int64 [n], label_names).

  Every fifth scan is held out: 1437 are for training, 360 for evaluation.
  """
  rows = _read_rows()
  held_out = np.arange(len(rows)) % _HELD_OUT_EVERY == 0
  chosen = rows[~held_out if is_training else held_out]
  scans, labels = chosen[:, :-1].reshape(-1, 8, 8), chosen[:, -1]
  grey = np.round(scans * (255 / _WHITE)).astype(np.uint8)
  images = np.repeat(grey[..., np.newaxis], 3, axis=-1)
  return images, labels, tuple(str(digit) for digit in range(10))


def _read_rows():
  """Returns int64 [1797, 64 + 1]: grey levels, and the digit.

  Of the file itself: scikit-learn takes a second to import, load_digits with
  it.
  """
  folder = importlib.util.find_spec('sklearn').submodule_search_locations[0]
  path = os.path.join(folder, 'datasets', 'data', 'digits.csv.gz')
  return np.loadtxt(path, delimiter=',', dtype=np.int64)


def write_samples(folder: str) -> None:
  """Writes folder/DIGIT.png, the first held-out scan of each class."""
  images, labels, label_names = load(is_training=False)
  os.makedirs(folder, exist_ok=True)
  for label, name in enumerate(label_names):
    image = images[np.flatnonzero(labels == label)[0]]
    Image.fromarray(image).save(os.path.join(folder, f'{name}.png'))


def write_all(folder: str) -> None:
  """Writes folder/train/DIGIT/NUMBER.png, and folder/validation in that way."""
  for split_name, is_training in (('train', True), ('validation', False)):
    images, labels, label_names = load(is_training)
    for name in label_names:
      os.makedirs(os.path.join(folder, split_name, name), exist_ok=True)
    for number, (image, label) in enumerate(zip(images, labels)):
      path = os.path.join(split_name, label_names[label], f'{number:04}.png')
      Image.fromarray(image).save(os.path.join(folder, path))


if __name__ == '__main__':
  parser = argparse.ArgumentParser(
    description="Writes scikit-learn's digits as PNG files.",
    prog='python -m datasets.digits',
  )
  parser.add_argument('folder', help='to write to; made if it is not there')
  parser.add_argument(
    '--all',
    action='store_true',
    help='all of them, as train/DIGIT/ and validation/DIGIT/; otherwise one '
    'that is held out of each class',
  )
  given = parser.parse_args()
  (write_all if given.all else write_samples)(given.folder)
