"""Kills a training again and again, and counts what that loses.

  python -m tests.soak.kills [--kills=N]

By SIGKILL, in turn: while it starts, while it trains, and while it writes a
checkpoint, which it does after every step. It is started again by the same
command. In the end its weights must be those of a run that was never killed.
The exit status is 1 if anything was lost, broken or left behind.
"""

# First: it imports TensorFlow without its notices.
from base import quiet_tensorflow as quiet_tensorflow  # isort: split

import argparse
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

import numpy as np

from base.errors import InputError
from checkpoints import reader
from tests.helpers import checkpoints as checkpoint_testing
from tests.helpers import programs
from tests.helpers import training_runs

_PATIENCE = 600  # seconds for a process to come to where it is killed
_START = 10.0  # seconds, about, that it takes
_TRAINING = 2.0  # seconds for which it trains, at most
_MOMENTS = ('training', 'write', 'start')
_HALF_WRITTEN = re.compile(r'tempstate|^checkpoint\.tmp|^\.partial')
_FLAGS = (
  *training_runs.TINY,
  '--batch_norm_decay=0.1',  # After so few steps nothing is left to settle.
  '--log_every_n_steps=1',
)


class Losses(NamedTuple):
  """What came of the kills."""

  within_writes: int = 0  # kills that left something half-written
  steps: int = 0  # lost, though they were saved
  broken: int = 0  # checkpoints that cannot be read
  leftovers: int = 0  # half-written files that stayed after the next start


class _Training:
  """A process that trains, and what it has printed."""

  def __init__(self, folder, *flags):
    self.folder = folder
    self._log = tempfile.TemporaryFile('w+')
    self.process = programs.start(
      training_runs.PROGRAM,
      *_FLAGS,
      f'--train_dir={folder}',
      *flags,
      stdin=subprocess.DEVNULL,
      stdout=self._log,
      stderr=subprocess.STDOUT,
    )

  def printed(self):
    self._log.seek(0)
    return self._log.read()

  def wait_for(self, is_there):
    """Waits until is_there() is true; raises if the process ends before."""
    deadline = time.monotonic() + _PATIENCE
    while not is_there():
      if self.process.poll() is not None or time.monotonic() > deadline:
        self.process.kill()
        raise RuntimeError(f'it ended, or hangs:\n{self.printed()}')
      time.sleep(0.001)

  def first_step(self):
    """Returns the step from which it goes on, None if it has not said so."""
    said = re.search(r' steps (\d+) to ', self.printed())
    return said and int(said[1])

  def end(self):
    """Returns the status with which it ends, of its own accord."""
    status = self.process.wait(_PATIENCE)
    if status:
      print(self.printed())
    return status


def _half_written(folder):
  if not os.path.isdir(folder):
    return []
  return [name for name in os.listdir(folder) if _HALF_WRITTEN.search(name)]


def _newest_step(folder):
  """Returns the last step of which a whole checkpoint is there."""
  paths = pathlib.Path(folder).glob('model.ckpt-*.index')
  return max(
    (int(re.search(r'-(\d+)\.', path.name)[1]) for path in paths), default=0
  )


def _num_broken(folder):
  broken = 0
  for path in reader.newest_first(folder):
    try:
      reader.open_checkpoint(path)
    except InputError as error:
      print(error)
      broken += 1
  return broken


def _kill(training, moment, rng):
  """Kills it at such a moment."""
  if moment == 'start':
    time.sleep(rng.uniform(0.0, _START))
  else:
    # So that the next one has something to lose.
    begun = training.first_step()
    training.wait_for(lambda: _newest_step(training.folder) > begun)
    time.sleep(rng.uniform(0.0, _TRAINING))
  if moment == 'write':
    training.wait_for(lambda: _half_written(training.folder))
  training.process.kill()
  training.process.wait()


def _check_start(training, saved, losses):
  """Returns the losses, with those that a start after a kill shows."""
  training.wait_for(lambda: training.first_step() is not None)
  lost = max(0, saved - training.first_step())
  # It may be writing again by now: what it has begun stays for a moment only.
  left = set(_half_written(training.folder))
  time.sleep(1.0)
  left &= set(_half_written(training.folder))
  if lost or left or 'damaged' in training.printed():
    print(training.printed(), left)
  return losses._replace(
    steps=losses.steps + lost, leftovers=losses.leftovers + len(left)
  )


def kill_again_and_again(folder, kills, seed=0):
  """Returns (Losses, the last step that was saved)."""
  rng = random.Random(seed)
  losses, saved = Losses(), 0
  for number in range(kills):
    moment = _MOMENTS[number % len(_MOMENTS)]
    training = _Training(folder, '--save_interval_secs=0')
    if moment != 'start':
      losses = _check_start(training, saved, losses)
    _kill(training, moment, rng)
    saved = _newest_step(folder)
    losses = losses._replace(
      within_writes=losses.within_writes + bool(_half_written(folder)),
      broken=losses.broken + _num_broken(folder),
    )
    print(f'kill {number + 1}, at {moment}: step {saved}', flush=True)
  return losses, saved


def _is_as_if_never_killed(folder, straight, last_step):
  """Whether both have the same weights when they are done."""
  for train_dir in (folder, straight):
    end = _Training(train_dir, f'--max_number_of_steps={last_step}').end()
    if end:
      return False
  killed, never = map(checkpoint_testing.values, (folder, straight))
  return sorted(killed) == sorted(never) and all(
    np.array_equal(killed[name], value) for name, value in never.items()
  )


def main(arguments):
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--kills', type=int, default=50, metavar='N')
  kills = parser.parse_args(arguments).kills
  with tempfile.TemporaryDirectory() as temporary:
    folder, straight = (
      os.path.join(temporary, name) for name in ('killed', 'straight')
    )
    losses, saved = kill_again_and_again(folder, kills)
    same = _is_as_if_never_killed(folder, straight, saved + 1)
    losses = losses._replace(
      leftovers=losses.leftovers + len(_half_written(folder))
    )
  print(
    f'{kills} kills, {losses.within_writes} of them within a write; '
    f'{saved} steps; steps lost that were saved: {losses.steps}; broken '
    f'checkpoints: {losses.broken}; leftovers: {losses.leftovers}; weights '
    f'as if never killed: {"yes" if same else "NO"}'
  )
  return 0 if same and not any(losses[1:]) else 1


if __name__ == '__main__':
  sys.exit(main(sys.argv[1:]))
