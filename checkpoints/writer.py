"""Writes name-based checkpoints, which slim can read.

A checkpoint is a file prefix, model.ckpt-STEP; the file `checkpoint` beside it
names the newest.
"""

import contextlib
import glob
import os
import re
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from base import errors
from base import files
from base.errors import InputError
from checkpoints import reader

MAX_TO_KEEP = 5  # slim's


class Writer(NamedTuple):
  """Where checkpoints go, and what goes into them."""

  saver: tf.compat.v1.train.Saver | None  # None: another process writes
  train_dir: str
  variables_by_name: dict


def make_writer(
  variables_by_name: dict[str, tf.Variable],
  train_dir: str,
  max_to_keep: int = MAX_TO_KEEP,
  writes: bool = True,
) -> Writer:
  """Returns a Writer, which deletes all but the newest max_to_keep.

  writes: whether this process does; otherwise the Writer only checks values.

  Raises:
    InputError: train_dir cannot be made or written to, or has no room for a
      checkpoint.
  """
  # Of a variable on several devices, the first's.
  strategy = tf.distribute.get_strategy()
  variables_by_name = {
    name: strategy.experimental_local_results(variable)[0]
    for name, variable in variables_by_name.items()
  }
  if not writes:
    return Writer(None, train_dir, variables_by_name)
  files.make_folder(train_dir, 'train_dir')
  _remove_leftovers(train_dir)
  size = sum(
    variable.shape.num_elements() * variable.dtype.size
    for variable in variables_by_name.values()
  )
  files.check_room(train_dir, max(1, size), 'a checkpoint')
  saver = tf.compat.v1.train.Saver(
    variables_by_name, max_to_keep=max_to_keep, save_relative_paths=True
  )
  # Those of an earlier run count towards max_to_keep.
  saver.recover_last_checkpoints(reader.newest_first(train_dir)[::-1])
  return Writer(saver, train_dir, variables_by_name)


def _remove_leftovers(train_dir):
  """Removes what a process that was killed, or a full disk, left half-written.

  A checkpoint's index comes last, and goes first: without it, none can be read.
  """
  for path in _files(train_dir, 'model.ckpt-*.data-*'):
    prefix = re.sub(r'\.data-.*', '', path)
    if 'tempstate' in path or not os.path.exists(prefix + '.index'):
      os.remove(path)
  for pattern in ('model.ckpt-*.index.tempstate*', 'checkpoint.tmp*'):
    for path in _files(train_dir, pattern):
      os.remove(path)


def _files(folder, pattern):
  return glob.glob(os.path.join(glob.escape(folder), pattern))


def set_aside(path: str) -> str:
  """Renames a damaged checkpoint, which a run would write anew; returns where.

  There it can be looked at, and is not taken for one of the run's.
  """
  folder, name = os.path.split(path)
  aside = os.path.join(folder, f'damaged.{name}')
  for file in _files(folder, f'{name}.*'):
    # Others may do the same, or delete it.
    with contextlib.suppress(FileNotFoundError):
      os.replace(file, aside + file.removeprefix(path))
  return aside


def save(writer: Writer, step: int) -> str:
  """Writes model.ckpt-STEP into train_dir and returns its path.

  Raises:
    InputError: a value is not finite (nothing is written), or the disk is full.
  """
  check_finite(writer, step)
  prefix = os.path.join(writer.train_dir, 'model.ckpt')
  if writer.saver is None:
    return f'{prefix}-{step}'
  try:
    return writer.saver.save(
      None, prefix, global_step=step, write_meta_graph=False
    )
  except tf.errors.OpError as error:
    _remove_leftovers(writer.train_dir)
    raise InputError(
      f'{prefix}-{step} cannot be written: {errors.reason_of(error)}'
    ) from error


def check_finite(writer: Writer, step: int) -> None:
  """Raises InputError if a value that save would write is not finite."""
  for name, variable in writer.variables_by_name.items():
    if not reader.is_finite(variable.numpy()):
      raise InputError(
        f'training has diverged: {name} is not finite at step '
        f'{step}; no checkpoint was written, '
        f'{reader.describe_latest(writer.train_dir)}'
      )


def write_values(values: dict[str, np.ndarray], path: str) -> None:
  """Writes a checkpoint of values that no model has, and names it the newest.

  Args:
    values: by name.
    path: the prefix; its folder is there.

  Raises:
    InputError: the disk is full.
  """
  saver = tf.compat.v1.train.Saver(
    {name: tf.Variable(value) for name, value in values.items()},
    save_relative_paths=True,
  )
  try:
    saver.save(None, path, write_meta_graph=False)
  except tf.errors.OpError as error:
    raise InputError(
      f'{path} cannot be written: {errors.reason_of(error)}'
    ) from error
