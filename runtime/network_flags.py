"""The flags of the network: which one, and how it computes."""

from typing import NamedTuple

from absl import flags

from base import program_flags
from specs import networks

# The flags belong to the program that has them defined.
flags.disclaim_key_flags()


class NetworkOptions(NamedTuple):
  """What runtime.model.make_model takes."""

  model_name: str | None
  implementation: str | None
  depth_multiplier: float | None  # None: what model_name stands for
  data_format: str  # or 'auto'
  compute_dtype: str  # or 'auto'
  xla: str  # 'true', 'false' or 'auto'
  dropout_keep_prob: float | None = None  # None: the network's


DEFAULT_MODEL = 'mobilenet_v2'


def define_for_training() -> None:
  """Defines the flags of the programs that train."""
  _define(
    DEFAULT_MODEL,
    '',
    'slim',
    'Implementation of the network: slim (tf-slim, float32) or fast (raw '
    'TensorFlow, any layout and precision). Both train the same network.',
  )
  flags.DEFINE_float(
    'dropout_keep_prob',
    None,
    'Part of the features that dropout keeps, from 0 to 1. Default: that of '
    'the published network.',
    0.0,
    1.0,
  )
  program_flags.require_above_zero('depth_multiplier', 'dropout_keep_prob')


def define_for_inference(implementation: str, xla: str = 'auto') -> None:
  """Defines the flags of the programs that take a checkpoint.

  Args:
    implementation: where neither flag nor checkpoint says which.
    xla: default of the flag.
  """
  _define(
    None,
    f' Default: as in training, otherwise {DEFAULT_MODEL}.',
    None,
    'Implementation of the network: slim (tf-slim, float32) or fast (raw '
    'TensorFlow, any layout and precision, batch norm folded into the '
    'weights). Each reads the checkpoints of both. Default: the one that '
    f'trained, otherwise {implementation}.',
    xla,
  )
  program_flags.require_above_zero('depth_multiplier')


def _define(
  model_name, model_default, implementation, implementation_help, xla='auto'
):
  flags.DEFINE_string(
    'model_name',
    model_name,
    f'Name of the network: {", ".join(networks.NETWORKS)}.{model_default}',
  )
  flags.DEFINE_enum(
    'implementation',
    implementation,
    networks.IMPLEMENTATIONS,
    implementation_help,
  )
  flags.DEFINE_float(
    'depth_multiplier',
    None,
    'Factor on the number of channels of all layers, for a model_name that '
    'does not fix it: mobilenet_v2, say, but not mobilenet_v2_035. Default: '
    + ('as in training, otherwise 1.' if model_default else '1.'),
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
    'Precision inside the fast implementation. auto: float32 in training; '
    'otherwise float16 on a GPU, bfloat16 on a CPU that has instructions for '
    'it, and float32 on other CPUs. Variables are always float32. Training in '
    'float16 scales the loss automatically.',
  )
  flags.DEFINE_enum(
    'xla',
    xla,
    ['auto', 'true', 'false'],
    'Compilation of the step by XLA. auto: true on a GPU, otherwise false.'
    + (' Here compiling takes longer than it saves.' if xla == 'false' else ''),
  )


def read() -> NetworkOptions:
  """Returns what these flags say."""
  values = flags.FLAGS
  return NetworkOptions(
    **{
      name: values[name].value
      for name in NetworkOptions._fields
      if name in values
    }
  )
