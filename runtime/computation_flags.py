"""The flags of what other libraries' networks compute otherwise.

They are networks.COMPUTATION, and fields of network_flags.NetworkOptions.
"""

from absl import flags

from base import program_flags
from specs import networks

# The flags belong to the program that has them defined.
flags.disclaim_key_flags()


def define(of_classifiers: bool) -> None:
  """Defines the flags; of_classifiers: those that only these have, too."""
  otherwise = 'Default: as the checkpoint was trained, otherwise '
  flags.DEFINE_bool(
    'use_explicit_padding',
    None,
    'Pads the same on all sides, as PyTorch does. '
    f"{otherwise}false: as slim's networks do.",
  )
  flags.DEFINE_float(
    'batch_norm_epsilon',
    None,
    f'Number that batch norm adds to variances. {otherwise}that of the '
    "published network, 0.001 or, in shufflenet_v1, 0.00001. A detector's or "
    "segmenter's is that of its backbone.",
    0.0,
    1.0,
  )
  program_flags.require_above_zero('batch_norm_epsilon')
  flags.DEFINE_enum(
    'input_normalization',
    None,
    list(networks.INPUT_NORMALIZATIONS),
    "Values that images become before the first layer. imagenet: torchvision's "
    f'means and standard deviations of ImageNet. {otherwise}from -1 to 1.',
  )
  if of_classifiers:
    flags.DEFINE_bool(
      'zero_padded_pools',
      None,
      "Counts padding in pools that have a stride, as Keras' NASNet does. "
      f'{otherwise}false.',
    )
