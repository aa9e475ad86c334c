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
  num_pictures: int = 0
  report: bool = False


def define(has_pictures: bool = False) -> None:
  """Defines the flags; has_pictures: that of the worst images, too."""
  program_flags.define_path(
    'eval_dir',
    program_flags.RUN_FOLDER,
    'Folder for the results: a TensorBoard log and evaluation-CHECKPOINT.json.',
  )
  program_flags.require_utf8('eval_dir')
  flags.DEFINE_bool(
    'wait_for_checkpoints',
    False,
    'Waits for new checkpoints in the folder checkpoint_path, and evaluates '
    'each.',
  )
  flags.DEFINE_integer(
    'eval_interval_secs',
    60,
    'Least number of seconds between two evaluations, with '
    'wait_for_checkpoints.',
    lower_bound=0,
  )
  flags.DEFINE_integer(
    'timeout_secs',
    None,
    'Number of seconds without a new checkpoint after which '
    'wait_for_checkpoints stops. Default: it never stops.',
    lower_bound=0,
  )
  flags.DEFINE_integer(
    'max_num_batches',
    None,
    'Number of batches to evaluate. Default: all.',
    lower_bound=1,
  )
  flags.DEFINE_bool(
    'use_batch_statistics',
    False,
    'Normalises by the statistics of each batch in place of the moving '
    'averages of batch norm. If results are far better this way, the averages '
    'have not settled.',
  )
  flags.DEFINE_bool(
    'report',
    False,
    'Writes report.html into eval_dir, a page that needs no other file, and '
    'its charts and tables as PNG and CSV files: where the network errs, and '
    'on which images most.',
  )
  if has_pictures:
    flags.DEFINE_integer(
      'num_pictures',
      8,
      'Number of pictures to make, of the images that come out worst: the '
      'truth on the left, what the network says on the right. They go into '
      "eval_dir, and into TensorBoard's log.",
      lower_bound=0,
    )


def read() -> ResultOptions:
  """Returns what these flags say."""
  return program_flags.read(ResultOptions)
