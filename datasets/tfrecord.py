"""TFRecord files of images in slim's schema, read record by record.

A record is a length (8 bytes), that length's checksum (4), the data and the
data's checksum (4). The lengths tell where each record begins, so any one can
be read alone: order and resumption are then exact, whatever the files. The
checksums are not read; damage shows when a record is parsed and its image
decoded.
"""

from collections.abc import Iterable
from concurrent import futures
import glob
import os
from typing import NamedTuple

from google.protobuf import message
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from base.errors import InputError
from datasets.example import Encoded

_LENGTH_SIZE = 8
_HEADER_SIZE = 12
_FOOTER_SIZE = 4
_READERS = 16


class Shards(NamedTuple):
  """Where every record of a set of files lies."""

  paths: tuple[str, ...]
  offsets: tuple[np.ndarray, ...]  # Per file, int64: each record's header.
  starts: np.ndarray  # int64 [files + 1]: records before a file.


def find_files(folder: str, pattern: str) -> tuple[str, ...]:
  """Sorted paths of the files in a folder that match a pattern."""
  paths = glob.glob(os.path.join(glob.escape(folder), pattern))
  return tuple(sorted(path for path in paths if os.path.isfile(path)))


def open_shards(paths: Iterable[str]) -> Shards:
  """Finds every record by its length, decoding nothing.

  Raises:
    InputError: a file cannot be read, is truncated, or is no TFRecord file.
  """
  # The reading of headers waits for the disk, not for the processor.
  with futures.ThreadPoolExecutor(_READERS) as pool:
    offsets = tuple(pool.map(record_offsets, paths))
  counts = [len(file_offsets) for file_offsets in offsets]
  return Shards(tuple(paths), offsets, np.cumsum([0] + counts))


def count(shards: Shards) -> int:
  """Returns the number of records; InputError if there is none."""
  records = int(shards.starts[-1])
  if not records:
    raise InputError(f'{shards.paths[0]}: no records in it, nor in the others')
  return records


def record_offsets(path: str) -> np.ndarray:
  """Returns where each record of a file begins, int64 [records]."""
  offsets = []
  try:
    with open(path, 'rb', buffering=0) as file:
      size = os.fstat(file.fileno()).st_size
      position = 0
      while position < size:
        offsets.append(position)
        header = os.pread(file.fileno(), _HEADER_SIZE, position)
        position += _HEADER_SIZE + _length(header) + _FOOTER_SIZE
  except OSError as error:
    raise InputError(f'{path}: {error.strerror}') from error
  if position != size:
    raise InputError(
      f'{path}: record {len(offsets) - 1} reaches past the end '
      'of the file: it is truncated, or no TFRecord file'
    )
  return np.array(offsets, np.int64)


def read_encoded(shards: Shards, index: int) -> Encoded:
  """Returns the Encoded image at an index over all files.

  Its name is the file and the record's number in it, from 0.
  Raises:
    InputError: the record cannot be read or lacks image/encoded or
      image/class/label.
  """
  shard = int(np.searchsorted(shards.starts, index, side='right')) - 1
  number = int(index - shards.starts[shard])
  path = shards.paths[shard]
  name = f'{path} record {number}'
  try:
    with open(path, 'rb') as file:
      file.seek(shards.offsets[shard][number])
      header = file.read(_HEADER_SIZE)
      data = file.read(_length(header))
  except OSError as error:
    raise InputError(f'{name}: {error.strerror}') from error
  return _parse(data, name)


def read_labels(shards: Shards) -> np.ndarray:
  """Returns int64 [records], the labels of all; decodes no image.

  Raises:
    InputError: as read_encoded.
  """
  indices = tqdm(
    range(count(shards)), 'labels', unit='record', delay=2, disable=None
  )
  return np.array([read_encoded(shards, i).target for i in indices], np.int64)


def make_example(
  encoded: bytes, image_format: str, label: int, height: int, width: int
) -> tf.train.Example:
  """Returns the tf.train.Example of one image in slim's schema."""

  def int64_feature(value):
    return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))

  def bytes_feature(value):
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))

  return tf.train.Example(
    features=tf.train.Features(
      feature={
        'image/encoded': bytes_feature(encoded),
        'image/format': bytes_feature(image_format.encode()),
        'image/class/label': int64_feature(label),
        'image/height': int64_feature(height),
        'image/width': int64_feature(width),
      }
    )
  )


def _length(header):
  return int.from_bytes(header[:_LENGTH_SIZE], 'little')


def _parse(data, name):
  try:
    features = tf.train.Example.FromString(data).features.feature
  except message.DecodeError as error:
    raise InputError(f'{name}: not a tf.train.Example') from error
  encoded = features['image/encoded'].bytes_list.value
  label = features['image/class/label'].int64_list.value
  image_format = features['image/format'].bytes_list.value
  if not encoded or not label:
    raise InputError(f'{name}: lacks image/encoded or image/class/label')
  if image_format and image_format[0].lower() == b'raw':
    raise InputError(f'{name}: raw pixels; store JPEG or PNG')
  return Encoded(encoded[0], label[0], name)
