"""What a run of training leaves for people: its curves, and its flags."""

import os
from typing import Any

from base import files
from checkpoints import run_info
from reports import curves

FLAGS_FILE = 'flags.json'


def write(train_dir: str, given_flags: dict[str, Any]) -> None:
  """Writes curve.png and flags.json beside the checkpoints, if there are any.

  Args:
    train_dir: of the run.
    given_flags: those that have not their defaults, for compare_runs.py.

  Raises:
    InputError: train_dir cannot be written.
  """
  if not run_info.read_run_info(train_dir):
    return
  files.write_json(os.path.join(train_dir, FLAGS_FILE), given_flags)
  path = curves.draw(train_dir)
  if path:
    print(f'Curves: {path}', flush=True)
