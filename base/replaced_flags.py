"""Flags of slim's programs that have no meaning any more: still accepted."""

from typing import Any
from typing import NamedTuple

from absl import flags

flags.disclaim_key_flags()
_DEFINE = {
  bool: flags.DEFINE_bool,
  int: flags.DEFINE_integer,
  str: flags.DEFINE_string,
}


class ReplacedFlag(NamedTuple):
  """A flag that does nothing."""

  name: str
  default: Any  # slim's
  instead: str  # what takes its place


TRAINING = (
  ReplacedFlag(
    'master', '', 'each machine runs this program; see --worker_hosts'
  ),
  ReplacedFlag('clone_on_cpu', False, 'to hide GPUs set CUDA_VISIBLE_DEVICES='),
  ReplacedFlag('worker_replicas', 1, '--worker_hosts lists the machines'),
  ReplacedFlag('num_ps_tasks', 0, 'every device holds all variables'),
  ReplacedFlag(
    'num_readers', 4, '--num_preprocessing_threads threads read and decode'
  ),
  ReplacedFlag('sync_replicas', False, 'replicas are always in step'),
  ReplacedFlag(
    'replicas_to_aggregate',
    1,
    'all replicas make a step together; see --accumulate_steps',
  ),
  ReplacedFlag('quantize_delay', -1, 'weights stay float; see --compute_dtype'),
)
EVALUATION = (
  ReplacedFlag('master', '', 'evaluation runs in this process'),
  ReplacedFlag('quantize', False, 'weights stay float; see --compute_dtype'),
)


def define(replaced: tuple[ReplacedFlag, ...]) -> None:
  """Defines the flags; TRAINING or EVALUATION."""
  for name, default, instead in replaced:
    _DEFINE[type(default)](name, default, f'Has no effect: {instead}.')


def tell(replaced: tuple[ReplacedFlag, ...]) -> None:
  """Prints a line for each of these flags that is set."""
  for name, default, instead in replaced:
    if flags.FLAGS[name].value != default:
      print(f'--{name} has no effect: {instead}.')
