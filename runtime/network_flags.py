"""The flags of the network: which one, and how it computes."""

from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

from absl import flags

from base import limits
from base import program_flags
from base.errors import InputError
from base.suggestions import did_you_mean
from runtime import computation_flags
from specs import networks

# The flags belong to the program that has them defined.
flags.disclaim_key_flags()


_RATE_DIGITS = 4  # of --atrous_rates: no feature map has so many positions


class Choice(NamedTuple):
  """The networks that a program takes."""

  names: tuple[str, ...]
  default: str
  what: str  # one of them is
  use: str  # the programs that take them


CLASSIFIERS = Choice(
  tuple(networks.NETWORKS),
  'mobilenet_v2',
  'classifier',
  'classify_image.py, eval_image_classifier.py or train_image_classifier.py',
)
DETECTORS = Choice(
  tuple(networks.DETECTORS),
  'ssdlite_mobilenet_v2',
  'detector',
  'detect_objects.py, eval_object_detector.py or train_object_detector.py',
)
SEGMENTERS = Choice(
  tuple(networks.SEGMENTERS),
  'deeplab_v3_mobilenet_v2',
  'segmenter',
  'segment_image.py, eval_image_segmenter.py or train_image_segmenter.py',
)

# For a program that takes a checkpoint of whichever there is.
ANY = Choice(tuple(networks.ALL), CLASSIFIERS.default, 'network', '')


class NetworkOptions(NamedTuple):
  """What runtime.model.make_model takes; None leaves it to the network."""

  model_name: str | None
  implementation: str | None
  depth_multiplier: float | None
  data_format: str = 'auto'
  compute_dtype: str = 'auto'
  xla: str = 'auto'  # or 'true', 'false'
  dropout_keep_prob: float | None = None
  min_depth: int | None = None
  divisible_by: int | None = None
  finegrain_classification_mode: bool | None = None
  output_stride: int | None = None
  atrous_rates: Sequence[int] | None = None
  aspp_with_separable_conv: bool | None = None
  use_explicit_padding: bool | None = None
  batch_norm_epsilon: float | None = None
  input_normalization: str | None = None
  zero_padded_pools: bool | None = None
  fine_tune_batch_norm: bool | None = None
  sync_batch_norm: bool = False

  def architecture(self) -> dict[str, Any]:
    """Returns the arguments by which it differs from others of its name."""
    values = {name: getattr(self, name) for name in networks.ARCHITECTURE}
    return {name: value for name, value in values.items() if value is not None}


def define_for_training(choice: Choice) -> None:
  """Defines the flags of a program that trains one of a choice of networks."""
  _define(
    choice,
    choice.default,
    '',
    'slim',
    'Implementation of the network: slim (tf-slim, float32) or fast (raw '
    'TensorFlow, any layout and precision). Both train the same network.',
    'Precision inside the fast implementation. auto: float16 on a GPU from '
    'Volta on, otherwise float32. Variables are always float32. float16 scales '
    'the loss automatically.',
  )
  flags.DEFINE_float(
    'dropout_keep_prob',
    None,
    'Part of the features that dropout keeps, from 0 to 1. Default: that of '
    'the published network.',
    0.0,
    1.0,
  )
  program_flags.require_above_zero('dropout_keep_prob')
  if choice is SEGMENTERS:
    flags.DEFINE_bool(
      'fine_tune_batch_norm',
      True,
      'Trains batch norm and its averages. For batches of fewer than 12 images '
      'it is better left as the checkpoint has it.',
    )


def define_for_inference(
  choice: Choice, implementation: str, xla: str = 'auto'
) -> None:
  """Defines the flags of a program that takes a checkpoint.

  Args:
    choice: the networks that it takes.
    implementation: where neither flag nor checkpoint says which.
    xla: default of the flag.
  """
  _define(
    choice,
    None,
    f' Default: as in training, otherwise {choice.default}.',
    None,
    'Implementation of the network: slim (tf-slim, float32) or fast (raw '
    'TensorFlow, any layout and precision, batch norm folded into the '
    'weights). Each reads the checkpoints of both. Default: the one that '
    f'trained, otherwise {implementation}.',
    'Precision inside the fast implementation. auto: float16 on a GPU, '
    'bfloat16 on a CPU that has instructions for it, and float32 on other '
    'CPUs.',
    xla,
  )


def define_for_export() -> None:
  """Defines the flags of a program that takes any checkpoint, and runs none."""
  _define_network(
    ANY,
    None,
    f' Default: as in training, otherwise {ANY.default}.',
    None,
    'Implementation from which the file is made: slim or fast. Either makes '
    'the same, up to rounding. Default: the one that trained, otherwise fast.',
  )


