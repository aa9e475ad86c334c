"""What to time: every combination asked for, or what suits the device."""

from collections.abc import Sequence
import itertools
from typing import NamedTuple

from base.errors import InputError
from base.suggestions import did_you_mean
from specs.networks import ARCHITECTURE
from specs.networks import COMPUTE_DTYPES
from specs.networks import DATA_FORMATS
from specs.networks import DETECTORS
from specs.networks import NETWORKS
from specs.networks import SEGMENTERS

XLA = ['false', 'true']
MODES = ['inference', 'training']

# What has no yardstick.
_ALONE = {**DETECTORS, **SEGMENTERS}
# Of ImageNet; of COCO as published, and of VOC with its background.
_CLASSES = {
  **dict.fromkeys(NETWORKS, 1000),
  **dict.fromkeys(DETECTORS, 90),
  **dict.fromkeys(SEGMENTERS, 21),
}


class Configuration(NamedTuple):
  """One row of the benchmark."""

  mode: str
  batch_size: int
  image_size: int
  network: str
  implementation: str  # slim, fast or keras, or a format
  data_format: str = 'NHWC'
  compute_dtype: str = 'float32'
  xla: bool = False
  export: str | None = None  # a folder; implementation is then its format
  accuracy: float | None = None  # its evaluation's, where there was one

  @property
  def workload(self) -> str:
    """What all that are compared have in common, in words."""
    return (
      f'{self.mode}, batch {self.batch_size}, '
      f'{self.image_size} x {self.image_size} pixels'
    )

  @property
  def label(self) -> str:
    """What sets it apart from others of its network."""
    if self.implementation == 'keras':
      return 'Keras MobileNetV2'
    if self.export:
      return f'{self.implementation} {self.compute_dtype}'
    return ' '.join(
      [self.implementation, self.data_format, self.compute_dtype]
      + ['XLA'] * self.xla
    )

  @property
  def flags(self) -> str:
    """The programs' flags that choose it."""
    if self.export:
      return f'--checkpoint_path={self.export}'
    return (
      f'--implementation={self.implementation} '
      f'--data_format={self.data_format} '
      f'--compute_dtype={self.compute_dtype} '
      f'--xla={str(self.xla).lower()}'
    )


# By default: (mode, batch size), and the fast implementation's (layout,
# precision). NCHW is far from fast on a CPU: once is enough to see it.
_CPU_BATCHES = (('inference', 1), ('inference', 32), ('training', 32))
_CPU_VARIANTS = {
  'inference': (('NHWC', 'float32'), ('NHWC', 'bfloat16'), ('NCHW', 'float32')),
  'training': (('NHWC', 'float32'), ('NHWC', 'bfloat16')),
}
_GPU_BATCHES = (
  ('inference', 1),
  ('inference', 32),
  ('inference', 256),
  ('training', 128),
)
_GPU_VARIANTS = dict.fromkeys(
  MODES, tuple(itertools.product(DATA_FORMATS, COMPUTE_DTYPES))
)


def num_classes(network: str) -> int:
  """Returns of how many classes a network is timed."""
  return _CLASSES[network]


def yardstick(configuration: Configuration) -> Configuration | None:
  """Returns Keras' Configuration with which another one is timed in turn.

  None for detectors and segmenters, of which Keras has none.
  """
  if configuration.network in _ALONE:
    return None
  return Configuration(
    configuration.mode,
    configuration.batch_size,
    configuration.image_size,
    'mobilenet_v2',
    'keras',
  )


class Model(NamedTuple):
  """An export, as its model.json has it."""

  folder: str
  format: str
  precision: str
  network: str
  is_published: bool  # whether the name says all of its architecture
  image_size: int
  accuracy: float | None


class Choices(NamedTuple):
  """What is asked for; None means what suits the device."""

  networks: list[str]
  implementations: list[str]
  data_formats: list[str] | None
  compute_dtypes: list[str] | None
  xla: list[str] | None
  batch_sizes: list[int] | None
  modes: list[str]
  models: Sequence[Model] = ()


def make_configurations(
  has_gpu: bool, image_size: int, choices: Choices
) -> list[Configuration]:
  """Returns the list of Configurations, those of one yardstick together.

  Layouts and precisions apply to the fast implementation only: slim is timed in
  NHWC float32, all that it has.

  Args:
    has_gpu: whether there is a GPU.
    image_size: height and width.
    choices: Choices.
  """
  if choices.batch_sizes is None:
    batches = [
      (mode, batch_size)
      for mode, batch_size in (_GPU_BATCHES if has_gpu else _CPU_BATCHES)
      if mode in choices.modes
    ]
  else:
    batches = list(itertools.product(choices.modes, choices.batch_sizes))
  if choices.data_formats is None and choices.compute_dtypes is None:
    variants = _GPU_VARIANTS if has_gpu else _CPU_VARIANTS
  else:
    variants = dict.fromkeys(
      MODES,
      tuple(
        itertools.product(
          choices.data_formats or ['NHWC'],
          choices.compute_dtypes or ['float32'],
        )
      ),
    )
  made = [
    Configuration(
      mode,
      batch_size,
      image_size,
      network,
      implementation,
      *variant,
      compiled == 'true',
    )
    for mode, batch_size in batches
    for network in sorted(choices.networks, key=lambda name: name in _ALONE)
    for implementation in choices.implementations
    for variant in (
      variants[mode] if implementation == 'fast' else [('NHWC', 'float32')]
    )
    for compiled in choices.xla or ['true' if has_gpu else 'false']
  ]
  made += [
    _of_model(model, mode, batch_size)
    for mode, batch_size in batches
    for model in choices.models
    if mode == 'inference'
  ]
  # Those of one yardstick together, those without one last.
  return sorted(made, key=lambda one: _order(one, batches))


def _order(configuration, batches):
  """Returns what to sort by; equal ones stay as they are."""
  workload = configuration.mode, configuration.batch_size
  return (
    batches.index(workload),
    configuration.network in _ALONE,
    configuration.image_size,
  )


def read_models(folders: Sequence[str]) -> list[Model]:
  """Returns the Models of folders; raises InputError if one is no export."""
  return [_read_model(folder) for folder in folders]


def _read_model(folder):
  # Only there is TensorFlow imported.
  from base import quiet_tensorflow as quiet_tensorflow
  from export import opened

  info = opened.find(folder)
  if info is None:
    raise InputError(f'--models: {folder} is not an export of export_model.py')
  evaluated = (info.get('evaluation') or {}).get('file') or {}
  return Model(
    folder,
    info['format'],
    info['precision'],
    info['model_name'],
    not any(info.get(name) for name in ARCHITECTURE),
    info['image_size'],
    next(iter(evaluated.values()), None),
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


def check_choices(
  flag: str, values: Sequence[str] | None, choices: Sequence[str]
) -> None:
  """Raises InputError unless values, a flag's list or None, are of choices."""
  if values is None:
    return
  for value in values or ['']:
    if value not in choices:
      raise InputError(
        f'--{flag}: there is no {value!r}{did_you_mean(value, choices)}; '
        f'there are {", ".join(choices)}'
      )


def batch_sizes(values: Sequence[str] | None) -> list[int] | None:
  """Returns a flag's list of numbers as integers; None stays None.

  Raises:
    InputError: one is no number above 0.
  """
  if values is None:
    return None
  for value in values or ['']:
    if not (value.isdecimal() and int(value)):
      raise InputError(
        f'--batch_sizes: {value!r} is not a number of images; give, say, 1,32'
      )
  return [int(value) for value in values]
