"""The runtimes that benchmark.py compares with, each at its best.

No TensorFlow. peers.py drives them.
"""

import importlib.util
from typing import NamedTuple

# How requests are driven where only throughput counts: one at a time, by all
# cores; or as many at once as there are cores, each on a core of its own, in
# processes, or in sessions of one process; or as OpenVINO itself queues them.
ONE = 'one'
PROCESSES = 'processes'
SESSIONS = 'sessions'
QUEUE = 'queue'


class Runtime(NamedTuple):
  """What runs exports of the networks."""

  format: str | None  # of export_model.py; None: there is none
  file: str
  modules: tuple[str, ...]  # that must be there, beside the format's own
  install: str
  drives: tuple[str, ...]
  has_bfloat16: bool = False  # of float32 files, where the CPU has it


_EXTRAS = 'make EXTRAS=export lint'
RUNTIMES = {
  'tensorflow': Runtime('saved_model', '', (), '', (ONE, PROCESSES)),
  'litert': Runtime(
    'tflite', 'model.tflite', ('ai_edge_litert',), _EXTRAS, (SESSIONS,)
  ),
  'onnxruntime': Runtime(
    'onnx', 'model.onnx', ('onnxruntime', 'tf2onnx'), _EXTRAS, (SESSIONS,)
  ),
  'openvino': Runtime(
    'openvino', 'model.xml', ('openvino',), _EXTRAS, (QUEUE,), True
  ),
  # Of export/ it has no file: the same weights go into timm's network.
  'pytorch': Runtime(
    None,
    '',
    ('torch', 'timm'),
    'pip install torch timm',
    (ONE, PROCESSES),
    True,
  ),
}
WITH_TENSORFLOW = ('slim', 'fast', 'tensorflow')
_MOST_PROCESSES = 8  # Each holds a gigabyte; with more cores each has several.
# By peers.py, in a process without TensorFlow.
DRIVEN_BY_PEERS = ('litert', 'onnxruntime', 'openvino', 'pytorch')


def missing(name: str) -> str | None:
  """Returns how to install a runtime, or None where it is there."""
  runtime = RUNTIMES[name]
  if all(importlib.util.find_spec(module) for module in runtime.modules):
    return None
  return runtime.install


def describe(drive: str, at_once: int) -> str:
  """Returns in words how requests are driven."""
  if drive == QUEUE:
    return 'its queue'
  if drive == ONE:
    return '1 process'
  return f'{at_once} {drive}'


def at_once(drive: str, cores: int) -> int:
  """Returns how many requests are under way at once."""
  if drive == ONE:
    return 1
  return min(cores, _MOST_PROCESSES) if drive == PROCESSES else cores


def drives(implementation: str, batch_size: int, cores: int) -> tuple[str, ...]:
  """Returns the ways in which an implementation or runtime is at its best.

  A request of fewer images than cores is not shared by them: one at a time is
  then what inference shows, not throughput.
  """
  if implementation == 'slim' or cores == 1:
    return (ONE,)
  if implementation == 'fast':
    able = (ONE, PROCESSES)
  else:
    able = RUNTIMES[implementation].drives
  return tuple(drive for drive in able if drive != ONE or batch_size >= cores)
