"""Asks every program for --help, in a few seconds.

  python -m tests.helpers.help_texts RESULTS.json PROGRAM.py ...

Flags are global, so that no two programs can be in one process; each is run in
a copy of one that has TensorFlow and what programs share imported already.
"""

import importlib
import json
import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile

from tests.helpers import programs

SHARED = (
  'prediction.prediction_flags',
  'reports.evaluation_report',
  'training.all_flags',
  'training.run',
)


def ask(names):
  """Returns {PROGRAM.py: (status, what it prints)}."""
  with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, 'results.json')
    subprocess.run(
      [sys.executable, '-m', 'tests.helpers.help_texts', path, *names],
      env=programs.environment(),
      check=True,
    )
    with open(path, encoding='utf-8') as file:
      return json.load(file)


def _ask_one(name, path):
  """Runs `name --help` in this process, which ends, into a file."""
  with open(path, 'w', encoding='utf-8') as file:
    os.dup2(file.fileno(), 1)
    os.dup2(file.fileno(), 2)
  sys.argv = [os.path.join(programs.PROJECT, name), '--help']
  runpy.run_path(sys.argv[0], run_name='__main__')


def _main(results, *names):
  for shared in SHARED:
    importlib.import_module(shared)
  context = multiprocessing.get_context('fork')
  texts = {}
  for name in names:
    path = f'{results}.{name}'
    process = context.Process(target=_ask_one, args=(name, path))
    process.start()
    process.join()
    with open(path, encoding='utf-8') as file:
      texts[name] = (process.exitcode, file.read())
  with open(results, 'w', encoding='utf-8') as file:
    json.dump(texts, file)


if __name__ == '__main__':
  from base import quiet_tensorflow as quiet_tensorflow

  _main(*sys.argv[1:])
