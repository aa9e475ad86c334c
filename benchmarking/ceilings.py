"""How many images/s a device can do at most. No TensorFlow.

A device reads and writes memory at a bandwidth and computes so many FLOP/s; a
step takes at least the longer of

  bytes / bandwidth          and          2 * multiply-adds / FLOP/s

Both are counted from the networks' tables of convolutions; every value that
passes between two operations is written to memory and read again, in the
compute dtype. In inference, by how much is done in one operation:

  A  everything is fused into the convolutions: each reads its input, writes its
     output, and reads a shortcut if it adds one.
  N  batch norm, with the activation, is an operation of its own: reads, writes.
  U  nothing is fused: the activation and the sum with a shortcut read and write
     once more, too.

A batch reads the weights once. In training at level N, a convolution costs
thrice what it does in inference (forward, gradient of its input, gradient of
its weights), its batch norm reads for the statistics, reads and writes to
apply them, reads two values for the sums of its gradient, and reads two and
writes one for the gradient; a shortcut is read forward, and its gradient
backward. A batch reads the weights twice, writes and reads their gradient, and
the optimizer reads and writes the weight and two averages: ten times float32.

Pools, shuffles, concatenations and the sums of NASNet's cells are left out:
ceilings of ShuffleNetV1 and NASNet are somewhat high.
"""

from typing import NamedTuple

from benchmarking.configurations import Configuration
from benchmarking.configurations import num_classes
from specs import networks

_BYTES = {'float32': 4, 'bfloat16': 2, 'float16': 2}


class Speed(NamedTuple):
  """A device at its best."""

  bandwidth: float  # bytes/s
  flops: dict[str, float]  # compute dtype -> operations/s
  source: str  # published, measured, given, or two of them


def images_per_second(
  configuration: Configuration, speed: Speed
) -> dict[str, float]:
  """Returns {level: images/s} of a Configuration at most; see above.

  {} of exports: what other runtimes compute in is theirs to choose.
  """
  if configuration.export:
    return {}
  _, batch_size, size, network, _, _, compute_dtype, *_ = configuration
  layers = networks.convolutions(network, size, size, num_classes(network))
  multiply_adds = sum(layer.multiply_adds for layer in layers)
  parameters = sum(layer.parameters for layer in layers)
  width = _BYTES[compute_dtype]
  if configuration.mode == 'training':
    values = {'N': _training_values(layers)}
    multiply_adds *= 3
    weight_bytes = 10 * 4 * parameters / batch_size
  else:
    values = _inference_values(layers)
    weight_bytes = width * parameters / batch_size
  flops = speed.flops[compute_dtype]
  return {
    level: 1
    / max(
      (width * count + weight_bytes) / speed.bandwidth,
      2 * multiply_adds / flops,
    )
    for level, count in values.items()
  }


def _inference_values(layers):
  """Returns {level: values read and written for an image}."""
  fused = sum(
    layer.values_in + layer.values_out + layer.shortcut for layer in layers
  )
  batch_norm = sum(2 * layer.values_out for layer in layers if layer.batch_norm)
  rest = sum(
    2 * layer.values_out * layer.activation + 2 * layer.shortcut
    for layer in layers
    if layer.batch_norm
  )
  return {'U': fused + batch_norm + rest, 'N': fused + batch_norm, 'A': fused}


def _training_values(layers):
  """Returns the values read and written for an image, forward and backward."""
  return sum(
    3 * (layer.values_in + layer.values_out)
    + 8 * layer.values_out * layer.batch_norm
    + 2 * layer.shortcut
    for layer in layers
  )


class _Gpu(NamedTuple):
  """As published: GB/s, and dense TFLOP/s of matrix products.

  half: float16 with sums in float32. single: float32, as TensorFlow computes it
  by default: TF32 where there is any, from Ampere on.
  """

  bandwidth: float
  half: float
  single: float


# NVIDIA's data sheets; for GeForce the white papers of the architectures.
# Pascal computes float16 in float32; bfloat16 is assumed as fast as float16.
_GPUS = {
  'B200': _Gpu(8000, 2250, 1100),
  'H200': _Gpu(4800, 989, 495),
  'H100 80GB HBM3': _Gpu(3350, 989, 495),
  'H100 NVL': _Gpu(3938, 835, 418),
  'H100 PCIe': _Gpu(2039, 756, 378),
  'A100-SXM4-80GB': _Gpu(2039, 312, 156),
  'A100 80GB PCIe': _Gpu(1935, 312, 156),
  'A100-SXM4-40GB': _Gpu(1555, 312, 156),
  'A100-PCIE-40GB': _Gpu(1555, 312, 156),
  'A10': _Gpu(600, 125, 62.5),
  'L4': _Gpu(300, 121, 60),
  'L40S': _Gpu(864, 362, 183),
  'V100-SXM2-32GB': _Gpu(900, 125, 15.7),
  'V100-SXM2-16GB': _Gpu(900, 125, 15.7),
  'V100-PCIE-32GB': _Gpu(900, 112, 14),
  'V100-PCIE-16GB': _Gpu(900, 112, 14),
  'T4': _Gpu(320, 65, 8.1),
  'P100-PCIE-16GB': _Gpu(732, 9.3, 9.3),
  'RTX 5090': _Gpu(1792, 209.5, 104.8),
  'RTX 4090': _Gpu(1008, 165.2, 82.6),
  'RTX 4080': _Gpu(717, 97.5, 48.7),
  'RTX 3090': _Gpu(936, 71, 35.6),
  'RTX 3080': _Gpu(760, 59.5, 29.8),
  'RTX 2080 Ti': _Gpu(616, 53.8, 13.4),
  'GTX 1080 Ti': _Gpu(484, 11.3, 11.3),
  'GTX 1080': _Gpu(320, 8.9, 8.9),
}


def published_speed(gpu: str | None) -> Speed | None:
  """Returns the Speed of a GPU by the name its driver gives, or None.

  gpu: None for a CPU, of which there is no table.
  """
  gpu = gpu or ''
  for word in ('NVIDIA ', 'Tesla ', 'GeForce '):
    gpu = gpu.replace(word, '')
  if gpu not in _GPUS:
    return None
  bandwidth, half, single = _GPUS[gpu]
  return Speed(
    bandwidth * 1e9,
    {'float32': single * 1e12, 'bfloat16': half * 1e12, 'float16': half * 1e12},
    'published',
  )


def measured_speed(bandwidth: float, flops: dict[str, float]) -> Speed:
  """Returns a Speed; half precision may be cast to float32 where slower."""
  return Speed(
    bandwidth,
    {name: max(of, flops['float32']) for name, of in flops.items()},
    'measured',
  )


def override(
  speed: Speed | None, bandwidth: float | None, flops: float | None
) -> Speed:
  """Returns a Speed with what a user gives: GB/s, TFLOP/s; None keeps it.

  speed: may be None where both are given.
  """
  if bandwidth:
    bandwidth *= 1e9
  if flops:
    flops = dict.fromkeys(_BYTES, flops * 1e12)
  if not (bandwidth or flops):
    return speed
  source = 'given' if bandwidth and flops else f'{speed.source} and given'
  return Speed(bandwidth or speed.bandwidth, flops or speed.flops, source)
