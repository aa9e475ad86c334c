"""Name -> slim's Dataset over TFRecords, at slim's path, for graphs."""

from typing import Any

import tensorflow.compat.v1 as tf

from base.errors import InputError
from base.tf_slim_compat import slim
from datasets import record_sets
from datasets import tfrecord


def get_dataset(
  name: str,
  split_name: str,
  dataset_dir: str,
  file_pattern: str | None = None,
  reader: Any = None,
) -> slim.dataset.Dataset:
  """Finds a split of TFRecords, for slim's DatasetDataProvider to read.

  Args:
    name: one of record_sets.names(); tfrecord stands for any folder of
      TFRecords with a labels.txt.
    split_name: as the data set calls it.
    dataset_dir: the folder that holds it.
    file_pattern: of the files' names, with %s for the split, in place of the
      data set's own.
    reader: a class of queue readers; None: tf.TFRecordReader.
  Returns:
    A slim Dataset of the items image (RGB, uint8 [height, width, 3]) and label
    (int64, as stored), with num_samples as counted, num_classes, and
    labels_to_names, which is None without a labels.txt.
  Raises:
    InputError: an argument or the folder is wrong, or a file is truncated.
  """
  if name not in record_sets.names():
    raise InputError(
      f'no TFRecords are called {name}; '
      f'there is {", ".join(record_sets.names())}'
    )
  record_sets.check_split(name, split_name)
  record_sets.check_folder(name, dataset_dir)
  files = record_sets.find_files(name, split_name, dataset_dir, file_pattern)
  return slim.dataset.Dataset(
    data_sources=list(files.paths),
    reader=reader or tf.TFRecordReader,
    decoder=_decoder(),
    num_samples=tfrecord.count(tfrecord.open_shards(files.paths)),
    items_to_descriptions={
      'image': 'A colour image of any size.',
      'label': f'A whole number from 0 to {files.num_classes - 1}.',
    },
    num_classes=files.num_classes,
    labels_to_names=files.label_names and dict(enumerate(files.label_names)),
  )


def _decoder():
  """Returns what decodes a record in slim's schema."""
  features = {
    'image/encoded': tf.FixedLenFeature([], tf.string),
    'image/format': tf.FixedLenFeature([], tf.string, default_value='png'),
    'image/class/label': tf.FixedLenFeature([], tf.int64),
  }
  items = {
    'image': slim.tfexample_decoder.Image(dct_method='INTEGER_ACCURATE'),
    'label': slim.tfexample_decoder.Tensor('image/class/label'),
  }
  return slim.tfexample_decoder.TFExampleDecoder(features, items)
