"""The flags of an evaluation: where results go, and which checkpoints."""

from typing import NamedTuple

from absl import flags

from base import program_flags

# The flags belong to the program that has them defined.
flags.disclaim_key_flags()


class ResultOptions(NamedTuple):
  """Where results go, and of which checkpoints."""

  eval_dir: str
  wait_for_checkpoints: bool
  eval_interval_secs: int
  timeout_secs: int | None
  max_num_batches: int | None
  use_batch_statistics: bool


def define() -> None:
  """Defines the flags."""
  program_flags.define_path(
    'eval_dir',
    '/tmp/tfmodel/',
    'Folder of the results, for TensorBoard and as evaluation-CHECKPOINT.json.',
  )
  flags.DEFINE_bool(
    'wait_for_checkpoints',
    False,
    'Evaluates each new checkpoint that comes into the folder.',
  )
  flags.DEFINE_integer(
    'eval_interval_secs',
    60,
    'Least number of seconds between two of these.',
    lower_bound=0,
  )
  flags.DEFINE_integer(
    'timeout_secs',
    None,
    'Seconds without a new one after which to stop. Default: never.',
    lower_bound=0,
  )
  flags.DEFINE_integer(
    'max_num_batches',
    None,
    'Number of batches to stop after. Default: all.',
    lower_bound=1,
  )
  flags.DEFINE_bool(
    'use_batch_statistics',
    False,
    "Normalises by each batch's statistics: far better results tell that the "
    'moving averages have not settled.',
  )


def read() -> ResultOptions:
  """Returns what these flags say."""
  return ResultOptions(
    **{name: flags.FLAGS[name].value for name in ResultOptions._fields}
  )
