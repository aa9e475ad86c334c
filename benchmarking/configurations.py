"""What a row of the benchmark is."""

from typing import NamedTuple

from benchmarking import runtimes
from specs.networks import DETECTORS
from specs.networks import NETWORKS
from specs.networks import SEGMENTERS

XLA = ['false', 'true']
# throughput: inference where only images/s count, driven in several ways.
MODES = ['inference', 'throughput', 'training']

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
  weights: str | None = None  # folder of those that all share; None: its own
  drive: str = runtimes.ONE  # see runtimes.py
  at_once: int = 1  # requests, where the drive takes several

  @property
  def workload(self) -> str:
    """What all that are compared have in common, in words."""
    return f'{self.requests}, {self.image_size} x {self.image_size} pixels'

  @property
  def requests(self) -> str:
    """The mode and the number of images, in words."""
    what = 'requests of' if self.mode == 'throughput' else 'batch'
    return f'{self.mode}, {what} {self.batch_size}'

  @property
  def label(self) -> str:
    """What sets it apart from others of its network."""
    if self.implementation == 'keras':
      return 'Keras MobileNetV2'
    parts = [self.implementation, self.data_format, self.compute_dtype]
    if self.export:
      parts.remove(self.data_format)
    label = ' '.join(parts + ['XLA'] * self.xla)
    if self.mode != 'throughput':
      return label
    return f'{label}, {runtimes.describe(self.drive, self.at_once)}'

  @property
  def flags(self) -> str:
    """The programs' flags that choose it; of other runtimes, their names."""
    if self.is_peer:
      return self.label
    if self.export:
      return f'--checkpoint_path={self.export}'
    flags = (
      f'--implementation={self.implementation} '
      f'--data_format={self.data_format} '
      f'--compute_dtype={self.compute_dtype} '
      f'--xla={str(self.xla).lower()}'
    )
    if self.mode != 'throughput':
      return flags
    return f'{flags}, {runtimes.describe(self.drive, self.at_once)}'

  @property
  def is_peer(self) -> bool:
    """Whether it is one of runtimes.RUNTIMES."""
    return bool(self.export and self.weights)


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
