"""The machines that train together, from flags or from TF_CONFIG."""

from collections.abc import Mapping
import json

from base.errors import InputError

_JOBS = ('chief', 'worker')  # of TF_CONFIG; in this order


def find(
  worker_hosts: tuple[str, ...], task: int, environment: Mapping[str, str]
) -> tuple[tuple[str, ...], int]:
  """Returns host:port of each worker, and the number of this one.

  Args:
    worker_hosts, task: the flags; TF_CONFIG counts where no hosts are given.
    environment: of the process.

  Returns:
    (hosts, number); no host where training has this machine alone.

  Raises:
    InputError: they are wrong.
  """
  hosts, number, source = worker_hosts, task, '--worker_hosts'
  told = environment.get('TF_CONFIG')
  if told and not hosts:
    hosts, number = _read_tf_config(told)
    source = 'TF_CONFIG'
  if not hosts:
    if number:
      raise InputError(f'--task={number} is a place in --worker_hosts: add it')
    return (), 0
  for host in hosts:
    name, _, port = host.rpartition(':')
    if not name or not port.isdecimal():
      raise InputError(f'{source}: {host!r} is not host:port')
  if number >= len(hosts) or len(set(hosts)) < len(hosts):
    raise InputError(
      f'{source}: want {len(hosts)} different hosts, and a task from 0 to '
      f'{len(hosts) - 1}; got {",".join(hosts)} and {number}'
    )
  return tuple(hosts), number


def _read_tf_config(text):
  """Returns what TF_CONFIG says; see tf.distribute.cluster_resolver."""
  try:
    config = json.loads(text)
    cluster, task = config.get('cluster', {}), config.get('task', {})
    hosts = [host for job in _JOBS for host in cluster.get(job, [])]
    before = len(cluster.get('chief', [])) if task['type'] == 'worker' else 0
    if hosts and task['type'] not in _JOBS:
      raise InputError(
        f'TF_CONFIG: a {task["type"]} has nothing to do here; start chief and '
        'workers alone'
      )
    return hosts, before + int(task['index'])
  except (AttributeError, KeyError, TypeError, ValueError) as error:
    if isinstance(error, InputError):
      raise
    raise InputError(
      f'TF_CONFIG is wrong ({error!r}): unset it, or see docs/distributed.md'
    ) from error
