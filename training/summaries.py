"""Logs for TensorBoard, on disks that may be full."""

import glob
import os

import tensorflow as tf

from base import errors
from base.errors import InputError


def make_writer(
  folder: str, flush_millis: int | None = None
) -> tf.summary.SummaryWriter:
  """Returns a writer of a new file in a folder, see tf.summary.

  Raises:
    InputError: it cannot be written; then no empty file is left there.
  """
  before = _logs(folder)
  try:
    return tf.summary.create_file_writer(folder, flush_millis=flush_millis)
  except tf.errors.OpError as error:
    for path in _logs(folder) - before:
      if not os.path.getsize(path):
        os.remove(path)
    raise InputError(
      f'{folder}: no log for TensorBoard can be written: '
      f'{errors.reason_of(error)}'
    ) from error


def _logs(folder):
  """Returns the paths of all logs in a folder."""
  pattern = os.path.join(glob.escape(folder), 'events.out.tfevents.*')
  return set(glob.glob(pattern))
