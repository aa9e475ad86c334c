r"""Times networks in every way in which they can run here, next to Keras.

  python benchmark.py
  python benchmark.py --networks=mobilenet_v2,mobilenet_v1 --modes=inference \
      --batch_sizes=1,8 --data_formats=NHWC --compute_dtypes=float32,bfloat16
  python benchmark.py --networks=ssdlite_mobilenet_v2 --image_size=320
  python benchmark.py --runtimes=litert,onnxruntime,openvino
  python benchmark.py --plan --plan_device=gpu
  python benchmark.py --models=exported/tflite,exported/onnx --modes=inference

The yardstick is MobileNetV2 as it comes with TensorFlow's Keras: NHWC, float32,
not compiled by XLA. Keras and each configuration run in processes of their own
and are timed in turn, so that what slows this machine for a while slows both.
Detectors and segmenters have no yardstick, for Keras has neither. --runtimes
compares with other runtimes at their best, by exports of the same weights. At
the end it prints a table and what is fastest here, and writes
OUTPUT_DIR/benchmark.json and OUTPUT_DIR/benchmark.png.
"""

import datetime
import math
import os
import sys
import tempfile

from absl import flags

from base import errors
from base import files
from base import program_flags
from benchmarking import benchmark_flags
from benchmarking import calibration
from benchmarking import ceilings
from benchmarking import plan
from benchmarking import report
from benchmarking import runtimes
from benchmarking import selection
from benchmarking import timing
from benchmarking import workers
from specs import networks

benchmark_flags.define()

# How to time.
_ROUNDS = flags.DEFINE_integer(
  'rounds',
  5,
  'Number of times that a configuration and Keras are timed in turn.',
  lower_bound=1,
)
_SECONDS = flags.DEFINE_float(
  'seconds',
  1.0,
  'Seconds for which each is timed in a round; at least one step. A quarter as '
  'many steps run before, which do not count.',
)
_PLAN = flags.DEFINE_bool(
  'plan',
  False,
  'Prints the rows, and how long and in how much memory they will run; runs '
  'none.',
)
_PLAN_DEVICES = {
  'cpu': 'CPU',
  'gpu': 'GPU from Volta on',
  'gpu_before_volta': 'GPU before Volta',
}
_PLAN_DEVICE = flags.DEFINE_enum(
  'plan_device',
  None,
  list(_PLAN_DEVICES),
  "Device of the plan, which need not be there. Default: this machine's.",
)
_MEMORY_BANDWIDTH = flags.DEFINE_float(
  'memory_bandwidth',
  None,
  'Memory bandwidth of the device, in GB/s, from which the ceiling follows, '
  'the most that the device can do. Default: the published one, otherwise a '
  'measurement.',
)
_PEAK_FLOPS = flags.DEFINE_float(
  'peak_flops',
  None,
  'Peak speed of the device in every precision, in TFLOP/s, from which the '
  'ceiling follows. Default: the published one, otherwise a measurement.',
)
program_flags.define_path(
  'output_dir', 'runs/benchmark', 'Folder for benchmark.json and benchmark.png.'
)

# Bounds of flags let NaN and infinity pass.
flags.register_validator(
  'seconds', lambda value: 0 <= value <= 600, 'must be from 0 to 600'
)
for _name in ('memory_bandwidth', 'peak_flops'):
  flags.register_validator(
    _name,
    lambda value: value is None or 0 < value < math.inf,
    'must be above 0',
  )


def main(argv: list[str]) -> None:
  """Times what the flags say."""
  program_flags.reject_arguments(argv)
  choices, absent = _installed(benchmark_flags.read())
  if _PLAN.value:
    _tell_plan(choices)
    return
  # Minutes later would be too late to find it wrong.
  output_dir = files.make_folder(flags.FLAGS.output_dir, '--output_dir')
  description, speed = _describe_device()
  machine = description['machine']
  print(
    f'{_machine_name(machine)}, TensorFlow '
    f'{description["versions"]["tensorflow"]}',
    flush=True,
  )
  if machine['why_no_gpu']:
    print(machine['why_no_gpu'], file=sys.stderr, flush=True)
  with tempfile.TemporaryDirectory() as folder:
    choices = _export(choices, absent, folder)
    todo = selection.make_configurations(
      _device(machine), benchmark_flags.image_size(choices), choices
    )
    if not machine['gpu']:
      print(calibration.measure(todo, machine['cores']), end='', flush=True)
    rows = timing.time_all(
      todo, _ROUNDS.value, _SECONDS.value, _Progress(len(todo))
    )
  print(report.format_table(rows, speed))
  print(f'\n{report.format_fastest(rows)}')
  for name, why in absent.items():
    print(f'Not timed: {name}: {why}')
  _write(output_dir, {**description, 'not_timed': absent}, speed, rows)


