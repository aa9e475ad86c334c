"""What the network tests share: goldens, weights by rule, deviations."""

from collections.abc import Iterable
import json
import os

import numpy as np
import tensorflow as tf

from runtime import device
from runtime.model import Model
from runtime.model import Variables
from specs import cost
from specs import networks
from tests.helpers import golden_rule

_GOLDEN_DIR = os.path.join(os.path.dirname(__file__), '..', 'golden')

# golden case -> (factory name, options)
with open(os.path.join(_GOLDEN_DIR, 'cases.json'), encoding='utf-8') as _file:
  GOLDENS = json.load(_file)
# factory name -> trainable parameters by number of classes, and millions of
# multiply-adds at 1000 classes by image size
with open(os.path.join(_GOLDEN_DIR, 'counts.json'), encoding='utf-8') as _file:
  COUNTS = json.load(_file)


def load_golden(case):
  """Returns (description, arrays) of a golden."""
  with open(os.path.join(_GOLDEN_DIR, f'{case}.json')) as file:
    description = json.load(file)
  arrays = np.load(os.path.join(_GOLDEN_DIR, f'{case}.npz'))
  return description, dict(arrays)


def golden_images(description):
  size = description['size']
  height, width = size if isinstance(size, list) else (size, size)
  return golden_rule.images(description['batch'], height, width)


class _RuledVariables(Variables):
  """Begin at the values that follow from their names."""

  def __init__(self, beta_shift):
    super().__init__()
    self._beta_shift = beta_shift

  def __call__(self, getter, name, shape, dtype, initializer, **options):
    def value(shape, dtype):
      del dtype  # float32 all
      shift = self._beta_shift if name.endswith('beta') else 0.0
      return golden_rule.variable(name, list(shape)) + shift

    return super().__call__(getter, name, shape, dtype, value, **options)


class RuledModel(Model):
  """A Model at the rule's weights and statistics, beta_shift aside.

  It has its variables when it has run, so that no graph is made for them
  alone, which takes as long as to run it.

  beta_shift: added to each batch norm's beta. Few values then lie at a kink,
    where a rounding error switches a gradient on or off; what is left of a
    difference is the code's. At 3 they are halfway between those of ReLU6, at
    1.5 between those of ReLU and h-swish, and still far from ReLU6's.
  """

  def __init__(
    self,
    name,
    num_classes=1001,
    implementation='slim',
    beta_shift=0.0,
    **options,
  ):
    super().__init__(name, num_classes, implementation, **options)
    self._variables = _RuledVariables(beta_shift)

  def twin(self, implementation, **options):
    """Returns a model over the same variables, which it need not make."""
    twin = type(self)(
      self.network_name,
      self.num_classes,
      implementation,
      **{**self._options, **options},
    )
    twin._variables = self._variables
    return twin


def ruled_model(
  name, num_classes=1001, implementation='slim', image_size=None, **options
):
  """Returns a RuledModel that has its variables.

  image_size: what it is built for, of which NASNet's auxiliary head takes the
  size of a kernel.
  """
  return RuledModel(name, num_classes, implementation, **options).build(
    image_size
  )


def run(model, images, is_training=False, xla=False, **options):
  """Returns (logits, end_points) as arrays; the model's graphs are kept."""
  functions = vars(model).setdefault('_functions_of_tests', {})
  if xla not in functions:
    functions[xla] = tf.function(model, autograph=False, jit_compile=xla)
  function = functions[xla]
  return as_arrays(function(images, is_training=is_training, **options))


def run_eagerly(model, images, is_training=False, **options):
  """Returns what run does, without a graph, whose making takes seconds."""
  return as_arrays(
    model(tf.constant(images), is_training=is_training, **options)
  )


def as_arrays(tensors):
  """Returns a structure of tensors as one of float32 arrays."""
  return tf.nest.map_structure(
    lambda tensor: tf.cast(tensor, tf.float32).numpy(), tensors
  )


def _cross_entropy(labels, logits):
  """Of a feature map: its mean, as if it were as many logits as channels."""
  if len(logits.shape) == 4:
    logits = tf.reduce_mean(tf.cast(logits, tf.float32), [1, 2])
  return tf.reduce_mean(
    tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
  )


