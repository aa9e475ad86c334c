"""Shows where the time of a step goes, by TensorFlow's profiler.

python -m benchmarking.profile training --implementation=fast
python -m benchmarking.profile inference --implementation=keras
"""

# First: it imports TensorFlow without its notices.
from base import quiet_tensorflow as quiet_tensorflow  # isort: split

import argparse
import collections
from collections.abc import Callable
import glob
import os
import sys
import tempfile

import tensorflow as tf
from tensorflow.tsl.profiler.protobuf import xplane_pb2

from base.errors import InputError
from benchmarking import configurations
from benchmarking import contestant
from specs import networks

_STEPS = 5
_MOST_LINES = 20
_WARM_UP = 1.0  # seconds


def operations(
  step: Callable[[int], None], steps: int = _STEPS
) -> dict[str, tuple[float, int]]:
  """Returns {type of operation: (milliseconds, number)} of one step.

  Times of operations that run side by side add up to more than the step's.

  Args:
    step: called with the number of steps to run.
    steps: over how many to take the mean.
  """
  milliseconds, numbers = collections.Counter(), collections.Counter()
  with tempfile.TemporaryDirectory() as folder:
    tf.profiler.experimental.start(folder)
    step(steps)
    tf.profiler.experimental.stop()
    (path,) = glob.glob(
      os.path.join(folder, '**', '*.xplane.pb'), recursive=True
    )
    with open(path, 'rb') as file:
      space = xplane_pb2.XSpace.FromString(file.read())
  for plane in space.planes:
    for line in plane.lines:
      for event in line.events:
        # An operation is told of as its name in the graph, and its type.
        name, _, kind = plane.event_metadata[event.metadata_id].name.rpartition(
          ':'
        )
        if name and ':' not in name and ' ' not in name and kind.isidentifier():
          milliseconds[kind] += event.duration_ps / 1e9 / steps
          numbers[kind] += 1 / steps
  return {
    kind: (time, round(numbers[kind]))
    for kind, time in milliseconds.most_common()
  }


def _parse():
  parser = argparse.ArgumentParser(
    description=__doc__.splitlines()[0], prog='python -m benchmarking.profile'
  )
  parser.add_argument(
    'mode', choices=configurations.MODES, help='kind of step to profile'
  )
  parser.add_argument(
    '--network',
    default='mobilenet_v2',
    choices=networks.ALL,
    metavar='NETWORK',
    help='name of the network, as python -m specs.cost lists them; default: '
    '%(default)s',
  )
  parser.add_argument(
    '--implementation',
    default='fast',
    choices=[*networks.IMPLEMENTATIONS, 'keras'],
    help="implementation; keras is Keras' own MobileNetV2; default: "
    '%(default)s',
  )
  parser.add_argument(
    '--data_format',
    default='NHWC',
    choices=networks.DATA_FORMATS,
    help='layout of the fast implementation; default: %(default)s',
  )
  parser.add_argument(
    '--compute_dtype',
    default='float32',
    choices=networks.COMPUTE_DTYPES,
    help='precision of the fast implementation; default: %(default)s',
  )
  parser.add_argument(
    '--xla', action='store_true', help='compiles the step by XLA'
  )
  parser.add_argument(
    '--batch_size',
    type=int,
    default=32,
    help='number of images per step; default: %(default)s',
  )
  parser.add_argument(
    '--image_size',
    type=int,
    default=224,
    help='height and width of the images, in pixels; default: %(default)s',
  )
  arguments = parser.parse_args()
  if arguments.batch_size < 1 or arguments.image_size < 32:
    parser.error('--batch_size is at least 1, --image_size at least 32')
  return arguments


def main() -> None:
  """Prints where the time of a step goes."""
  arguments = _parse()
  configuration = configurations.Configuration(**vars(arguments))
  try:
    timed = contestant.Contestant(configuration)
  except InputError as error:
    sys.exit(f'benchmarking.profile: {error}')
  timed.warm_up(_WARM_UP)
  table = operations(timed.run)
  total = sum(time for time, _ in table.values())
  print(
    f'{configuration.label}, {configuration.workload}: '
    f'{1000 * timed.time(_STEPS):.0f} ms a step, {total:.0f} ms of '
    'operations, some side by side'
  )
  print(f'{"operation":44}{"ms":>9}{"part":>7}{"number":>8}')
  for kind, (time, number) in list(table.items())[:_MOST_LINES]:
    print(f'{kind:44}{time:9.1f}{time / total:7.1%}{number:8}')


if __name__ == '__main__':
  main()
