"""What a run of training leaves for people: its curves, and its flags."""

import os
from typing import Any

from base import files
from reports import curves

FLAGS_FILE = 'flags.json'


def write_flags(train_dir: str, given_flags: dict[str, Any]) -> None:
  """Writes flags.json.

  Args:
    train_dir: of the run.
    given_flags: those that have not their defaults, for compare_runs.py.

  Raises:
    InputError: train_dir cannot be written.
  """
  files.write_json(os.path.join(train_dir, FLAGS_FILE), given_flags)


def write_curves(train_dir: str) -> None:
  """Writes curve.png, if the log has any curve, and says so.

  Raises:
    InputError: train_dir cannot be written.
  """
  path = curves.draw(train_dir)
  if path:
    print(f'Curves: {path}', flush=True)
