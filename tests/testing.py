"""What the network tests share: goldens, weights by rule, deviations."""

import json
import os

import numpy as np
import tensorflow as tf

from tests import golden_rule
from training.model import Model

_GOLDEN_DIR = os.path.join(os.path.dirname(__file__), 'golden')

# golden case -> (factory name, options)
GOLDENS = {
    'mobilenet_v1_1.0_224': ('mobilenet_v1', {}),
    'mobilenet_v1_0.25_128': ('mobilenet_v1_025', {}),
    'mobilenet_v1_0.5_96_os16_base': (
        'mobilenet_v1_050', {'output_stride': 16, 'base_only': True}),
    'mobilenet_v2_1.0_224': ('mobilenet_v2', {}),
    'mobilenet_v2_1.4_128': ('mobilenet_v2_140', {}),
    'mobilenet_v2_0.35_96': ('mobilenet_v2_035', {}),
    'mobilenet_v2_0.75_96_explicit': (
        'mobilenet_v2_075', {'use_explicit_padding': True}),
    'mobilenet_v2_1.0_97x65_os16_base': (
        'mobilenet_v2', {'output_stride': 16, 'base_only': True}),
    'mobilenet_v2_0.5_96_os8_base': (
        'mobilenet_v2', {'depth_multiplier': 0.5, 'output_stride': 8,
                         'finegrain_classification_mode': False,
                         'base_only': True}),
    'nasnet_mobile_224': ('nasnet_mobile', {}),
    'shufflenet_v1_1.0x_g3_224': ('shufflenet_v1', {}),
    'shufflenet_v1_2.0x_g3_96': ('shufflenet_v1_200', {}),
}


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


def set_variables(variables_by_name, beta_shift=0.0):
  """Gives each variable the value that follows from its name.

  Args:
    variables_by_name: dict.
    beta_shift: added to each batch norm's beta. At 3, half of ReLU6's range,
      few values lie at its kinks, where a rounding error switches a gradient
      on or off; what is left of a difference is then the code's.
  """
  for name, variable in variables_by_name.items():
    value = golden_rule.variable(name, variable.shape.as_list())
    variable.assign(value + beta_shift if name.endswith('beta') else value)


def ruled_model(name, num_classes=1001, implementation='slim', beta_shift=0.0,
                image_size=None, **options):
  """Returns a Model at the rule's weights and statistics.

  image_size: what it is built for, of which NASNet's auxiliary head takes the
  size of a kernel.
  """
  model = Model(name, num_classes, implementation, **options).build(image_size)
  set_variables(model.variables_by_name, beta_shift)
  return model


def run(model, images, is_training=False, xla=False, **options):
  """Returns (logits, end_points) as arrays."""
  function = tf.function(model, autograph=False, jit_compile=xla)
  outputs = function(images, is_training=is_training, **options)
  return tf.nest.map_structure(
      lambda tensor: tf.cast(tensor, tf.float32).numpy(), outputs)


def _cross_entropy(labels, logits):
  return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(
      labels, logits))


def gradients(model, images, labels, xla=False, auxiliary_weight=0.0):
  """Returns (logits, end_points, mean cross-entropy, gradients by name).

  auxiliary_weight: factor of the auxiliary head's cross-entropy, if there is
  a head. Variables that the loss does not depend on have no gradient.
  """
  variables = model.trainable_variables_by_name

  @tf.function(autograph=False, jit_compile=xla)
  def compute(images, labels):
    with tf.GradientTape() as tape:
      logits, end_points = model(images, is_training=True)
      loss = _cross_entropy(labels, logits)
      if auxiliary_weight and 'AuxLogits' in end_points:
        loss += auxiliary_weight * _cross_entropy(labels,
                                                  end_points['AuxLogits'])
    by_name = {name: gradient for name, gradient
               in tape.gradient(loss, variables).items()
               if gradient is not None}
    return logits, end_points, loss, by_name

  return tf.nest.map_structure(lambda tensor: tensor.numpy(),
                               compute(images, labels))


def deviation(actual, expected):
  """Returns the largest difference over the largest expected value."""
  actual, expected = np.asarray(actual), np.asarray(expected)
  if actual.shape != expected.shape:
    raise AssertionError(f'shapes {actual.shape} and {expected.shape} differ')
  if not np.isfinite(actual).all():
    raise AssertionError('not finite')
  return np.abs(actual - expected).max() / (np.abs(expected).max() or 1.0)


def sampled(array, count):
  """Returns count values, evenly spaced over the flattened array."""
  flat = array.reshape(-1)
  return flat[np.linspace(0, flat.size - 1, count).astype(int)]


def global_norm(gradients_by_name):
  return np.sqrt(sum(np.sum(np.square(gradient, dtype=np.float64))
                     for gradient in gradients_by_name.values()))
