"""Gives the flags of every program values that nobody means, in a few seconds.

  python -m tests.helpers.flag_values RESULTS.json COUNT PROGRAM ...

Flags are parsed and read as the programs do it; then they stop. As in
help_texts, each program is in a copy of one process.
"""

import importlib
import json
import multiprocessing
import random
import subprocess
import sys
import tempfile

from absl import flags

from base import program_flags
from tests.helpers import help_texts
from tests.helpers import programs

# What no float flag may take.
NO_NUMBERS = ('nan', 'inf', '-inf', '1e999', '-1e39')
_VALUES = (
  *NO_NUMBERS,
  *('', '-', '0', '-1', '1e-999', '1e9', '-1e9', '0x10', '1_0', '٣', ' 1'),
  *('99999999999999999999', '-99999999999999999999', '9' * 5000),
  *('true', 'None', '[]', '{}', '1,2', ',', 'a,,b', '\udcff', '\n', '~', '%s'),
)
_LETTERS = '0123456789.,-+eEnaif_x \t\udcff\u0663\u0000'


def try_all(names, count):
  """Returns {PROGRAM: [(flag, whether it is a float, status, stderr)]}.

  All float flags with NO_NUMBERS, and so many flags at random.
  """
  with tempfile.TemporaryDirectory() as folder:
    path = f'{folder}/results.json'
    subprocess.run(
      [
        *(sys.executable, '-m', 'tests.helpers.flag_values'),
        *(path, str(count), *names),
      ],
      env=programs.environment(),
      check=True,
    )
    with open(path, encoding='utf-8') as file:
      return json.load(file)


def _cases(of_program, count):
  """Yields (flag, whether it is a float, its value)."""
  rng = random.Random(count)
  for flag in of_program:
    if isinstance(flag.parser, flags.FloatParser):
      yield from ((flag.name, True, value) for value in NO_NUMBERS)
  for _ in range(count):
    value = rng.choice(_VALUES)
    if rng.random() < 0.3:
      value = ''.join(rng.choices(_LETTERS, k=rng.randint(1, 12)))
    yield rng.choice(of_program).name, False, value


def _reader_of(program):
  """Returns what reads a program's flags after they are parsed."""
  if program.startswith('train_'):
    return importlib.import_module('training.all_flags').read_for_training
  if program.startswith('eval_'):
    return importlib.import_module('training.all_flags').read_for_evaluation
  if program.startswith(('classify_', 'detect_', 'segment_')):
    return importlib.import_module('prediction.prediction_flags').read
  return importlib.import_module('base.program_flags').given


def _try_one(program, count, path):
  """Writes the results of one program."""
  importlib.import_module(program)
  read = _reader_of(program)
  of_program = list(program_flags.ours())  # absl's are not ours to mend.
  results = []
  for name, is_float, value in _cases(of_program, count):
    given = f'--{name}={value}'
    result = programs.run_here(lambda argv: read() and None, program, [given])
    results.append((given, is_float, result.status, result.stderr))
  with open(path, 'w', encoding='utf-8') as file:
    json.dump(results, file)


def _main(results, count, *names):
  for shared in help_texts.SHARED:
    importlib.import_module(shared)
  context = multiprocessing.get_context('fork')
  found = {}
  for name in names:
    path = f'{results}.{name}'
    process = context.Process(target=_try_one, args=(name, int(count), path))
    process.start()
    process.join()
    with open(path, encoding='utf-8') as file:
      found[name] = json.load(file)
  with open(results, 'w', encoding='utf-8') as file:
    json.dump(found, file)


if __name__ == '__main__':
  _main(*sys.argv[1:])
