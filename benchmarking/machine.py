"""What the device is, and how fast at most. Imports TensorFlow."""

import importlib.metadata
import os
import platform
import time
from typing import Any

import tensorflow as tf

from runtime import device
from runtime import gpu as runtime_gpu
from runtime import threads

_PACKAGES = ('tensorflow', 'keras', 'tf-slim', 'numpy')
_MEASURED_SECONDS = 0.3


class Machine:
  """Answers for this process' machine; lives in a worker."""

  def describe(self) -> dict[str, Any]:
    """Returns {'machine': dict, 'versions': dict} of plain values."""
    versions = {name: importlib.metadata.version(name) for name in _PACKAGES}
    gpu = _gpu_name()
    if gpu:
      build = tf.sysconfig.get_build_info()
      versions |= {
        name: build.get(f'{name}_version') for name in ('cuda', 'cudnn')
      }
    memory = os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES')
    return {
      'machine': {
        'cpu': threads.processor(),
        'cores': device.num_cores(),
        'memory_gb': round(memory / 1e9, 1),
        'kind': device.kind(),
        'data_format': self.kinds()[device.kind()],
        'gpu': gpu,
        'why_no_gpu': runtime_gpu.why_no_gpu(),
        'system': platform.platform(),
      },
      'versions': {'python': platform.python_version(), **versions},
    }

  def kinds(self) -> dict[str, str]:
    """Returns {kind of device: the layout that suits it}."""
    return {kind: suited.data_format for kind, suited in device.SUITED.items()}

  def bandwidth(self) -> float:
    """Returns bytes/s that the sum of two large arrays reads and writes."""
    values = 2**28 if device.has_gpu() else 2**25
    total, term = tf.Variable(tf.zeros([values])), tf.ones([values])
    # In place: reads both, writes one. New memory would cost a CPU more.
    return 3 * 4 * values / _best_seconds(lambda: total.assign_add(term))

  def flops(self, compute_dtype: str) -> float:
    """Returns operations/s of a product of large matrices."""
    size = 8192 if device.has_gpu() else 2048
    matrix = tf.cast(tf.random.uniform([size, size]), compute_dtype)
    product = tf.function(lambda: tf.matmul(matrix, matrix))
    return 2 * size**3 / _best_seconds(product)


def _best_seconds(function):
  """Returns the seconds of the fastest of several calls."""

  def seconds():
    start = time.perf_counter()
    function()
    tf.test.experimental.sync_devices()
    return time.perf_counter() - start

  seconds()  # The first may trace, and take memory.
  best, end = seconds(), time.perf_counter() + _MEASURED_SECONDS
  while time.perf_counter() < end:
    best = min(best, seconds())
  return best


def _gpu_name():
  """Returns the first GPU's name, or None where there is none."""
  for gpu in tf.config.list_physical_devices('GPU'):
    details = tf.config.experimental.get_device_details(gpu)
    return details.get('device_name', 'a GPU')
  return None
