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

from tests.helpers import bugs_of_ssdlite

_PROJECT = pathlib.Path(__file__).absolute().parents[2]
_LEFT_OUT = ('.*', 'bazel-*', 'runs', '__pycache__')


class Bug(NamedTuple):
  """One change of one file, and pytest's arguments for what must notice."""

  name: str
  path: str
  old: str  # stands there once
  new: str
  tests: tuple[str, ...]


_PARITY = 'tests/fast/parity_test.py'
_GOLDEN = 'tests/nets/golden_test.py'
_FAMILY_V2 = (_PARITY, '-k', 'every_family_mobilenet_v2')
_OPTIONS_V2 = (_PARITY, '-k', 'options_mobilenet_v2')
_GOLDEN_V2 = (_GOLDEN, '-k', 'mobilenet_v2_0.35')

BUGS = (
  Bug(
    'fast: epsilon 1e-5',
    'fast/layout.py',
    'BATCH_NORM_EPSILON = 0.001',
    'BATCH_NORM_EPSILON = 1e-5',
    _FAMILY_V2,
  ),
  Bug(
    'slim: epsilon 1e-5',
    'nets/mobilenet_layers.py',
    'epsilon=0.001',
    'epsilon=1e-5',
    _FAMILY_V2,
  ),
  Bug(
    'fast: no activation after depthwise',
    'fast/mobilenet_v2.py',
    "'depthwise', block.stride, block.rate",
    "'depthwise', block.stride, block.rate, True",
    _FAMILY_V2,
  ),
  Bug(
    'slim: an activation after project',
    'nets/mobilenet_v2.py',
    'activation_fn=None if block.linear else activation_fn',
    'activation_fn=activation_fn',
    _FAMILY_V2,
  ),
  Bug(
    'fast: no shortcut',
    'fast/mobilenet_v2.py',
    'net += inputs',
    'net += 0.0',
    _FAMILY_V2,
  ),
  Bug(
    'slim: no shortcut',
    'nets/mobilenet_v2.py',
    'net += inputs',
    'net += 0.0',
    _FAMILY_V2,
  ),
  Bug(
    'fast: no gradient through the shortcut',
    'fast/mobilenet_v2.py',
    'net += inputs',
    'net += tf.stop_gradient(inputs)',
    _FAMILY_V2,
  ),
  Bug(
    'fast: the rate ignored',
    'fast/layers.py',
    'dilations=[rate, rate]',
    'dilations=[1, 1]',
    _OPTIONS_V2,
  ),
  Bug(
    'slim: the rate ignored',
    'nets/mobilenet_v2.py',
    'rate=block.rate',
    'rate=1',
    _OPTIONS_V2,
  ),
  Bug(
    'specs: the rate multiplies a layer early',
    'specs/arithmetic.py',
    'resolved.append((1, rate))\n      rate *= stride',
    'rate *= stride\n      resolved.append((1, rate))',
    (_GOLDEN, '-k', 'mobilenet_v2_0.5_96_os8'),
  ),
  Bug(
    'fast: mean and variance swapped in evaluation',
    'fast/layers.py',
    '  scale = norm.gamma',
    '  norm = norm._replace(moving_mean=norm[3], moving_variance=norm[2])\n'
    '  scale = norm.gamma',
    _FAMILY_V2,
  ),
  Bug(
    'fast: updates of mean and variance swapped',
    'fast/layers.py',
    '(norm.moving_mean, mean),\n    (norm.moving_variance, variance),',
    '(norm.moving_mean, variance),\n    (norm.moving_variance, mean),',
    _FAMILY_V2,
  ),
  Bug(
    'fast: decay of the averages 0.99',
    'fast/mobilenet_v2.py',
    'batch_norm_decay: float | tf.Tensor = 0.997',
    'batch_norm_decay: float | tf.Tensor = 0.99',
    _GOLDEN_V2,
  ),
  Bug(
    'fast: explicit padding shifted by a pixel',
    'fast/layers.py',
    'pads[axis] = [total // 2, total - total // 2]',
    'pads[axis] = [total // 2 + 1, total - total // 2 - 1]',
    _OPTIONS_V2,
  ),
  Bug(
    'specs: the last layer shrinks with the width',
    'specs/mobilenet_v2.py',
    'if finegrain_classification_mode and depth_multiplier < 1',
    'if finegrain_classification_mode and depth_multiplier > 1',
    _GOLDEN_V2,
  ),
  Bug(
    'fast: NCHW with height and width swapped',
    'fast/layout.py',
    '[0, 3, 1, 2]',
    '[0, 3, 2, 1]',
    _OPTIONS_V2,
  ),
  Bug(
    'fast: twice the bfloat16 gradient of strided kernels',
    'fast/layers.py',
    'tf.cast(of_kernel, kernel.dtype)',
    'tf.cast(2.0 * of_kernel, kernel.dtype)',
    ('tests/fast/layers_test.py',),
  ),
  Bug(
    'fast: no activation in squeeze and excite',
    'fast/mobilenet_v3.py',
    'tf.nn.relu(gate)',
    'gate',
    (_PARITY, '-k', 'every_family_mobilenet_v3'),
  ),
  Bug(
    'fast: means over height and width in half precision',
    'fast/heads.py',
    'tf.reduce_mean(tf.cast(net, tf.float32), setup.spatial_axes)',
    'tf.cast(tf.reduce_mean(net, setup.spatial_axes), tf.float32)',
    ('tests/fast/heads_test.py',),
  ),
  Bug(
    'slim: channels shuffled the other way',
    'nets/shufflenet_v1.py',
    'tf.split(net, groups, axis=3), axis=4)',
    'tf.split(net, groups, axis=3), axis=3)',
    ('tests/nets/shufflenet_v1_test.py', '-k', 'test_shuffle'),
  ),
  Bug(
    'fast: channels shuffled the other way',
    'fast/shufflenet_v1.py',
    '[-1, groups, net.shape[3] // groups]',
    '[-1, net.shape[3] // groups, groups]',
    (_PARITY, '-k', 'every_family_shufflenet'),
  ),
  Bug(
    'fast: no shift in the factorized reduction',
    'fast/nasnet.py',
    'pads[axis], begin[axis] = [0, 1], 1',
    'pads[axis], begin[axis] = [0, 1], 0',
    (_GOLDEN, '-k', 'nasnet and nhwc'),
  ),
  Bug(
    'specs: weight decay on depthwise kernels',
    'specs/networks.py',
    "leaf in ('weights', 'pointwise_weights')",
    "leaf in ('weights', 'pointwise_weights', 'depthwise_weights')",
    _GOLDEN_V2,
  ),
  Bug(
    'training: the loss scale not divided out',
    'training/step.py',
    '[gradient / scale for gradient in gradients]',
    '[gradient / 1.0 for gradient in gradients]',
    ('tests/training/step_test.py',),
  ),
  Bug(
    'input: every epoch in the order of the first',
    'datasets/input_pipeline.py',
    'tf.stack([seed, position // num_examples])',
    'tf.stack([seed, 0 * position])',
    ('tests/datasets/input_pipeline_test.py',),
  ),
  *(Bug(*row) for row in bugs_of_ssdlite.ROWS),
)


def _run_tests(folder, tests):
  """Returns (pytest's exit status, the tests that failed, its output)."""
  ran = subprocess.run(
    [
      *(sys.executable, '-B', '-m', 'pytest', '-x', '-q'),
      *('-p', 'no:cacheprovider', *tests),
    ],
    cwd=folder,
    stdout=subprocess.PIPE,
    stderr=subprocess.STDOUT,
    text=True,
    check=False,
  )
  failed = re.findall(r'^FAILED \S+::(\S+)', ran.stdout, re.MULTILINE)
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
