"""How long a benchmark will take, and how much memory. No TensorFlow.

Of a CPU what is assumed was measured: docs/benchmarks/ has the figures. Of a
GPU it was not: seconds to start and to compile are guesses on the safe side,
and memory follows from the same counts.
"""

from collections.abc import Sequence
import itertools
from typing import NamedTuple

from benchmarking import configurations
from benchmarking import pace
from benchmarking import runtimes
from benchmarking.configurations import Configuration
from benchmarking.configurations import num_classes
from benchmarking.selection import Device
from specs import networks


class Estimate(NamedTuple):
  """Of a row: seconds that it adds; bytes that its processes hold."""

  seconds: float
  memory: float


class Row(NamedTuple):
  """What is to be timed; of a yardstick the seconds are its start alone."""

  configuration: Configuration
  own: Estimate
  at_once: float  # bytes, of the yardstick too, which waits meanwhile


class _Kind(NamedTuple):
  """What is assumed of a kind of device; seconds, bytes."""

  start: float  # until a process can compute
  first_steps: tuple[float, float]  # the first step, in inference, in training
  compiled_first_steps: tuple[float, float]  # the same, by XLA
  base: float  # memory of a process whatever it computes
  # Multiply-adds of inference in a second; training takes thrice as many.
  multiply_adds: float


CPU_START = 5  # seconds until a process can compute on a CPU

# Of a GPU base is CUDA's context, its libraries, and their scratch space.
_CPU = _Kind(CPU_START, (1, 4), (30, 120), 9e8, 3e10)
_GPU = _Kind(10, (3, 6), (20, 60), 1e9, 6e11)

# How many of the values that an image has are in memory at once. In inference
# of the largest layer's input and output, in training of all outputs; there
# half precision keeps its casts, and Keras what its batch norm is made of.
_INFERENCE = {'keras': 2.0}
_INFERENCE_ELSE = 1.4
_TRAINING = {'keras': 2.9, 'float32': 2.6, 'bfloat16': 3.3, 'float16': 3.3}
_WIDTHS = {'float32': 4, 'bfloat16': 2, 'float16': 2}


def make(
  todo: Sequence[Configuration], device: Device, rounds: int, seconds: float
) -> list[Row]:
  """Returns a Row for each of todo and for each yardstick, in their order.

  Args:
    todo: of selection.make_configurations.
    device: what is to run them.
    rounds: how often each is timed.
    seconds: for how long, each time.
  """
  kind = _GPU if device.has_gpu else _CPU
  rows = []
  for keras, group in itertools.groupby(todo, configurations.yardstick):
    waiting, turn = 0.0, 0.0
    if keras:
      waiting = _memory(keras, kind)
      turn = rounds * _turn(keras, kind, seconds)
      start = _start(keras, kind, seconds)
      rows.append(Row(keras, Estimate(start, waiting), waiting))
    for one in group:
      own = Estimate(
        _start(one, kind, seconds) + rounds * _turn(one, kind, seconds) + turn,
        _memory(one, kind),
      )
      rows.append(Row(one, own, own.memory + waiting))
  return rows


def _layers(configuration):
  size, network = configuration.image_size, configuration.network
  return networks.convolutions(network, size, size, num_classes(network))


def _step(configuration, kind):
  multiply_adds = sum(layer.multiply_adds for layer in _layers(configuration))
  if configuration.mode == 'training':
    multiply_adds *= 3
  return configuration.batch_size * multiply_adds / kind.multiply_adds


def _turn(configuration, kind, seconds):
  """Returns the seconds of one round: what is timed, and what leads to it."""
  steps = max(1, round(seconds / _step(configuration, kind)))
  return (steps + pace.lead_in(steps)) * _step(configuration, kind)


def _start(configuration, kind, seconds):
  """Returns the seconds until it is warm."""
  first = (
    kind.compiled_first_steps if configuration.xla else kind.first_steps
  )[configuration.mode == 'training']
  step = _step(configuration, kind)
  return kind.start + first + max(2 * seconds, 4 * step)


def _memory(configuration, kind):
  """Returns the bytes of all of its processes."""
  layers, batch = _layers(configuration), configuration.batch_size
  dtype = configuration.compute_dtype
  parameters = 4 * sum(layer.parameters for layer in layers)
  images = 4 * 3 * configuration.image_size**2 * batch
  inputs = images * pace.num_batches(batch, configuration.image_size)
  if configuration.mode == 'training':
    values = sum(layer.values_out for layer in layers)
    values *= _TRAINING.get(configuration.implementation, _TRAINING[dtype])
    parameters *= 4  # gradients, and two averages of the optimizer
  else:
    values = max(layer.values_in + layer.values_out for layer in layers)
    values *= _INFERENCE.get(configuration.implementation, _INFERENCE_ELSE)
  one = kind.base + parameters + inputs + _WIDTHS[dtype] * values * batch
  processes = configuration.drive == runtimes.PROCESSES
  return one * (configuration.at_once if processes else 1)


def format_table(
  rows: Sequence[Row], device: Device, calibration_seconds: float = 0.0
) -> str:
  """Returns the table of Rows, what they come to, and what was assumed.

  Args:
    rows: of make.
    device: what is to run them.
    calibration_seconds: of calibration.measure, before the rows.
  """
  lines = [f'{"":50}{"seconds":>8}{"MB":>8}{"with Keras":>12}']
  for workload, group in itertools.groupby(
    rows, lambda row: row.configuration.workload
  ):
    lines += ['', workload]
    for row in group:
      one = row.configuration
      label = '  '.join(
        [one.label]
        if one.implementation == 'keras'
        else ['', one.network, one.label]
      )
      lines.append(
        f'{label:<50}{row.own.seconds:>8.0f}{row.own.memory / 1e6:>8.0f}'
        f'{row.at_once / 1e6:>12.0f}'
      )
  minutes, memory = total(rows)
  minutes += calibration_seconds / 60
  tried = (
    [f'{calibration_seconds:.0f} seconds of it try threads, before the rows.']
    if calibration_seconds
    else []
  )
  source = (
    'Of a GPU this was not measured: times to start and to compile are guessed.'
    if device.has_gpu
    else 'As measured on two cores of a Zen 5; another took twice as long.'
  )
  return '\n'.join(
    [
      *lines,
      '',
      f'{len(rows)} rows, some {minutes:.1f} minutes, at most '
      f'{memory / 1e9:.1f} GB at once. Nothing was run.',
      *tried,
      source,
    ]
  )


def total(rows: Sequence[Row]) -> tuple[float, float]:
  """Returns (minutes of all, the most bytes at once)."""
  seconds = sum(row.own.seconds for row in rows)
  return seconds / 60, max((row.at_once for row in rows), default=0.0)
