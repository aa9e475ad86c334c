"""Writes a folder of images as sharded TFRecords in slim's schema."""

from concurrent import futures
import os
import random
import shutil
import sys

import tensorflow as tf
import tqdm

from base.errors import InputError
from datasets import image_folder
from datasets import images
from datasets import labels
from datasets import tfrecord

_CHUNK = 64  # Images in memory at a time.


def convert(
  source: str, output: str, num_shards: int, validation_fraction: float
) -> None:
  """Writes output/SPLIT-NNNNN-of-NNNNN.tfrecord and output/labels.txt.

  Files are stored as they are where any JPEG or PNG decoder shows them alike;
  others (rotated by EXIF, transparent, CMYK, BMP, ...) become PNG.

  Args:
    source: an image_folder of either layout.
    output: a folder, new or empty.
    num_shards: files per split, if it has so many images.
    validation_fraction: the part of an undivided source to hold out.
  Raises:
    InputError: the output exists, the source is wrong, or images cannot be
      read, each of which has been printed. Nothing is left behind.
  """
  output = os.path.abspath(output)
  _check_output(source, output)
  splits = {}
  for split_name in image_folder.split_names(source, validation_fraction):
    splits[split_name], label_names = _list_split(
      source, split_name, validation_fraction
    )
  partial = output + '.partial'
  try:
    os.makedirs(partial)
  except OSError as error:
    raise InputError(
      f'{partial}: {error.strerror}; remove what an earlier '
      'run may have left, or choose another output'
    ) from error
  try:
    _write_splits(splits, partial, num_shards)
    labels.write_folder(partial, label_names)
    os.replace(partial, output)
  finally:
    shutil.rmtree(partial, ignore_errors=True)
  counts = ', '.join(f'{len(splits[name])} {name}' for name in splits)
  print(f'{output}: {counts} images in {len(label_names)} classes')


def _check_output(source, output):
  if os.path.exists(output):
    if not os.path.isdir(output) or os.listdir(output):
      raise InputError(f'{output}: exists and is not an empty folder')
  source = os.path.realpath(source)
  if os.path.commonpath([source, os.path.realpath(output)]) == source:
    raise InputError(
      f'{output}: lies in the source, where it would be taken '
      'for a class; choose another output'
    )


def _list_split(source, split_name, validation_fraction):
  """Returns [(path, label)], well mixed for sequential readers, and names."""
  paths, labels, label_names = image_folder.load(
    source, split_name, validation_fraction
  )
  examples = list(zip(paths, labels.tolist()))
  random.Random(0).shuffle(examples)
  return examples, label_names


def _write_splits(splits, folder, num_shards):
  total = sum(len(examples) for examples in splits.values())
  bad = []
  with (
    futures.ThreadPoolExecutor() as pool,
    tqdm.tqdm(total=total, unit='image', disable=None) as progress,
  ):
    for split_name, examples in splits.items():
      count = min(num_shards, len(examples))
      for shard in range(count):
        name = f'{split_name}-{shard:05d}-of-{count:05d}.tfrecord'
        bad += _write_shard(
          examples[shard::count], os.path.join(folder, name), pool, progress
        )
        if progress.disable:
          print(f'{name}: {len(examples[shard::count])} images')
  if bad:
    print('\n'.join(bad), file=sys.stderr)
    raise InputError(
      f'{len(bad)} of {total} images cannot be read (listed '
      'above); repair or remove them. Nothing was written'
    )


def _write_shard(examples, path, pool, progress):
  """Writes the readable examples; returns messages about the others."""
  bad = []
  with tf.io.TFRecordWriter(path) as writer:
    for begin in range(0, len(examples), _CHUNK):
      chunk = [
        pool.submit(_make_record, *example)
        for example in examples[begin : begin + _CHUNK]
      ]
      for record in chunk:
        try:
          writer.write(record.result())
        except InputError as error:
          bad.append(str(error))
        progress.update()
  return bad


def _make_record(path, label):
  """Returns the serialized tf.train.Example of an image file."""
  encoded = image_folder.read_file(path)
  image = images.read_image(encoded, path)
  image_format = images.plain_format(encoded)
  if image_format is None:
    encoded, image_format = images.encode_png(image), 'png'
  height, width, _ = image.shape
  return tfrecord.make_example(
    encoded, image_format, label, height, width
  ).SerializeToString()