def _define(
  choice,
  model_name,
  model_default,
  implementation,
  implementation_help,
  compute_dtype_help,
  xla='auto',
):
  _define_network(
    choice, model_name, model_default, implementation, implementation_help
  )
  flags.DEFINE_enum(
    'data_format',
    'auto',
    ['auto', *networks.DATA_FORMATS],
    'Layout of tensors inside the fast implementation: NHWC (channels last) '
    'or NCHW (channels first). auto: the one that suits the device.',
  )
  flags.DEFINE_enum(
    'compute_dtype',
    'auto',
    ['auto', *networks.COMPUTE_DTYPES],
    compute_dtype_help,
  )
  flags.DEFINE_enum(
    'xla',
    xla,
    ['auto', 'true', 'false'],
    'Compilation of the step by XLA. auto: true on a GPU, otherwise false.'
    + (' Here compiling takes longer than it saves.' if xla == 'false' else ''),
  )


def _define_network(
  choice, model_name, model_default, implementation, implementation_help
):
  """Defines which network it is."""
  flags.DEFINE_string(
    'model_name',
    model_name,
    f'Name of the network: {", ".join(choice.names)}.{model_default}',
  )
  flags.DEFINE_enum(
    'implementation',
    implementation,
    networks.IMPLEMENTATIONS,
    implementation_help,
  )
  _define_widths(choice, 'as in training, otherwise ' if model_default else '')
  if choice in (SEGMENTERS, ANY):
    _define_pyramid('as in training, otherwise ' if model_default else '')
  computation_flags.define(choice in (CLASSIFIERS, ANY))


def _define_widths(choice, otherwise):
  """Defines what numbers of channels follow from."""
  flags.DEFINE_float(
    'depth_multiplier',
    None,
    'Factor on the number of channels of all layers, for a model_name that '
    f'does not fix it: {choice.default}, say, but not {choice.default}_050. '
    f'Default: {otherwise}1.',
    upper_bound=limits.DEPTH_MULTIPLIER,
  )
  program_flags.require_above_zero('depth_multiplier')
  if choice is SEGMENTERS:
    return
  flags.DEFINE_integer(
    'min_depth',
    None,
    'Least number of channels of a layer. Default: '
    f'{otherwise}that of the published network.',
    1,
    limits.CHANNELS,
  )
  if choice not in (CLASSIFIERS, ANY):
    return
  flags.DEFINE_integer(
    'divisible_by',
    None,
    'Number of which numbers of channels are multiples, in mobilenet_v2 and '
    'mobilenet_v3. With --min_depth=1 --divisible_by=1, mobilenet_v2 is the '
    'backbone of a deeplab_v3_mobilenet_v2 of the same depth_multiplier below '
    f'1. Default: {otherwise}8.',
    1,
    limits.CHANNELS,
  )
  flags.DEFINE_bool(
    'finegrain_classification_mode',
    None,
    'Keeps the last layer before the logits as wide as at depth_multiplier 1. '
    'With --nofinegrain_classification_mode --min_depth=16, mobilenet_v2 is '
    'the backbone of an ssdlite_mobilenet_v2 of the same depth_multiplier. '
    f'Default: {otherwise}true, as published.',
  )


def _define_pyramid(otherwise):
  """Defines the options of segmenters."""
  flags.DEFINE_integer(
    'output_stride',
    None,
    'Image size over the size of the map of logits: 8 or 16. 8 sees smaller '
    f'things and takes several times as long. Default: {otherwise}16.',
  )
  flags.DEFINE_list(
    'atrous_rates',
    None,
    "Comma-separated rates of the spatial pyramid's 3x3 branches: 6,12,18 for "
    f'output_stride 16, 12,24,36 for 8. Default: {otherwise}no pyramid.',
  )
  flags.register_validator(
    'atrous_rates',
    lambda rates: all(
      rate.isdecimal() and len(rate) <= _RATE_DIGITS for rate in rates or ()
    ),
    f'must be whole numbers of at most {_RATE_DIGITS} digits',
  )
  flags.DEFINE_bool(
    'aspp_with_separable_conv',
    None,
    "Separable convolutions in the pyramid's branches. Default: "
    f'{otherwise}true.',
  )


def read() -> NetworkOptions:
  """Returns what these flags say."""
  options = program_flags.read(NetworkOptions)
  if options.atrous_rates is None:
    return options
  return options._replace(atrous_rates=[int(r) for r in options.atrous_rates])


def check(options: NetworkOptions, choice: Choice) -> None:
  """Raises InputError if a network is not of the choice."""
  name = options.model_name or ''
  if name in choice.names:
    return
  reason = f'Unknown network {name!r}{did_you_mean(name, choice.names)}'
  for other in (CLASSIFIERS, DETECTORS, SEGMENTERS):
    if name in other.names:
      reason = f'{name} is a {other.what}, which {other.use} takes'
  raise InputError(
    f'{reason}; for this program there are {", ".join(choice.names)}.'
  )
