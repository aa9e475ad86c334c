"""Trains on 100,000 files in one folder, and measures how it begins.

  python -m tests.soak.many_files [FILES]

Prints the seconds from the command to the first step, those of the processor to
the end, and the most memory. The exit status is 1 if the first are more than 20
on a machine that does nothing else, or the memory more than 1.5 GB.
"""

# First: it imports TensorFlow without its notices.
from base import quiet_tensorflow as quiet_tensorflow  # isort: split

import os
import resource
import subprocess
import sys
import tempfile
import time

from tests.helpers import image_files
from tests.helpers import programs
from tests.helpers import training_runs

_MOST_SECONDS = 20
_MOST_BYTES = 1.5e9
_LINKS = 10_000  # of one file: file systems have a limit on them


def _write(folder, count):
  """Writes so many images of one class, and a few of another."""
  image_files.write_folder(folder, ['few'], 9)
  for number in range(count):
    name = f'many/{number:06}.png'
    if number % _LINKS == 0:
      encoded = image_files.encode(image_files.noise(number))
      original = image_files.write(folder, name, encoded)
    else:
      os.link(original, os.path.join(folder, name))


def _train(folder, train_dir):
  """Returns the seconds to the first step."""
  began = time.monotonic()
  with programs.start(
    training_runs.PROGRAM,
    *(*training_runs.SMALL, '--dataset_name=image_folder'),
    *(f'--dataset_dir={folder}', f'--train_dir={train_dir}'),
    '--max_number_of_steps=1',
    stdout=subprocess.PIPE,
    text=True,
  ) as process:
    seconds = None
    for line in process.stdout:
      print(line, end='')
      if seconds is None and 'loss' in line:
        seconds = time.monotonic() - began
  if process.returncode or seconds is None:
    sys.exit(f'no step was made, status {process.returncode}')
  return seconds


def main(arguments: list[str]) -> None:
  """Prints what was measured."""
  count = int(arguments[0]) if arguments else 100_000
  with tempfile.TemporaryDirectory() as folder:
    photos = os.path.join(folder, 'photos')
    _write(photos, count)
    seconds = _train(photos, os.path.join(folder, 'run'))
  used = resource.getrusage(resource.RUSAGE_CHILDREN)
  computed, most = used.ru_utime + used.ru_stime, 1024 * used.ru_maxrss
  print(
    f'{count} files in one folder: first step after {seconds:.1f} s, '
    f'{computed:.1f} s of processors in all, {most / 1e9:.2f} GB'
  )
  # Where others compute, too, waiting is not this program's.
  is_slow = min(seconds, computed) > _MOST_SECONDS
  sys.exit(is_slow or most > _MOST_BYTES)


if __name__ == '__main__':
  main(sys.argv[1:])
