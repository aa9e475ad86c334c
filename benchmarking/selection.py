"""What to time: every combination asked for, or what suits the device."""

from collections.abc import Sequence
import itertools
import os
from typing import NamedTuple

from benchmarking import runtimes
from benchmarking.configurations import Configuration
from benchmarking.configurations import MODES
from benchmarking.models import Model
from specs.networks import NETWORKS

# By default: (mode, batch size), and the fast implementation's (layout,
# precision). NCHW is far from fast on a CPU: once is enough to see it. On a GPU
# they fit ten minutes and 8 GB: plan.py counts, and tests hold them to it.
_CPU_BATCHES = (('inference', 1), ('inference', 32), ('training', 32))
_GPU_BATCHES = (('inference', 1), ('inference', 128), ('training', 32))
_RUNTIMES_BATCHES = (('inference', 1), ('throughput', 1), ('throughput', 32))
_NHWC = (('NHWC', 'float32'), ('NHWC', 'bfloat16'))
_CPU_VARIANTS = {
  'inference': (*_NHWC, ('NCHW', 'float32')),
  'throughput': _NHWC,
  'training': _NHWC,
}
# In the layout that suits it.
_GPU_DTYPES = ('float32', 'float16')


class Choices(NamedTuple):
  """What is asked for; None means what suits the device."""

  networks: list[str]
  implementations: list[str]
  data_formats: list[str] | None
  compute_dtypes: list[str] | None
  xla: list[str] | None
  batch_sizes: list[int] | None
  modes: list[str] | None
  models: Sequence[Model] = ()
  runtimes: Sequence[str] = ()  # those that are installed
  weights: str | None = None  # of runtimes: folder with one for each network
  lacking: Sequence[tuple[str, str]] = ()  # (network, runtime): no export


class Device(NamedTuple):
  """What decides which configurations suit: see runtime/device.py."""

  kind: str
  data_format: str = 'NHWC'  # that suits it
  cores: int = 1

  @property
  def has_gpu(self) -> bool:
    """Whether there is a GPU."""
    return self.kind.startswith('GPU')

  @property
  def has_bfloat16(self) -> bool:
    """Whether a CPU has instructions for it."""
    return self.kind == 'CPU with bfloat16 units'


def make_configurations(
  device: Device, image_size: int, choices: Choices
) -> list[Configuration]:
  """Returns the list of Configurations, those of one yardstick together.

  Layouts and precisions apply to the fast implementation only: slim is timed in
  NHWC float32, all that it has.

  Args:
    device: what runs them.
    image_size: height and width.
    choices: Choices.
  """
  batches = _batches(device, choices)
  variants = _variants(device, choices)
  ordered = sorted(choices.networks, key=lambda name: name not in NETWORKS)
  made = []
  for mode, batch_size in batches:
    for network in ordered:
      start = Configuration(mode, batch_size, image_size, network, '')
      for implementation in choices.implementations:
        made += _of_implementation(
          start._replace(implementation=implementation),
          variants[mode],
          device,
          choices,
        )
      if mode != 'training':
        made += _of_runtimes(start, device, choices)
    if mode == 'inference':
      made += [_of_model(one, mode, batch_size) for one in choices.models]
  # Those of one yardstick together, those without one last.
  return sorted(made, key=lambda one: _order(one, batches))


def _batches(device, choices):
  """Returns [(mode, batch size)]."""
  modes = choices.modes or (
    ['inference', 'throughput']
    if choices.runtimes
    else ['inference', 'training']
  )
  if choices.batch_sizes is not None:
    return list(itertools.product(modes, choices.batch_sizes))
  suited = _GPU_BATCHES if device.has_gpu else _CPU_BATCHES
  if 'throughput' in modes:
    suited = _RUNTIMES_BATCHES + tuple(
      one for one in suited if one[0] == 'training'
    )
  return [one for one in suited if one[0] in modes]


def _variants(device, choices):
  """Returns {mode: ((layout, precision), ...)} of the fast implementation."""
  if choices.data_formats is None and choices.compute_dtypes is None:
    if not device.has_gpu:
      # Without units for it, bfloat16 takes two to eight times as long.
      return {
        mode: [
          one for one in variants if device.has_bfloat16 or one[1] != 'bfloat16'
        ]
        for mode, variants in _CPU_VARIANTS.items()
      }
    suited = tuple((device.data_format, dtype) for dtype in _GPU_DTYPES)
    return dict.fromkeys(MODES, suited)
  variants = itertools.product(
    choices.data_formats or ['NHWC'], choices.compute_dtypes or ['float32']
  )
  return dict.fromkeys(MODES, tuple(variants))


def _of_implementation(start, variants, device, choices):
  """Returns the Configurations of slim or fast in a workload."""
  if start.implementation != 'fast':
    variants = [('NHWC', 'float32')]
  weights = choices.weights and os.path.join(choices.weights, start.network)
  return [
    driven._replace(
      data_format=data_format,
      compute_dtype=compute_dtype,
      xla=compiled == 'true',
      weights=weights,
    )
    for data_format, compute_dtype in variants
    for compiled in choices.xla or ['true' if device.has_gpu else 'false']
    for driven in _driven(start, device)
  ]


def _of_runtimes(start, device, choices):
  """Returns the Configurations of all runtimes in a workload."""
  made = []
  for name in choices.runtimes:
    if (start.network, name) in choices.lacking:
      continue
    runtime = runtimes.RUNTIMES[name]
    weights = os.path.join(choices.weights, start.network)
    own = start._replace(
      implementation=name,
      export=os.path.join(weights, runtime.format or ''),
      weights=weights,
    )
    halves = runtime.has_bfloat16 and device.has_bfloat16
    for compute_dtype in ['float32'] + ['bfloat16'] * halves:
      made += _driven(own._replace(compute_dtype=compute_dtype), device)
  return made


def _driven(configuration, device):
  """Returns it in each way in which requests can be driven."""
  if configuration.mode != 'throughput':
    return [configuration]
  on_gpu = device.has_gpu and (
    configuration.implementation in runtimes.WITH_TENSORFLOW
  )
  drives = runtimes.drives(
    configuration.implementation,
    configuration.batch_size,
    1 if on_gpu else device.cores,
  )
  return [
    configuration._replace(
      drive=drive, at_once=runtimes.at_once(drive, device.cores)
    )
    for drive in drives
  ]


def _order(configuration, batches):
  """Returns what to sort by; equal ones stay as they are."""
  workload = configuration.mode, configuration.batch_size
  return (
    batches.index(workload),
    configuration.network not in NETWORKS,
    configuration.image_size,
  )


def _of_model(model, mode, batch_size):
  """Returns the Configuration of a Model."""
  return Configuration(
    mode,
    batch_size,
    model.image_size,
    model.network,
    model.format,
    compute_dtype=model.precision,
    export=model.folder,
    accuracy=model.accuracy,
  )
