"""CIFAR-10 and CIFAR-100 in their binary version, without Python's pickles.

A record is its label, a byte, of CIFAR-100 the coarse one and then the fine
one; and 32 x 32 red values by row, as many green and as many blue ones.
https://www.cs.toronto.edu/~kriz/cifar.html
"""

from collections.abc import Sequence
import os
import posixpath

import numpy as np

from base.errors import InputError
from datasets.archives import pixels
from datasets.archives import tar_files
from datasets.archives.downloads import PublishedFile
from datasets.image_set import ImageSet

_URL = 'https://www.cs.toronto.edu/~kriz/'
CIFAR10 = PublishedFile(
  'cifar-10-binary.tar.gz',
  _URL + 'cifar-10-binary.tar.gz',
  'c32a1d4ab5d03f1284b67883e8d87530',
)
CIFAR100 = PublishedFile(
  'cifar-100-binary.tar.gz',
  _URL + 'cifar-100-binary.tar.gz',
  '03b5dce01913d631647c71ecec9e9cb8',
)

_SIDE = 32  # pixels


def read_cifar10(folder: str) -> ImageSet:
  """Reads CIFAR-10's archive in a folder; raises InputError if it is wrong."""
  train = [f'data_batch_{number}.bin' for number in range(1, 6)]
  return _read(
    os.path.join(folder, CIFAR10.name), 'batches.meta.txt', train, 'test_batch'
  )


def read_cifar100(folder: str) -> ImageSet:
  """Reads CIFAR-100's archive, its 100 fine labels; raises InputError."""
  return _read(
    os.path.join(folder, CIFAR100.name),
    'fine_label_names.txt',
    ['train.bin'],
    'test',
    num_labels=2,
  )


def _read(path, names_file, train_files, test_file, num_labels=1):
  wanted = [names_file, *train_files, f'{test_file}.bin']
  members = {
    posixpath.basename(name): content
    for name, content in tar_files.read_members(
      path, lambda name: posixpath.basename(name) in wanted
    ).items()
  }
  missing = [name for name in wanted if name not in members]
  if missing:
    raise InputError(f'{path}: lacks {", ".join(missing)}')
  label_names = tuple(members[names_file].decode('ascii', 'replace').split())
  splits = {
    split_name: _parse(
      [members[name] for name in files], path, num_labels, label_names
    )
    for split_name, files in (
      ('train', train_files),
      ('test', [f'{test_file}.bin']),
    )
  }
  return ImageSet(label_names, label_names, splits)


def _parse(contents: Sequence[bytes], path, num_labels, label_names):
  """Returns the LabelledImages of some files' contents."""
  record_size = num_labels + 3 * _SIDE * _SIDE
  for content in contents:
    if not content or len(content) % record_size:
      raise InputError(
        f'{path}: {len(content)} bytes in one of its files are no whole number '
        f'of records of {record_size}'
      )
  records = np.frombuffer(b''.join(contents), np.uint8).reshape(-1, record_size)
  labels = records[:, num_labels - 1]
  if labels.max() >= len(label_names):
    raise InputError(
      f'{path}: label {labels.max()} is none of {len(label_names)} classes'
    )
  planes = records[:, num_labels:].reshape(-1, 3, _SIDE, _SIDE)
  return pixels.of_arrays(
    np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), labels, f'{path} image'
  )
