"""What suits the device at hand: layout, precision, XLA."""

import tensorflow as tf

from errors import InputError
from fast import layers

COMPUTE_DTYPES = {dtype.name: dtype for dtype in layers.COMPUTE_DTYPES}


def has_gpu():
  return bool(tf.config.list_physical_devices('GPU'))


def use_xla(xla):
  """Resolves the flag --xla: 'auto' (only on a GPU), 'true' or 'false'."""
  return has_gpu() if xla == 'auto' else xla == 'true'


def network_options(implementation, data_format='auto', compute_dtype='auto',
                    xla='auto'):
  """Resolves flags to options of nets_factory.get_network_fn.

  Args:
    implementation: 'slim' or 'fast'.
    data_format: 'NHWC', 'NCHW' or 'auto': NCHW on a GPU, NHWC on a CPU.
    compute_dtype: 'float32', 'bfloat16', 'float16' or 'auto' (float32).
    xla: see use_xla.

  Returns:
    Dict of data_format and compute_dtype; empty for slim, which has no choice.

  Raises:
    InputError: the choice cannot run.
  """
  if implementation == 'slim':
    if data_format not in ('auto', 'NHWC') or compute_dtype not in (
        'auto', 'float32'):
      raise InputError(
          f'--data_format={data_format} --compute_dtype={compute_dtype}: the '
          'slim implementation runs in NHWC float32; add '
          '--implementation=fast.')
    return {}
  if data_format == 'auto':
    data_format = 'NCHW' if has_gpu() else 'NHWC'
  if compute_dtype == 'auto':
    compute_dtype = 'float32'
  if (data_format == 'NCHW' and compute_dtype == 'float16' and not has_gpu()
      and not use_xla(xla)):
    raise InputError('On a CPU float16 in NCHW runs under XLA only: add '
                     '--xla=true (slow), or take --data_format=NHWC or '
                     '--compute_dtype=bfloat16.')
  return {'data_format': data_format,
          'compute_dtype': COMPUTE_DTYPES[compute_dtype]}
