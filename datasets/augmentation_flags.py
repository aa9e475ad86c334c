"""The flags of what more may change an image in training."""

from absl import flags

from base import program_flags
from datasets import rand_augment
from datasets.augmentation import Augmentation
from datasets.kinds import Kind
from datasets.kinds import LABELS

# The flags belong to the program that has them defined.
flags.disclaim_key_flags()

_DEFAULT = Augmentation()


def define(kind: Kind) -> None:
  """Defines those that leave the targets of a kind right."""
  changes = 'colours, shear, shift, rotation'
  if kind is not LABELS:
    changes = f'of colours alone, for {kind.name} stay where they are'
  flags.DEFINE_integer(
    'rand_augment_layers',
    _DEFAULT.rand_augment_layers,
    f'Number of random changes of RandAugment to each image ({changes}). '
    'Usual: 2. 0 makes none.',
    lower_bound=0,
  )
  flags.DEFINE_float(
    'rand_augment_magnitude',
    _DEFAULT.rand_augment_magnitude,
    "Strength of RandAugment's changes, of "
    f"{rand_augment.GREATEST_MAGNITUDE:g} (torchvision's are of 30).",
    0.0,
    rand_augment.GREATEST_MAGNITUDE,
  )
  if kind is LABELS:
    _define_for_labels()


def _define_for_labels():
  flags.DEFINE_float(
    'random_erasing',
    _DEFAULT.random_erasing,
    'Part of the images, from 0 to 1, in which a random rectangle becomes '
    'noise. Usual: 0.25.',
    0.0,
    1.0,
  )
  for name, what, usual in (
    ('mixup_alpha', 'blended with another of its batch', 0.2),
    ('cutmix_alpha', 'given a rectangle of another of its batch', 1.0),
  ):
    flags.DEFINE_float(
      name,
      _DEFAULT._asdict()[name],
      f'Alpha of the beta distribution by which each image is {what}, and its '
      f'label likewise. Usual: {usual}. 0 turns it off. With both mixup_alpha '
      'and cutmix_alpha, each batch takes one of them, drawn.',
      lower_bound=0.0,
    )


def read() -> Augmentation:
  """Returns what these flags say, as far as they are defined."""
  return program_flags.read(Augmentation)
