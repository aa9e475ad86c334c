"""Writes labelled images as sharded TFRecords in slim's schema."""

from concurrent import futures
import os
import shutil
import sys

import tensorflow as tf
import tqdm

from base.errors import InputError
from datasets import images
from datasets import labels
from datasets import shard_files
from datasets import shrinking
from datasets import tfrecord
from datasets.image_set import ImageSet

_CHUNK = 64  # Images in memory at a time.


def check_output(output: str) -> None:
  """Raises InputError if a folder to write exists and is not empty."""
  if os.path.exists(output):
    if not os.path.isdir(output) or os.listdir(output):
      raise InputError(f'{output}: exists and is not an empty folder')


def write(
  source: ImageSet,
  output: str,
  pattern: str,
  num_shards: dict[str, int],
  longest_side: int | None = None,
) -> None:
  """Writes the files of each split, labels.txt, and how many records there are.

  Files are stored as they are where any JPEG or PNG decoder shows them alike;
  others (rotated by EXIF, transparent, CMYK, BMP, ...) become PNG. All is
  written to output.partial, which becomes the output when it is complete.

  Args:
    source: what to write, in this order.
    output: a folder, new or empty.
    pattern: of the files' names; {split} becomes the split's name, * the
      number of the file and how many there are.
    num_shards: files of each split, if it has so many images.
    longest_side: of an image, in pixels; those with a longer one are shrunk to
      it, turned upright, and become JPEG (shrinking.to_jpeg). None: of any.
  Raises:
    InputError: the folder cannot be written, labels.txt cannot hold a name, or
      images cannot be read, each of which has been printed. Nothing is left
      behind.
  """
  labels.check_lines(source.label_names, output)
  output = os.path.abspath(output)
  partial = output + '.partial'
  try:
    os.makedirs(partial)
  except OSError as error:
    raise InputError(
      f'{partial}: {error.strerror}; remove what an earlier '
      'run may have left, or choose another output'
    ) from error
  try:
    counts = _write_splits(
      source, os.path.join(partial, pattern), num_shards, longest_side
    )
    shard_files.write_counts(partial, counts)
    labels.write_folder(partial, source.label_names)
    os.replace(partial, output)
  except (OSError, tf.errors.OpError) as error:
    reason = getattr(error, 'strerror', None) or getattr(error, 'message', '')
    raise InputError(f'{output} cannot be written: {reason}') from error
  finally:
    shutil.rmtree(partial, ignore_errors=True)
  counts = ', '.join(
    f'{len(split.labels)} {name}' for name, split in source.splits.items()
  )
  print(f'{output}: {counts} images in {len(source.label_names)} classes')


def _write_splits(source, pattern, num_shards, longest_side):
  """Returns {file name: number of records}."""
  total = sum(len(split.labels) for split in source.splits.values())
  bad, counts = [], {}
  with (
    futures.ThreadPoolExecutor() as pool,
    tqdm.tqdm(total=total, unit='image', disable=None) as progress,
  ):
    for split_name, split in source.splits.items():
      count = min(num_shards[split_name], len(split.labels))
      for shard in range(count):
        path = pattern.replace('{split}', split_name).replace(
          '*', f'{shard:05d}-of-{count:05d}'
        )
        indices = range(shard, len(split.labels), count)
        bad += _write_shard(
          [(split, index, longest_side) for index in indices],
          path,
          pool,
          progress,
        )
        counts[os.path.basename(path)] = len(indices)
        if progress.disable:
          print(f'{os.path.basename(path)}: {len(indices)} images')
  if bad:
    print('\n'.join(bad), file=sys.stderr)
    raise InputError(
      f'{len(bad)} of {total} images cannot be read (listed '
      'above); repair or remove them. Nothing was written'
    )
  return counts


def _write_shard(images_of_shard, path, pool, progress):
  """Writes what can be read of these; returns messages about the others.

  images_of_shard: a list of _make_record's arguments.
  """
  bad = []
  with tf.io.TFRecordWriter(path) as writer:
    for begin in range(0, len(images_of_shard), _CHUNK):
      chunk = [
        pool.submit(_make_record, *one)
        for one in images_of_shard[begin : begin + _CHUNK]
      ]
      for record in chunk:
        try:
          writer.write(record.result())
        except InputError as error:
          bad.append(str(error))
        progress.update()
  return bad


def _make_record(split, index, longest_side):
  """Returns the serialized tf.train.Example of an image file."""
  encoded, name = split.read(index)
  image = images.read_image(encoded, name)
  height, width, _ = image.shape
  if longest_side and max(height, width) > longest_side:
    encoded, height, width = shrinking.to_jpeg(image, longest_side)
    image_format = 'jpg'
  else:
    image_format = images.plain_format(encoded)
  if image_format is None:
    encoded, image_format = images.encode_png(image), 'png'
  return tfrecord.make_example(
    encoded, image_format, int(split.labels[index]), height, width
  ).SerializeToString()