def _installed(choices):
  """Returns (Choices of what is installed, {runtime: why it is not timed})."""
  absent = {name: runtimes.missing(name) for name in choices.runtimes}
  absent = {name: why for name, why in absent.items() if why}
  for name, why in absent.items():
    print(f'{name}: {why}', file=sys.stderr, flush=True)
  there = [name for name in choices.runtimes if name not in absent]
  return choices._replace(runtimes=there), absent


def _export(choices, absent, folder):
  """Makes what runtimes run; returns Choices of those that it was made for.

  absent: {runtime: why it is not timed}, to which "runtime, network" come.
  """
  if not choices.runtimes:
    return choices
  lacking = []
  for network in choices.networks:
    print(f'Exporting {network}', file=sys.stderr, flush=True)
    made = os.path.join(folder, network)
    os.mkdir(made)
    with workers.Worker(
      timing.make_maker, network, benchmark_flags.image_size(choices), made
    ) as maker:
      for name in choices.runtimes:
        try:
          why = maker.ask('make', runtimes.RUNTIMES[name].format)
        except workers.WorkerError as error:
          why = str(error)
        if why:
          absent[f'{name}, {network}'] = why
          lacking.append((network, name))
  return choices._replace(weights=folder, lacking=lacking)


def _device(machine):
  """Returns the selection.Device of a description."""
  return selection.Device(
    machine['kind'], machine['data_format'], machine['cores']
  )


def _tell_plan(choices):
  """Prints what would be timed, how long it takes, and in how much memory."""
  with workers.Worker(timing.make_machine) as machine:
    device = _device(machine.ask('describe')['machine'])
    kinds = machine.ask('kinds')
  if _PLAN_DEVICE.value:
    kind = _PLAN_DEVICES[_PLAN_DEVICE.value]
    device = device._replace(kind=kind, data_format=kinds[kind])
  todo = selection.make_configurations(
    device,
    benchmark_flags.image_size(choices),
    choices._replace(weights='' if choices.runtimes else None),
  )
  rows = plan.make(todo, device, _ROUNDS.value, _SECONDS.value)
  print(f'{device.kind}, {device.cores} cores of this machine\n')
  seconds = (
    0.0 if device.has_gpu else calibration.planned_seconds(todo, device.cores)
  )
  print(plan.format_table(rows, device, seconds))


def _describe_device():
  """Returns (what timing.Machine describes, ceilings.Speed)."""
  try:
    with workers.Worker(timing.make_machine) as machine:
      description = machine.ask('describe')
      speed = ceilings.published_speed(description['machine']['gpu'])
      if speed is None and not (_MEMORY_BANDWIDTH.value and _PEAK_FLOPS.value):
        speed = ceilings.measured_speed(
          machine.ask('bandwidth'),
          {
            compute_dtype: machine.ask('flops', compute_dtype)
            for compute_dtype in networks.COMPUTE_DTYPES
          },
        )
  except workers.WorkerError as error:
    raise errors.InputError(
      f'The device cannot be measured ({error}): free it, or give '
      '--memory_bandwidth and --peak_flops.'
    ) from error
  return description, ceilings.override(
    speed, _MEMORY_BANDWIDTH.value, _PEAK_FLOPS.value
  )


def _machine_name(machine):
  return machine['gpu'] or f'{machine["cpu"]}, {machine["cores"]} cores'


class _Progress:
  """Tells of each Row on stderr."""

  def __init__(self, number):
    self._number = number
    self._told = 0

  def __call__(self, row):
    self._told += 1
    what = f'not timed: {row.error}'
    if not row.error:
      what = f'{row.images_per_second:.1f} images/s'
      if row.keras_seconds:
        what += f', {report.ratio(row.ratio)} x Keras'
    configuration = row.configuration
    print(
      f'[{self._told}/{self._number}] {configuration.network} '
      f'{configuration.requests}, {configuration.label}: {what}',
      file=sys.stderr,
      flush=True,
    )


def _write(output_dir, description, speed, rows):
  """Writes the JSON and the chart."""
  # What draws takes a second to import; wrong flags are told at once.
  from benchmarking import chart

  path = os.path.join(output_dir, 'benchmark')
  now = datetime.datetime.now(datetime.UTC)
  files.write_json(
    f'{path}.json',
    {
      'date': now.isoformat(timespec='seconds'),
      **description,
      'flags': {
        flag.name: flag.value
        for flag in flags.FLAGS.get_key_flags_for_module(sys.modules[__name__])
      },
      'speed': speed._asdict(),
      'rows': [report.to_json(row, speed) for row in rows],
    },
  )
  networks = ', '.join(
    dict.fromkeys(
      row.configuration.network
      for row in rows
      if row.configuration.implementation != 'keras'
    )
  )
  chart.draw(
    f'{path}.png',
    rows,
    f'{networks} on {_machine_name(description["machine"])}',
  )
  print(f'Written: {path}.json and .png')


if __name__ == '__main__':
  errors.run(main)
