"""The flags that say what classes are called, and the names they lead to."""

import os
from typing import NamedTuple

from absl import flags

from base import program_flags
from base.errors import InputError
from checkpoints.reader import Checkpoint
from datasets import catalog
from datasets import category_numbers
from datasets import labels
from datasets.kinds import DatasetOptions
from datasets.kinds import Kind

# The flags belong to the program that has them defined.
flags.disclaim_key_flags()


class LabelOptions(NamedTuple):
  """Where the names of the classes are."""

  labels_path: str | None
  dataset_name: str | None
  dataset_dir: str | None


def define(
  dataset_help: str = 'Name of the data set whose class names to show.',
) -> None:
  """Defines the flags; dataset_help: what the data set is for."""
  program_flags.define_path(
    'labels_path',
    None,
    'File with the names of the classes: one name on each line, in the order '
    'of the classes, or lines id:name. Default: the names of the data set if '
    'one is given, otherwise labels.txt beside the checkpoint; without any, '
    'classes are shown as numbers.',
  )
  flags.DEFINE_string('dataset_name', None, dataset_help)
  program_flags.define_path(
    'dataset_dir', None, 'Folder of the data set. Its labels.txt is enough.'
  )


def read() -> LabelOptions:
  """Returns what these flags say."""
  return program_flags.read(LabelOptions)


def find_label_names(
  options: LabelOptions, kind: Kind, checkpoint: Checkpoint, num_classes: int
) -> tuple[str, ...] | None:
  """Returns the names of the classes; None if they are nowhere.

  Raises:
    InputError: there are more of them or fewer than classes, or what the
      options name cannot be read.
  """
  where, names = _find(options, kind, checkpoint.folder, num_classes)
  if names and len(names) != num_classes:
    raise InputError(
      f'{where} names {len(names)} classes, the checkpoint '
      f'{checkpoint.path} has {num_classes}: give a file of '
      f'{num_classes} names by --labels_path'
    )
  return names


def _find(options, kind, run_folder, num_classes):
  """Returns (where the names are, names or None)."""
  path, name, folder = options
  if path:
    return path, labels.read_label_names(path)
  in_folder = os.path.join(folder or '', labels.FILE_NAME)
  if folder and os.path.exists(in_folder):
    return folder, labels.read_label_names(in_folder)
  if name:
    dataset = category_numbers.for_network(
      _open_any(kind, name, folder), num_classes
    )
    return name, dataset.label_names
  return run_folder, labels.read_folder(run_folder)


def _open_any(kind, name, folder):
  """Opens the split train, or, where it is not there, the held-out one."""
  # The names are the same whatever is held out.
  options = DatasetOptions(name, 'train', folder, validation_fraction=0.0)
  try:
    return kind.open(options)
  except InputError as error:
    held_out = catalog.held_out_split(name)
    try:
      return kind.open(options._replace(dataset_split_name=held_out))
    except InputError:
      raise error from None