def gradients(
  model,
  images,
  labels,
  in_graph=False,
  xla=False,
  auxiliary_weight=0.0,
  **options,
):
  """Returns (logits, end_points, mean cross-entropy, gradients by name).

  in_graph: as programs train; to make the graph takes five times as long as to
  run eagerly. xla: that, compiled by XLA.
  auxiliary_weight: factor of the auxiliary head's cross-entropy, if there is
  a head. Variables that the loss does not depend on have no gradient.
  """

  def compute(images, labels):
    with tf.GradientTape() as tape:
      logits, end_points = model(images, is_training=True, **options)
      loss = _cross_entropy(labels, logits)
      if auxiliary_weight and 'AuxLogits' in end_points:
        loss += auxiliary_weight * _cross_entropy(
          labels, end_points['AuxLogits']
        )
    by_name = {
      name: gradient
      for name, gradient in tape.gradient(
        loss, model.trainable_variables_by_name
      ).items()
      if gradient is not None
    }
    return logits, end_points, loss, by_name

  if in_graph or xla:
    compute = tf.function(compute, autograph=False, jit_compile=xla)
  return tf.nest.map_structure(
    lambda tensor: tensor.numpy(),
    compute(tf.constant(images), tf.constant(labels)),
  )


def deviation(actual, expected):
  """Returns the largest difference over the largest expected value."""
  actual, expected = np.asarray(actual), np.asarray(expected)
  if actual.shape != expected.shape:
    raise AssertionError(f'shapes {actual.shape} and {expected.shape} differ')
  if not np.isfinite(actual).all():
    raise AssertionError('not finite')
  return np.abs(actual - expected).max() / (np.abs(expected).max() or 1.0)


def assert_same_top1(
  test: tf.test.TestCase,
  expected: np.ndarray,
  actual: np.ndarray,
  tolerance: float,
):
  """Asserts that the likeliest classes agree where they can be told apart.

  That is where the two best logits are further apart than errors of tolerance,
  as part of the largest, can move them: which instructions a processor has
  decides the others.
  """
  best = np.sort(expected, axis=1)
  gap = best[:, -1] - best[:, -2]
  clear = gap > 2 * tolerance * np.abs(expected).max()
  test.assertAllEqual(expected.argmax(1)[clear], actual.argmax(1)[clear])


def smallest_of_families() -> tuple[str, ...]:
  """Returns the network with the fewest parameters of each family."""
  smallest = {}
  for name, network in networks.NETWORKS.items():
    counted = cost.count(networks.convolutions(name, 64, 64, 10)).trainable
    found = smallest.setdefault(network.family.module, (counted, name))
    smallest[network.family.module] = min(found, (counted, name))
  return tuple(name for _, name in smallest.values())


# What oneDNN computes where ONEDNN_MAX_CPU_ISA plays a lesser processor.
_PLAYED = {
  'AVX2': (tf.float32,),
  'AVX512_CORE': (tf.float32, tf.bfloat16),
  'AVX512_CORE_BF16': (tf.float32, tf.bfloat16),
}


def is_computed(compute_dtype: tf.DType, data_format: str = 'NHWC') -> bool:
  """Whether this process computes in a type, without XLA.

  TensorFlow asks the processor, not oneDNN, which types it has, and where
  oneDNN plays one that has not an operation ends in an AbortedError. A real one
  computes these types without oneDNN: float16 in NHWC, and bfloat16 too
  roughly to be compared.
  """
  needs_onednn = data_format == 'NCHW' or compute_dtype == tf.bfloat16
  if needs_onednn and not device.is_of_onednn(compute_dtype.name):
    return False
  played = os.environ.get('ONEDNN_MAX_CPU_ISA', 'DEFAULT')
  return compute_dtype in _PLAYED.get(played, (compute_dtype,))


def named(names: Iterable[str]) -> list[tuple[str, str]]:
  """Returns rows of named_parameters, for tests of a network each."""
  return [(f'_{name}', name) for name in sorted(names)]


def sampled(array, count):
  """Returns count values, evenly spaced over the flattened array."""
  flat = array.reshape(-1)
  return flat[np.linspace(0, flat.size - 1, count).astype(int)]


def global_norm(gradients_by_name):
  return np.sqrt(
    sum(
      np.sum(np.square(gradient, dtype=np.float64))
      for gradient in gradients_by_name.values()
    )
  )
