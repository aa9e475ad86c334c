"""The flags that spread a program over devices and machines."""

from absl import flags

from base import program_flags
from runtime.strategy import StrategyOptions

# The flags belong to the program that has them defined.
flags.disclaim_key_flags()


def define_for_training() -> None:
  """Defines the flags of a program that trains."""
  flags.DEFINE_integer(
    'num_clones',
    1,
    "Number of this machine's GPUs to train on; 0 takes all. Where there is no "
    'GPU, TensorFlow divides the processor into as many devices, to try it out '
    '(it is no faster). Each takes an equal part of batch_size.',
    lower_bound=0,
  )
  _define_hosts(
    'Comma-separated host:port of all machines to train on, the same list on '
    'each; the first writes the checkpoints. All see the same train_dir, and '
    'take equal parts of batch_size. Default: those of TF_CONFIG; otherwise '
    'this machine alone.'
  )
  flags.DEFINE_bool(
    'sync_batch_norm',
    False,
    'Normalises by the statistics of all devices together, which takes them an '
    'exchange at every layer. Default: each normalises its own images, and '
    'their averages are averaged.',
  )


def define_for_evaluation() -> None:
  """Defines the flags of a program that evaluates."""
  _define_hosts(
    'Comma-separated host:port of all machines to evaluate on, the same list '
    'on each; the first prints and writes the results. All see the same '
    'checkpoint and data, and take batches in turn. Default: this machine '
    'alone.'
  )


def _define_hosts(what):
  flags.DEFINE_list('worker_hosts', [], what)
  flags.DEFINE_integer(
    'task', 0, 'Place of this machine in worker_hosts, from 0.', lower_bound=0
  )


def read() -> StrategyOptions:
  """Returns what these flags say."""
  options = program_flags.read(StrategyOptions)
  return options._replace(worker_hosts=tuple(options.worker_hosts))
