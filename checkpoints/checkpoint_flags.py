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
    'checkpoint_path',
    None,
    'Checkpoint to start from, or a folder, of which the newest is taken. '
    'Default: none, training starts from random weights. No effect where '
    'train_dir holds a checkpoint: then training resumes from that one.',
  )
  program_flags.require_utf8('checkpoint_path')
  flags.DEFINE_string(
    'checkpoint_exclude_scopes',
    None,
    'Comma-separated beginnings of the names of variables not to restore. A '
    'last layer for another number of classes is left out automatically.',
  )
  flags.DEFINE_string(
    'trainable_scopes',
    None,
    'Comma-separated beginnings of the names of variables to train: '
    'MobilenetV2/Logits, say, for the last layer of mobilenet_v2. Default: all '
    'variables.',
  )
  flags.DEFINE_bool(
    'ignore_missing_vars',
    False,
    'Continues where the checkpoint lacks variables, or has them in another '
    'shape. They keep their initial values.',
  )


def define_for_inference() -> None:
  """Defines the flags of the programs that evaluate or predict."""
  program_flags.define_path(
    'checkpoint_path',
    program_flags.RUN_FOLDER,
    'Checkpoint, or a folder, of which the newest is taken; programs that '
    'evaluate or predict also take the folder of an export (export_model.py).',
  )
  program_flags.require_utf8('checkpoint_path')
  flags.DEFINE_float(
    'moving_average_decay',
    None,
    'Takes the moving averages of the variables if above 0, the variables '
    'themselves if 0. Default: the averages if training kept them, which '
    'model.json beside the checkpoint tells.',
    0.0,
    1.0,
  )


def read_start() -> StartOptions:
  """Returns what the flags of define_for_training say."""
  return program_flags.read(StartOptions)


def read() -> CheckpointOptions:
  """Returns what the flags of define_for_inference say."""
  return program_flags.read(CheckpointOptions)
