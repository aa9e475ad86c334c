"""TFRecord files of images in slim's schema, read record by record.

A record is a length (8 bytes), that length's checksum (4), the data and the
data's checksum (4). The lengths tell where each record begins, so any one can
be read alone: order and resumption are then exact, whatever the files. Whatever
is read is held against its checksum.
"""

from collections.abc import Sequence
from concurrent import futures
import glob
import os
from typing import NamedTuple

from google.protobuf import message
import google_crc32c
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from base.errors import InputError
from datasets import shard_files
from datasets.example import Encoded
from datasets.shard_files import NotWholeError

_LENGTH_SIZE = 8
_HEADER_SIZE = 12
_FOOTER_SIZE = 4
_MASK_DELTA = 0xA282EAD8  # of checksums in TensorFlow's files
_READERS = 16
_NO_LABEL = -(2**40)  # Whatever --labels_offset takes from it.


class Shards(NamedTuple):
  """Where every record of a set of files lies."""

  paths: tuple[str, ...]
  offsets: tuple[np.ndarray, ...]  # Per file, int64: each record's header.
  starts: np.ndarray  # int64 [files + 1]: records before a file.


def find_files(folder: str, pattern: str) -> tuple[str, ...]:
  """Sorted paths of the files in a folder that match a pattern.

  A link that leads nowhere is one of them: to be missed, not passed over.
  """
  paths = glob.glob(os.path.join(glob.escape(folder), pattern))
  return tuple(
    sorted(
      path for path in paths if os.path.isfile(path) or not os.path.exists(path)
    )
  )


def open_shards(paths: Sequence[str]) -> Shards:
  """Finds every record by its length, decoding nothing.

  Raises:
    InputError: a file cannot be read, is empty or truncated, has not the
      records it was written with, or is no TFRecord file.
  """
  # The reading of headers waits for the disk, not for the processor.
  with futures.ThreadPoolExecutor(_READERS) as pool:
    offsets = tuple(pool.map(record_offsets, paths))
  counts = [len(file_offsets) for file_offsets in offsets]
  shard_files.check_counts(paths, counts)
  return Shards(tuple(paths), offsets, np.cumsum([0] + counts))


def count(shards: Shards) -> int:
  """Returns the number of records."""
  return int(shards.starts[-1])


def record_offsets(path: str) -> np.ndarray:
  """Returns where each record of a file begins, int64 [records].

  Raises:
    InputError: see open_shards.
  """
  offsets = []
  try:
    with open(path, 'rb', buffering=0) as file:
      size = os.fstat(file.fileno()).st_size
      position = 0
      while position < size:
        header = os.pread(file.fileno(), _HEADER_SIZE, position)
        _check_header(header, path, len(offsets), position)
        offsets.append(position)
        position += _HEADER_SIZE + _length(header) + _FOOTER_SIZE
  except OSError as error:
    raise InputError(f'{path}: {error.strerror}') from error
  if not offsets:
    raise NotWholeError(
      f'{path}: the file is empty, where each has records; copy it again'
    )
  if position != size:
    raise NotWholeError(
      f'{path}: record {len(offsets) - 1} reaches past the end '
      'of the file: it is truncated; copy it again'
    )
  return np.array(offsets, np.int64)


def _check_header(header, path, number, position):
  """Raises NotWholeError if nobody can know where the next record begins."""
  if len(header) < _HEADER_SIZE:
    what = 'reaches past the end of the file: it is truncated'
  elif not _is_intact(header[:_LENGTH_SIZE], header[_LENGTH_SIZE:]):
    what = 'has a length whose checksum is wrong'
  else:
    return
  remedy = 'this is no TFRecord file, or compressed, or damaged'
  if number:
    remedy = (
      f'all from byte {position} on is lost, which no number of bad images '
      'covers'
    )
  raise NotWholeError(
    f'{path}: record {number} {what}; {remedy}; copy it again'
  )


def _is_intact(data, checksum):
  """Whether bytes have TensorFlow's masked CRC-32C, 4 bytes."""
  crc = google_crc32c.value(data)
  masked = (crc >> 15 | crc << 17) + _MASK_DELTA
  return masked & 0xFFFFFFFF == int.from_bytes(checksum, 'little')


def read_encoded(shards: Shards, index: int) -> Encoded:
  """Returns the Encoded image at an index over all files.

  Its name is the file and the record's number in it, from 0.
  Raises:
    InputError: the record cannot be read, its checksum is wrong, or it lacks
      image/encoded or image/class/label.
  """
  shard = int(np.searchsorted(shards.starts, index, side='right')) - 1
  number = int(index - shards.starts[shard])
  path = shards.paths[shard]
  name = f'{path} record {number}'
  try:
    with open(path, 'rb') as file:
      file.seek(shards.offsets[shard][number])
      data = _read_data(file, name)
  except OSError as error:
    raise InputError(f'{name}: {error.strerror}') from error
  return _parse(data, name)


def _read_data(file, name):
  """Returns the data of the record where a file stands."""
  header = file.read(_HEADER_SIZE)
  if not _is_intact(header[:_LENGTH_SIZE], header[_LENGTH_SIZE:]):
    raise InputError(f'{name}: the file was changed while it was read')
  data = file.read(_length(header))
  if not _is_intact(data, file.read(_FOOTER_SIZE)):
    raise InputError(f'{name}: damaged (its checksum is wrong)')
  return data


def read_labels(shards: Shards) -> np.ndarray:
  """Returns int64 [records], the labels of all; decodes no image.

  Records that cannot be read have one far below 0: whoever reads their images
  meets them, and tells.
  """

  def read_label(index):
    try:
      return read_encoded(shards, index).target
    except InputError:
      return _NO_LABEL

  indices = tqdm(
    range(count(shards)), 'labels', unit='record', delay=2, disable=None
  )
  return np.array([read_label(index) for index in indices], np.int64)


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
