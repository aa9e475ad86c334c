"""MNIST and Fashion-MNIST in their IDX files.

IDX: two bytes 0, the type of the values (8: uint8), the number of dimensions;
the dimensions, 4 bytes each, the most significant one first; the values.
"""

import gzip
import os
import zlib

import numpy as np

from base.errors import InputError
from datasets.archives import pixels
from datasets.archives.downloads import PublishedFile
from datasets.image_set import ImageSet

_MOST_BYTES = 1 << 28  # of a file's values: the published ones have 47 MB
_STEMS = {'train': 'train', 'test': 't10k'}
_NAMES = tuple(
  f'{stem}-{kind}-ubyte.gz'
  for stem in _STEMS.values()
  for kind in ('images-idx3', 'labels-idx1')
)


def _published(url, *md5s):
  return tuple(
    PublishedFile(name, url + name, md5) for name, md5 in zip(_NAMES, md5s)
  )


MNIST = _published(
  'https://storage.googleapis.com/cvdf-datasets/mnist/',
  'f68b3c2dcbeaaa9fbdd348bbdeb94873',
  'd53e105ee54ea40749a09fcbcd1e9432',
  '9fb629c4189551a2d022fa330f9573f3',
  'ec29112dd5afa0611ce80d1b7f02629c',
)
# https://github.com/zalandoresearch/fashion-mnist
FASHION_MNIST = _published(
  'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
  '8d4fb7e6c68d591d4c3dfef9ec88bf0d',
  '25c81989df183df01b3e8a0aad5dffbe',
  'bef4ecab320f06d8554ea6380940ec79',
  'bb300cfdad3c16e7a12a480ee83cd310',
)

MNIST_NAMES = (
  *('zero', 'one', 'two', 'three', 'four'),
  *('five', 'six', 'seven', 'eight', 'nine'),
)
FASHION_MNIST_NAMES = (
  *('T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat'),
  *('Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'),
)


def read(folder: str, label_names: tuple[str, ...]) -> ImageSet:
  """Reads the four files in a folder; raises InputError if one is wrong."""
  splits = {}
  for split_name, stem in _STEMS.items():
    path = os.path.join(folder, f'{stem}-images-idx3-ubyte.gz')
    images = _read_idx(path, 3)
    labels = _read_idx(os.path.join(folder, f'{stem}-labels-idx1-ubyte.gz'), 1)
    if len(labels) != len(images):
      raise InputError(
        f'{path}: {len(images)} images, but {len(labels)} labels'
      )
    if labels.max() >= len(label_names):
      raise InputError(
        f'{path}: label {labels.max()} is none of {len(label_names)} classes'
      )
    splits[split_name] = pixels.of_arrays(images, labels, f'{path} image')
  return ImageSet(label_names, label_names, splits)


def _read_idx(path, num_dimensions):
  """Returns the array, uint8 of so many dimensions, of a file."""
  begin = 4 + 4 * num_dimensions
  try:
    with gzip.open(path) as file:
      header = file.read(begin).ljust(begin, b'\0')
      shape = np.frombuffer(header[4:], '>u4')
      size = int(np.prod(shape, dtype=object))
      # One more, to see that this is the end; not all that a file may become.
      content = file.read(min(size, _MOST_BYTES) + 1)
  except (OSError, EOFError, zlib.error) as error:
    reason = getattr(error, 'strerror', None) or error
    raise InputError(f'{path}: no whole gzip file ({reason})') from error
  is_idx = header[:4] == bytes([0, 0, 8, num_dimensions])
  if not is_idx or not size or len(content) != size:
    raise InputError(
      f'{path}: not IDX of bytes in {num_dimensions} dimensions, or truncated'
    )
  return np.frombuffer(content, np.uint8).reshape(shape)
