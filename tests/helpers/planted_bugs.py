"""Plants bugs, one at a time, and shows which test catches each.

  python -m tests.helpers.planted_bugs [--every=N] [WORD ...]

Each is planted in a copy of the tree, where the tests run that must fail then,
and that pass without it. WORDs choose the bugs whose names have one of them;
--every=N takes each N-th. The exit status is 1 if one is not caught, or is no
longer there to be planted.
"""

import argparse
import collections
from concurrent import futures
import os
import pathlib
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

from tests.helpers import bugs_of_archives
from tests.helpers import bugs_of_benchmarks
from tests.helpers import bugs_of_classifiers
from tests.helpers import bugs_of_damage
from tests.helpers import bugs_of_data
from tests.helpers import bugs_of_deeplab
from tests.helpers import bugs_of_exports
from tests.helpers import bugs_of_faults
from tests.helpers import bugs_of_formats
from tests.helpers import bugs_of_graphs
from tests.helpers import bugs_of_imports
from tests.helpers import bugs_of_input
from tests.helpers import bugs_of_prediction
from tests.helpers import bugs_of_recipes
from tests.helpers import bugs_of_replicas
from tests.helpers import bugs_of_reports
from tests.helpers import bugs_of_scaling
from tests.helpers import bugs_of_seeds
from tests.helpers import bugs_of_ssdlite
from tests.helpers import bugs_of_state_dicts

_PROJECT = pathlib.Path(__file__).absolute().parents[2]
_LEFT_OUT = ('.*', 'bazel-*', 'runs', '__pycache__')


class Bug(NamedTuple):
  """One change of one file, and pytest's arguments for what must notice."""

  name: str
  path: str
  old: str  # stands there once
  new: str
  tests: tuple[str, ...]


BUGS = tuple(
  Bug(*row)
  for row in (
    *bugs_of_archives.ROWS,
    *bugs_of_benchmarks.ROWS,
    *bugs_of_classifiers.ROWS,
    *bugs_of_damage.ROWS,
    *bugs_of_data.ROWS,
    *bugs_of_deeplab.ROWS,
    *bugs_of_exports.ROWS,
    *bugs_of_faults.ROWS,
    *bugs_of_formats.ROWS,
    *bugs_of_graphs.ROWS,
    *bugs_of_imports.ROWS,
    *bugs_of_input.ROWS,
    *bugs_of_prediction.ROWS,
    *bugs_of_replicas.ROWS,
    *bugs_of_reports.ROWS,
    *bugs_of_recipes.ROWS,
    *bugs_of_scaling.ROWS,
    *bugs_of_seeds.ROWS,
    *bugs_of_ssdlite.ROWS,
    *bugs_of_state_dicts.ROWS,
  )
)


def _run_tests(folder, tests):
  """Returns (pytest's exit status, the tests that failed, its output)."""
  ran = subprocess.run(
    [
      *(sys.executable, '-B', '-m', 'pytest', '-x', '-q'),
      *('-p', 'no:cacheprovider', *tests),
    ],
    cwd=folder,
    env={**os.environ, 'TWINSLIM_SLOW': '1'},
    stdout=subprocess.PIPE,
    stderr=subprocess.STDOUT,
    text=True,
    check=False,
  )
  failed = re.findall(r'^(?:SUB)?FAILED.* \S+::(\S+)', ran.stdout, re.MULTILINE)
  return ran.returncode, failed, ran.stdout


def _without(folder, tests):
  """Returns (whether all is well, a line about it): no bug is planted."""
  status, failed, output = _run_tests(folder, tests)
  if status == 0:
    return True, 'passes: ' + ' '.join(tests)
  return False, f'FAILS WITHOUT A BUG: {" ".join(tests)}: {failed}\n{output}'


def _with(folder, bug):
  """Returns (whether it is caught, a line about it)."""
  path = folder / bug.path
  source = path.read_text(encoding='utf-8')
  if source.count(bug.old) != 1:
    return False, (
      f'NOT PLANTED: {bug.name}: {bug.path} has {bug.old!r} '
      f'{source.count(bug.old)} times'
    )
  path.write_text(source.replace(bug.old, bug.new), encoding='utf-8')
  status, failed, output = _run_tests(folder, bug.tests)
  path.write_text(source, encoding='utf-8')
  if status == 1 and failed:
    return True, f'caught: {bug.name}: {failed[0]}'
  if status == 0 and not re.search(r'\d passed', output):
    return True, f'not tried, all its tests are skipped here: {bug.name}'
  return False, f'NOT CAUGHT: {bug.name}: {" ".join(bug.tests)}\n{output}'


def _run_all(folders, jobs):
  """Runs (function, argument)s, each with a folder; yields what they return."""
  free = queue.SimpleQueue()
  for folder in folders:
    free.put(folder)

  def run(function, argument):
    folder, began = free.get(), time.monotonic()
    try:
      return *function(folder, argument), time.monotonic() - began
    finally:
      free.put(folder)

  with futures.ThreadPoolExecutor(len(folders)) as pool:
    yield from pool.map(lambda job: run(*job), jobs)


def _chosen(arguments):
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument(
    '--every', type=int, default=1, help='takes each N-th', metavar='N'
  )
  parser.add_argument('words', nargs='*', help='in the names', metavar='WORD')
  flags = parser.parse_args(arguments)
  return [
    bug
    for bug in BUGS
    if not flags.words or any(word in bug.name for word in flags.words)
  ][:: flags.every]


def main(arguments):
  bugs = _chosen(arguments)
  jobs = [(_without, tests) for tests in {bug.tests: None for bug in bugs}]
  jobs += [(_with, bug) for bug in bugs]
  counts = collections.Counter()
  with tempfile.TemporaryDirectory() as temporary:
    folders = [
      shutil.copytree(
        _PROJECT,
        pathlib.Path(temporary) / str(number),
        ignore=shutil.ignore_patterns(*_LEFT_OUT),
      )
      for number in range(min(2, os.cpu_count() or 1))
    ]
    for well, line, seconds in _run_all(folders, jobs):
      counts[well] += 1
      print(f'{seconds:4.0f} s  {line}', flush=True)
  print(f'{len(bugs)} bugs, {counts[False]} lines in capitals')
  return 1 if counts[False] or not bugs else 0


if __name__ == '__main__':
  sys.exit(main(sys.argv[1:]))
