"""The flags of the checkpoint that a program starts from."""

from typing import NamedTuple

from absl import flags

from base import program_flags

# The flags belong to the program that has them defined.
flags.disclaim_key_flags()


class StartOptions(NamedTuple):
  """Where fine-tuning starts from, and what it trains."""

  checkpoint_path: str | None
  checkpoint_exclude_scopes: str | None
  trainable_scopes: str | None
  ignore_missing_vars: bool


class CheckpointOptions(NamedTuple):
  """What is restored to evaluate or predict."""

  checkpoint_path: str
  moving_average_decay: float | None


def define_for_training() -> None:
  """Defines the flags of the programs that train."""
  program_flags.define_path(
    'checkpoint_path', None, 'Checkpoint, or folder with one, to start from.'
  )
  flags.DEFINE_string(
    'checkpoint_exclude_scopes',
    None,
    'Comma-separated beginnings of names not to restore. Logits of another '
    'number of classes need not be named.',
  )
  flags.DEFINE_string(
    'trainable_scopes',
    None,
    'Comma-separated beginnings of names to train. Default: all.',
  )
  flags.DEFINE_bool(
    'ignore_missing_vars',
    False,
    'Goes on where the checkpoint lacks variables.',
  )


def define_for_inference() -> None:
  """Defines the flags of the programs that evaluate or predict."""
  program_flags.define_path(
    'checkpoint_path',
    '/tmp/tfmodel/',
    'Checkpoint, or folder, whose newest is taken.',
  )
  flags.DEFINE_float(
    'moving_average_decay',
    None,
    'Takes the moving averages of the variables, unless 0. Default: if '
    'model.json says that training kept them.',
    0.0,
    1.0,
  )


def read_start() -> StartOptions:
  """Returns what the flags of define_for_training say."""
  return _read(StartOptions)


def read() -> CheckpointOptions:
  """Returns what the flags of define_for_inference say."""
  return _read(CheckpointOptions)


def _read(options):
  return options(**{name: flags.FLAGS[name].value for name in options._fields})
