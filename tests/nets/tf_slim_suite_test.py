"""tf-slim's own tests pass with our patches, save those known to fail."""

import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from tests.helpers import soak

_HELPERS = str(pathlib.Path(__file__).absolute().parents[1] / 'helpers')
_KNOWN_FAILURES = os.path.join(_HELPERS, 'tf_slim_known_failures.txt')

# Each takes longer than all the others together: `make soak` runs them, one
# after the other in a process of their own, beside the others.
_LONGEST = (
  'tf_slim.losses.metric_learning_test',
  'tf_slim.metrics.metric_ops_test',
)
_SOAKS = 'TWINSLIM_SOAK' in os.environ

# Of tf-slim 1.1.0, without tests of its own networks and
# metric_ops_large_test.
_NUM_TESTS = 1416
_NUM_OF_LONGEST = 14 + 431


def _modules():
  spec = importlib.util.find_spec('tf_slim')
  root = pathlib.Path(spec.submodule_search_locations[0])
  paths = (path.relative_to(root.parent) for path in root.rglob('*_test.py'))
  names = ('.'.join(path.with_suffix('').parts) for path in paths)
  return sorted(
    name
    for name in names
    if not name.startswith('tf_slim.nets')
    and not name.endswith('.metric_ops_large_test')
  )


def _start(report, modules, folder):
  environment = os.environ | {
    'PYTHONPATH': os.pathsep.join(filter(None, sys.path)),
    'TF_CPP_MIN_LOG_LEVEL': '3',
    'TMPDIR': folder,
  }
  suite = os.path.join(_HELPERS, 'tf_slim_suite.py')
  return subprocess.Popen(
    [sys.executable, suite, report, *modules],
    env=environment,
    text=True,
    stdin=subprocess.DEVNULL,
    stdout=subprocess.DEVNULL,
    stderr=subprocess.PIPE,
  )


def _run_suite():
  """Returns {name of test: traceback or None} of tf-slim's tests."""
  groups = [[name for name in _modules() if name not in _LONGEST]]
  if _SOAKS:
    groups.append(_LONGEST)
  results = {}
  with tempfile.TemporaryDirectory() as folder:
    reports = [
      os.path.join(folder, f'{number}.json') for number in range(len(groups))
    ]
    runs = [
      _start(report, modules, folder)
      for report, modules in zip(reports, groups)
    ]
    for run, report in zip(runs, reports):
      errors = run.communicate()[1]
      if run.returncode:
        raise RuntimeError(f'tf_slim_suite.py failed:\n{errors[-3000:]}')
      with open(report, encoding='utf-8') as file:
        results |= json.load(file)
  return results


def _known_failures():
  """Returns {name of test: reason}; comment lines hold the reasons."""
  known, reason = {}, []
  with open(_KNOWN_FAILURES, encoding='utf-8') as file:
    for line in file.read().splitlines():
      if line.startswith('#'):
        reason.append(line.strip('# '))
      elif line:
        known[line] = ' '.join(reason)
      else:
        reason = []
  return known


class TfSlimSuiteTest(unittest.TestCase):
  @soak.slow
  def test_only_known_tests_fail(self):
    known, results = _known_failures(), _run_suite()
    self.assertEqual(
      _NUM_TESTS - (0 if _SOAKS else _NUM_OF_LONGEST), len(results)
    )
    news = {
      name: text for name, text in results.items() if text and name not in known
    }
    self.assertFalse(news, '\n\n'.join(news.values()))
    passing = [name for name in known if not results.get(name)]
    self.assertFalse(passing, 'take them off tf_slim_known_failures.txt')

  def test_each_known_failure_is_explained(self):
    self.assertFalse(
      [
        name
        for name, reason in _known_failures().items()
        if len(reason.split()) < 5
      ]
    )


if __name__ == '__main__':
  unittest.main()
