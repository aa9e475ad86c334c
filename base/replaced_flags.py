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
  ReplacedFlag('master', '', 'training runs in this process'),
  ReplacedFlag(
    'num_clones', 1, 'training runs on one device; raise --batch_size'
  ),
  ReplacedFlag('clone_on_cpu', False, 'to hide GPUs set CUDA_VISIBLE_DEVICES='),
  ReplacedFlag('worker_replicas', 1, 'training runs in one process'),
  ReplacedFlag('num_ps_tasks', 0, 'variables are where training runs'),
  ReplacedFlag('task', 0, 'training runs in one process'),
  ReplacedFlag(
    'num_readers', 4, '--num_preprocessing_threads threads read and decode'
  ),
  ReplacedFlag('sync_replicas', False, 'there is one replica'),
  ReplacedFlag(
    'replicas_to_aggregate', 1, 'there is one replica; raise --batch_size'
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
