"""What suits the device at hand: layout, precision, XLA, threads."""

import os
from typing import Any
from typing import NamedTuple

import tensorflow as tf

from base.errors import InputError
from runtime import threads


class Suited(NamedTuple):
  """What 'auto' means on a kind of device."""

  data_format: str
  inference_dtype: str
  training_dtype: str


# docs/performance.md says what was measured (CPUs) and what was read (GPUs).
SUITED = {
  'CPU': Suited('NHWC', 'float32', 'float32'),
  'CPU with bfloat16 units': Suited('NHWC', 'bfloat16', 'float32'),
  'GPU before Volta': Suited('NCHW', 'float16', 'float32'),
  'GPU from Volta on': Suited('NHWC', 'float16', 'float16'),
}

_CPU_INFO = '/proc/cpuinfo'
_BFLOAT16_FEATURES = {'avx512_bf16', 'amx_bf16', 'bf16'}  # x86, and Arm's
_VOLTA = (7, 0)  # compute capability


def has_gpu() -> bool:
  """Whether TensorFlow sees a GPU."""
  return bool(tf.config.list_physical_devices('GPU'))


def num_cores() -> int:
  """Returns the number of processor cores that this process may use."""
  return len(os.sched_getaffinity(0))


def kind() -> str:
  """Returns the device's key in SUITED."""
  gpus = tf.config.list_physical_devices('GPU')
  if gpus:
    details = tf.config.experimental.get_device_details(gpus[0])
    is_volta = details.get('compute_capability', _VOLTA) >= _VOLTA
    return 'GPU from Volta on' if is_volta else 'GPU before Volta'
  return 'CPU with bfloat16 units' if _has_bfloat16_units() else 'CPU'


def _has_bfloat16_units():
  return not _BFLOAT16_FEATURES.isdisjoint(_cpu_features())


def _cpu_features():
  try:
    with open(_CPU_INFO, encoding='utf-8') as file:
      return set(file.read().split())
  except OSError:
    return set()


def is_of_onednn(compute_dtype: str) -> bool:
  """Whether oneDNN computes in a precision on this CPU.

  Where it does not, TensorFlow does: in NHWC alone, and in bfloat16 with sums
  in bfloat16, too, so that gradients can be off by half.
  """
  if compute_dtype == 'bfloat16':
    return 'avx512bw' in _cpu_features()
  return compute_dtype == 'float32'


def is_slow_with_one_image() -> bool:
  """Whether oneDNN has no quick convolution of one image with a batch norm.

  It has none on a CPU without AVX-512: slim's MobileNetV2 took 700 ms for one
  image and 41 for two (docs/experiments.md).
  """
  features = _cpu_features()
  return 'avx2' in features and 'avx512f' not in features and not has_gpu()


def takes_parts(implementation: str, xla: bool) -> bool:
  """Whether inference takes a batch in parts, on all cores at once."""
  return implementation == 'fast' and not xla and not has_gpu()


def set_threads(
  implementation: str, batch_size: int, xla: bool = False
) -> None:
  """Sets TensorFlow's threads for inference in parts; otherwise leaves them.

  Call it before TensorFlow's first operation: afterwards threads cannot be set,
  and stay as they are. With an image or more for each core, an operation runs
  on one core, and the cores share the images (runtime/inference.py); with
  fewer, as was faster on this machine (runtime/threads.py).
  """
  if not takes_parts(implementation, xla):
    return
  # Otherwise each operation waits for two other threads to wake.
  os.environ.setdefault('TF_ONEDNN_THREADPOOL_USE_CALLER_THREAD', '1')
  cores = num_cores()
  few = batch_size < cores
  number = threads.for_few_images(cores) if few else 1
  try:
    tf.config.threading.set_intra_op_parallelism_threads(number)
  except RuntimeError:  # TensorFlow has begun.
    pass


def has_one_thread_an_operation() -> bool:
  """Whether TensorFlow was told that an operation takes one thread."""
  return tf.config.threading.get_intra_op_parallelism_threads() == 1


def use_xla(xla: str) -> bool:
  """Resolves the flag --xla: 'auto' (only on a GPU), 'true' or 'false'."""
  return has_gpu() if xla == 'auto' else xla == 'true'


def network_options(
  implementation: str,
  data_format: str = 'auto',
  compute_dtype: str = 'auto',
  xla: str = 'auto',
  is_training: bool = False,
) -> dict[str, Any]:
  """Resolves flags to options of nets_factory.get_network_fn.

  Args:
    implementation: 'slim' or 'fast'.
    data_format: 'NHWC', 'NCHW' or 'auto', see SUITED.
    compute_dtype: 'float32', 'bfloat16', 'float16' or 'auto', see SUITED.
    xla: see use_xla.
    is_training: what for.

  Returns:
    Dict of data_format and compute_dtype; empty for slim, which has no choice.

  Raises:
    InputError: the choice cannot run.
  """
  if implementation == 'slim':
    if data_format not in ('auto', 'NHWC') or compute_dtype not in (
      'auto',
      'float32',
    ):
      raise InputError(
        f'--data_format={data_format} --compute_dtype={compute_dtype}: the '
        'slim implementation runs in NHWC float32; add '
        '--implementation=fast.'
      )
    return {}
  suited = SUITED[kind()]
  if compute_dtype == 'auto':
    compute_dtype = (
      suited.training_dtype if is_training else suited.inference_dtype
    )
  if data_format == 'auto':
    data_format = suited.data_format
  if (
    data_format == 'NCHW'
    and not has_gpu()
    and not use_xla(xla)
    and not is_of_onednn(compute_dtype)
  ):
    others = [dtype for dtype in ('bfloat16', 'float32') if is_of_onednn(dtype)]
    raise InputError(
      f'On this CPU {compute_dtype} in NCHW runs under XLA only: add '
      '--xla=true (slow), or take --data_format=NHWC or '
      f'--compute_dtype={others[0]}.'
    )
  return {
    'data_format': data_format,
    'compute_dtype': tf.as_dtype(compute_dtype),
  }


def describe(options: dict[str, Any]) -> str:
  """Returns network_options in words: 'NHWC bfloat16'; slim's are the same."""
  if not options:
    return 'NHWC float32'
  return f'{options["data_format"]} {options["compute_dtype"].name}'
