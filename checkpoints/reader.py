"""Opens name-based checkpoints: slim's, and those of checkpoints/writer.py.

A checkpoint is a file prefix, model.ckpt-STEP; the file `checkpoint` beside it
names the newest. Variables are found by name, whatever made them.
"""

from collections.abc import Iterator
import glob
import math
import os
import re
import time
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from base import errors
from base.errors import InputError
from checkpoints import foreign
from specs import roles

_LOOK_EVERY = 0.5  # seconds, for a checkpoint to come


class Checkpoint(NamedTuple):
  """A checkpoint that has been read: its files may go."""

  path: str  # the prefix
  values: dict[str, np.ndarray]  # by name

  @property
  def folder(self) -> str:
    """Where it lies."""
    return os.path.dirname(self.path) or '.'

  @property
  def step(self) -> int | None:
    """Its global_step, None if it has none; InputError if that is no number."""
    if 'global_step' not in self.values:
      return None
    value = read(self, 'global_step')
    if value.size != 1 or value.dtype.kind not in 'iuf':
      raise InputError(f'{self.path}: global_step is no number')
    return int(value.item())

  @property
  def shapes(self) -> dict[str, list[int]]:
    """Name -> shape of all that is in it."""
    return {name: list(value.shape) for name, value in self.values.items()}


def latest(folder: str) -> str | None:
  """Returns the path of the folder's newest checkpoint, None if it has none."""
  return next(iter(newest_first(folder)), None)


def describe_latest(folder: str) -> str:
  """Returns what is left of a run that has diverged, in words."""
  path = latest(folder)
  if path is None:
    return 'there is no checkpoint yet'
  return f'the last good checkpoint is {path}'


def newest_first(folder: str) -> list[str]:
  """Returns the paths of a folder's checkpoints.

  First the one that its file `checkpoint` names, if that is there and can be
  read; then the others, by their steps. Before it come those of later steps
  that were written after that file: by a process that was killed in between.
  """
  steps = {}
  for path in glob.glob(
    os.path.join(glob.escape(folder), 'model.ckpt-*.index')
  ):
    match = re.fullmatch(r'(.+-(\d+))\.index', path)
    if match:
      steps[match[1]] = int(match[2])
  paths = sorted(steps, key=steps.get, reverse=True)
  named = _named_newest(folder)
  if named is None:
    return paths
  later = [
    path
    for path in paths
    if steps[path] > steps.get(named, math.inf)
    and _is_later(f'{path}.index', os.path.join(folder, 'checkpoint'))
  ]
  first = [*later, named]
  return first + [path for path in paths if path not in first]


def _named_newest(folder):
  """Returns the checkpoint that a folder's file says is the newest, or None.

  Only if it is there: the file may come from another folder, and name that.
  """
  try:
    state = tf.train.get_checkpoint_state(folder)
  except (tf.errors.OpError, ValueError):
    return None  # It is damaged.
  if state is None:
    return None
  path = os.path.join(folder, os.path.basename(state.model_checkpoint_path))
  # TensorFlow's first format is one file.
  is_there = os.path.exists(f'{path}.index') or os.path.isfile(path)
  return path if is_there else None


def _is_later(path, than):
  """Whether a file was written later; not if one is gone meanwhile."""
  try:
    return os.stat(path).st_mtime_ns > os.stat(than).st_mtime_ns
  except OSError:
    return False


class Newest(NamedTuple):
  """What there is in a folder."""

  checkpoint: Checkpoint | None  # the newest that is good; None: there is none
  damaged: dict[str, str]  # those before it: path -> what is wrong


def find_newest(folder: str) -> Newest:
  """Opens a folder's newest checkpoint that is good.

  Raises:
    InputError: all are damaged.
  """
  damaged = {}
  for path in newest_first(folder):
    try:
      checkpoint = open_checkpoint(path)
      for name in checkpoint.values:
        read(checkpoint, name)
    except InputError as error:
      if not os.path.exists(path + '.index'):
        # Deleted meanwhile by the training that has saved newer ones.
        return find_newest(folder)
      damaged[path] = str(error)
      continue
    return Newest(checkpoint, damaged)
  if damaged:
    raise InputError(
      f'{folder} has no checkpoint that is good: {"; ".join(damaged.values())}'
    )
  return Newest(None, {})


