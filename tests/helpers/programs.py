"""Runs the programs as a shell would, several command lines in one process.

Not in the test's own process: flags are global, so no two programs can be
imported into one. Not in a process for each: TensorFlow takes seconds to start.
"""

import contextlib
import importlib
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import traceback
from typing import NamedTuple
from unittest import mock

from absl.testing import flagsaver

from base import errors

LONGEST = 1200  # seconds: of what should be refused and trains without end

PROJECT = str(pathlib.Path(__file__).absolute().parents[2])


class Result(NamedTuple):
  """What a command line came to; stderr is without TensorFlow's own lines."""

  status: int
  stdout: str
  stderr: str


def run(program, *command_lines):
  """Returns a Result for each list of arguments to PROGRAM.py, run in turn."""
  with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, 'results.json')
    subprocess.run(
      [
        sys.executable,
        '-m',
        'tests.helpers.programs',
        program,
        path,
        json.dumps(command_lines),
      ],
      env=environment(),
      check=True,
      timeout=LONGEST,
    )
    with open(path, encoding='utf-8') as file:
      return [Result(*result) for result in json.load(file)]


def start(program, *arguments, **options):
  """Returns the Popen, of such options, of PROGRAM.py in its own process."""
  return subprocess.Popen(
    [sys.executable, os.path.join(PROJECT, f'{program}.py'), *arguments],
    env=environment(),
    **options,
  )


def assert_fails(test, program, result, message):
  """PROGRAM.py said so in one line on stderr, status 1; message is a regex."""
  test.assertEqual(1, result.status, result.stderr)
  test.assertRegex(result.stderr, rf'^{program}\.py: {message}')
  test.assertEqual(1, result.stderr.count('\n'), result.stderr)


def assert_all_fail(test, program, cases, results):
  """Each of ((arguments, regex), ...) ended as assert_fails wants, silent."""
  for (arguments, message), result in zip(cases, results, strict=True):
    with test.subTest(arguments=arguments):
      assert_fails(test, program, result, message)
      test.assertEqual('', result.stdout)


def environment():
  """Returns an environment in which programs find what this process finds."""
  return {**os.environ, 'PYTHONPATH': os.pathsep.join([PROJECT, *sys.path])}


def run_here(main, program, arguments):
  """Returns the Result of errors.run(main), as if it were a process."""
  argv = [os.path.join(PROJECT, f'{program}.py'), *arguments]
  out, err = (
    io.TextIOWrapper(
      io.BytesIO(), 'utf-8', 'backslashreplace', write_through=True
    )
    for _ in range(2)
  )
  status = 0
  with (
    flagsaver.flagsaver(),
    mock.patch.object(sys, 'argv', argv),
    contextlib.redirect_stdout(out),
    contextlib.redirect_stderr(err),
  ):
    try:
      errors.run(main)
    except SystemExit as end:
      status = end.code or 0
      if isinstance(status, str):
        print(status, file=err)
        status = 1
    except Exception:
      status = 1
      traceback.print_exc()
  return Result(
    status, *(stream.buffer.getvalue().decode() for stream in (out, err))
  )


def _main(program, path, command_lines):
  main = importlib.import_module(program).main
  results = [
    run_here(main, program, arguments)
    for arguments in json.loads(command_lines)
  ]
  with open(path, 'w', encoding='utf-8') as file:
    json.dump(results, file)


if __name__ == '__main__':
  _main(*sys.argv[1:])
