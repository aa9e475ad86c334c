"""Flags of slim's programs that have no meaning any more: still accepted."""

from absl import flags

_DEFINE = {bool: flags.DEFINE_bool, int: flags.DEFINE_integer,
           str: flags.DEFINE_string}

# (name, slim's default, what takes its place) of the training program
TRAINING = (
    ('master', '', 'training runs in this process'),
    ('num_clones', 1, 'training runs on one device; raise --batch_size'),
    ('clone_on_cpu', False, 'hide GPUs with CUDA_VISIBLE_DEVICES='),
    ('worker_replicas', 1, 'training runs in one process'),
    ('num_ps_tasks', 0, 'variables live where training runs'),
    ('task', 0, 'training runs in one process'),
    ('num_readers', 4, '--num_preprocessing_threads both read and decode'),
    ('sync_replicas', False, 'there is one replica'),
    ('replicas_to_aggregate', 1, 'there is one replica; raise --batch_size'),
    ('quantize_delay', -1, 'weights stay float; see --compute_dtype'),
)


def define(rows):
  """Defines flags; rows as in TRAINING."""
  for name, default, instead in rows:
    _DEFINE[type(default)](name, default, f'Has no effect: {instead}.')


def notices(rows):
  """Returns a line for each of these flags that is set."""
  return [f'--{name} has no effect: {instead}.' for name, default, instead
          in rows if flags.FLAGS[name].value != default]