def open_newest(folder: str) -> Checkpoint | None:
  """Opens a folder's newest checkpoint that is good, None if it has none.

  Says which newer ones are damaged.

  Raises:
    InputError: all are.
  """
  checkpoint, damaged = find_newest(folder)
  if damaged:
    errors.tell(
      f'{"; ".join(damaged.values())}; {checkpoint.path} is taken in its place'
    )
  return checkpoint


def open_checkpoint(path: str) -> Checkpoint:
  """Opens a checkpoint.

  path is a checkpoint, one of its files, or a folder, whose newest good one is
  taken.

  Raises:
    InputError: there is none, or it is damaged.
  """
  if os.path.isdir(path):
    checkpoint = open_newest(path)
    if checkpoint is None:
      raise InputError(
        foreign.describe_saved_model(path)
        or f'{path} has no checkpoint: give the path of a model.ckpt-STEP by '
        '--checkpoint_path'
      )
    return checkpoint
  # Shells complete to the file, where the prefix is meant.
  path = re.sub(r'\.(index|meta|data-\d{5}-of-\d{5})$', '', path)
  try:
    file = tf.train.load_checkpoint(path)
    names = list(file.get_variable_to_shape_map())
  except tf.errors.NotFoundError as error:
    raise InputError(
      f'there is no checkpoint {path}; --checkpoint_path takes its file, or '
      'the --train_dir of a training'
    ) from error
  except (tf.errors.OpError, IndexError, ValueError) as error:
    raise InputError(
      foreign.describe(path)
      or f'{path} is not a checkpoint, or is damaged: {error}'
    ) from error
  return Checkpoint(path, {name: _read(path, file, name) for name in names})


def _read(path, file, name):
  """Returns a value; TensorFlow compares its checksum."""
  try:
    return np.asarray(file.get_tensor(name))
  except (tf.errors.OpError, IndexError) as error:
    raise InputError(
      f'{path} is damaged: {name} cannot be read: {error}'
    ) from error


def open_each(
  path: str, interval_secs: float = 0, timeout_secs: float | None = None
) -> Iterator[Checkpoint]:
  """Yields each new checkpoint of a folder as training goes on.

  Waits for one to come into the folder, then for the next, which is the newest
  at that time, or, where that is damaged, the newest good one.

  Args:
    path: the folder.
    interval_secs: the least time between two.
    timeout_secs: stop after as long without a new one; None: never.

  Raises:
    InputError: it is no folder, or nothing good came into it.
  """
  if os.path.exists(path + '.index') or os.path.isfile(path):
    raise InputError(
      f'{path} is one checkpoint; to wait for others name their folder'
    )
  opened, damage = None, ''
  for _ in _each_newest(path, interval_secs, timeout_secs):
    try:
      checkpoint = open_newest(path)
    except InputError as error:  # All are damaged; the next may be good.
      damage = f'; {error}'
      continue
    if checkpoint and checkpoint.path != opened:
      opened = checkpoint.path
      yield checkpoint
  if opened is None:
    raise InputError(
      f'{path}: no checkpoint came within {timeout_secs} s{damage}'
    )


def _each_newest(folder, interval_secs, timeout_secs):
  """Yields the path of the newest one whenever it is another."""
  newest = None
  while True:
    deadline = math.inf if timeout_secs is None else time.time() + timeout_secs
    while (path := latest(folder)) in (None, newest):
      if time.time() + _LOOK_EVERY > deadline:
        return
      time.sleep(_LOOK_EVERY)
    newest, began = path, time.time()
    yield newest
    time.sleep(max(0.0, began + interval_secs - time.time()))


def read(checkpoint: Checkpoint, name: str) -> np.ndarray:
  """Returns a variable's value.

  Raises:
    InputError: it is not finite.
  """
  value = checkpoint.values[name]
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
      num_classes = roles.count_classes(name, shape[-1])
      if num_classes is not None:
        return num_classes
  raise InputError(
    f'{checkpoint.path} has no biases of logits: it does not classify'
  )
