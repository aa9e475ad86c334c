"""Writes a folder of images as sharded TFRecords in slim's schema."""

import os

from base import files
from base.errors import InputError
from datasets import image_folder
from datasets import record_sets
from datasets import record_writer
from datasets import selection
from datasets.image_set import ImageSet
from datasets.image_set import LabelledImages


def convert(
  source: str,
  output: str,
  num_shards: int,
  validation_fraction: float,
  longest_side: int | None = None,
) -> None:
  """Writes output/SPLIT-NNNNN-of-NNNNN.tfrecord and output/labels.txt.

  Args:
    source: an image_folder of either layout.
    output: a folder, new or empty.
    num_shards: files per split, if it has so many images.
    validation_fraction: the part of an undivided source to hold out.
    longest_side: see record_writer.write.
  Raises:
    InputError: the output exists, the source is wrong, or images cannot be
      read, each of which has been printed. Nothing is left behind.
  """
  check_output(source, output)
  images = selection.select(
    read_folder(source, validation_fraction), selection.Selection()
  )
  record_writer.write(
    images,
    output,
    record_sets.pattern(record_sets.ANY),
    dict.fromkeys(images.splits, num_shards),
    longest_side,
  )


def check_output(source: str, output: str) -> None:
  """Raises InputError if the output exists, or would be one of the classes."""
  record_writer.check_output(output)
  source = os.path.realpath(source)
  if os.path.commonpath([source, os.path.realpath(output)]) == source:
    raise InputError(
      f'{output}: lies in the source, where it would be taken '
      'for a class; choose another output'
    )


def read_folder(source: str, validation_fraction: float) -> ImageSet:
  """Lists an image_folder of either layout; no image is opened.

  Args:
    validation_fraction: the part to hold out, by the images' names, if the
      folder is undivided.
  Raises:
    InputError: see image_folder.load.
  """
  splits = {}
  for split_name in image_folder.split_names(source, validation_fraction):
    paths, labels, label_names = image_folder.load(
      source, split_name, validation_fraction
    )
    splits[split_name] = _of_files(paths, labels)
  return ImageSet(label_names, label_names, splits)


def _of_files(paths, labels):
  return LabelledImages(
    labels, lambda index: (files.read_bytes(paths[index]), paths[index])
  )
