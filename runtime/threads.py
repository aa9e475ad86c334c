"""How many threads an operation takes where images are fewer than cores.

Threads that wake up for each small operation, and wait for each other, may cost
more than they save: of four machines of two cores one thread was faster on two,
and on the others two threads were now faster, now slower (docs/experiments.md).
So benchmark.py measures it, and keeps what suits for the programs that run on
the same machine.
"""

import json
import os
import platform

from base import files

_FEW_CORES = 2  # Up to so many, one thread until it was measured.


def path() -> str:
  """Returns where the numbers are kept: {machine: threads}."""
  caches = os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache')
  return os.path.join(caches, 'twinslim', 'threads.json')


def machine(cores: int) -> str:
  """Returns the key of this machine: its processor, and the cores at hand."""
  return f'{processor()}, {cores} cores'


def for_few_images(cores: int) -> int:
  """Returns the threads for each operation, from 1 to the number of cores."""
  kept = _read().get(machine(cores))
  if isinstance(kept, int) and 1 <= kept <= cores:
    return kept
  return 1 if cores <= _FEW_CORES else cores


def keep(cores: int, number: int) -> None:
  """Keeps what was faster on this machine.

  Raises:
    InputError: the file cannot be written.
  """
  files.make_folder(os.path.dirname(path()), 'the cache')
  files.write_json(path(), {**_read(), machine(cores): number})


def _read():
  """Returns what is kept: nothing, where the file is not what keep writes."""
  try:
    with open(path(), encoding='utf-8') as file:
      kept = json.load(file)
  except (OSError, ValueError):
    return {}
  return kept if isinstance(kept, dict) else {}


def processor(path: str = '/proc/cpuinfo') -> str:
  """Returns the processor's name, or at least its kind.

  Its family and model tell apart what virtual machines all call AMD EPYC.
  """
  try:
    with open(path, encoding='utf-8') as file:
      lines = [line.partition(':')[::2] for line in file]
  except OSError:
    lines = []
  # Of the first core.
  told = {name.strip(): value.strip() for name, value in reversed(lines)}
  name = told.get('model name') or platform.machine()
  if not {'cpu family', 'model'} <= told.keys():
    return name
  return f'{name} (family {told["cpu family"]}, model {told["model"]})'
