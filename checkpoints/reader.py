"""Opens name-based checkpoints: slim's, and those of checkpoints/writer.py.

A checkpoint is a file prefix, model.ckpt-STEP; the file `checkpoint` beside it
names the newest. Variables are found by name, whatever made them.
"""

from collections.abc import Iterator
import os
import re
from typing import Any
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from base.errors import InputError
from specs import networks


class Checkpoint(NamedTuple):
  """A checkpoint that has been opened."""

  path: str  # the prefix
  reader: Any  # of tf.train.load_checkpoint

  @property
  def folder(self) -> str:
    """Where it lies."""
    return os.path.dirname(self.path) or '.'

  @property
  def shapes(self) -> dict[str, list[int]]:
    """Name -> shape of all that is in it."""
    return self.reader.get_variable_to_shape_map()


def latest(folder: str) -> str | None:
  """Returns the path of the folder's newest checkpoint, None if it has none.

  Raises:
    InputError: the folder's `checkpoint` file is damaged, or names a checkpoint
      that is not there.
  """
  if not os.path.exists(os.path.join(folder, 'checkpoint')):
    return None
  path = tf.train.latest_checkpoint(folder)
  if path is None:
    raise InputError(
      f'{folder}/checkpoint does not name a checkpoint that is '
      'there: name one by its path, or delete that file'
    )
  return path


def open_newest(folder: str) -> Checkpoint | None:
  """Opens a folder's newest checkpoint, None if it has none.

  Raises:
    InputError: it is damaged; see latest and open_checkpoint.
  """
  path = latest(folder)
  return open_checkpoint(path) if path else None


def open_checkpoint(path: str) -> Checkpoint:
  """Opens a checkpoint.

  path is a checkpoint, one of its files, or a folder, whose newest is taken.

  Raises:
    InputError: there is none, or it is damaged.
  """
  if os.path.isdir(path):
    folder, path = path, latest(path)
    if path is None:
      raise InputError(
        f'{folder} has no checkpoint, or no file `checkpoint` '
        'that names it: give the path of a model.ckpt-STEP by --checkpoint_path'
      )
  # Shells complete to the file, where the prefix is meant.
  path = re.sub(r'\.(index|meta|data-\d{5}-of-\d{5})$', '', path)
  try:
    return Checkpoint(path, tf.train.load_checkpoint(path))
  except tf.errors.NotFoundError as error:
    raise InputError(
      f'there is no checkpoint {path}; --checkpoint_path takes its file, or '
      'the --train_dir of a training'
    ) from error
  except (tf.errors.OpError, IndexError, ValueError) as error:
    raise InputError(
      f'{path} is not a checkpoint, or is damaged: {error}'
    ) from error


def open_each(
  path: str, interval_secs: float = 0, timeout_secs: float | None = None
) -> Iterator[Checkpoint]:
  """Yields each new checkpoint of a folder as training goes on.

  Waits for one to come into the folder, then for the next, which is the newest
  at that time.

  Args:
    path: the folder.
    interval_secs: the least time between two.
    timeout_secs: stop after as long without a new one; None: never.

  Raises:
    InputError: it is no folder, nothing came into it, or what came is damaged.
  """
  if os.path.exists(path + '.index') or os.path.isfile(path):
    raise InputError(
      f'{path} is one checkpoint; to wait for others name their folder'
    )
  newest = None
  for newest in tf.train.checkpoints_iterator(
    path, interval_secs, timeout_secs
  ):
    yield open_checkpoint(newest)
  if newest is None:
    raise InputError(f'{path}: no checkpoint came within {timeout_secs} s')


def read(checkpoint: Checkpoint, name: str) -> np.ndarray:
  """Returns a variable's value.

  Raises:
    InputError: it cannot be read, or is not finite.
  """
  try:
    value = np.asarray(checkpoint.reader.get_tensor(name))
  except (tf.errors.OpError, IndexError) as error:
    raise InputError(
      f'{checkpoint.path} is damaged: {name} cannot be read: {error}'
    ) from error
  if not is_finite(value):
    raise InputError(f'{checkpoint.path}: {name} holds NaN or infinite values')
  return value


def is_finite(value: np.ndarray) -> bool:
  """Whether no float of an array is NaN or infinite."""
  return value.dtype.kind != 'f' or bool(np.isfinite(value).all())


def count_classes(checkpoint: Checkpoint) -> int:
  """Returns the number of classes that a checkpoint's logits have.

  A detector's background is not one of them.

  Raises:
    InputError: it has no logits.
  """
  for name, shape in checkpoint.shapes.items():
    if name.endswith('/biases'):
      num_classes = networks.count_classes(name, shape[-1])
      if num_classes is not None:
        return num_classes
  raise InputError(
    f'{checkpoint.path} has no biases of logits: it does not classify'
  )
