"""What other libraries' networks compute otherwise, against arithmetic."""

import re

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from base.errors import InputError
from nets import nets_factory
from specs import nasnet
from specs import networks
from tests.helpers import golden_rule
from tests.helpers import networks as testing

_EPSILON = 0.3
_MEANS = np.array([0.485, 0.456, 0.406])
_DEVIATIONS = np.array([0.229, 0.224, 0.225])
# parity_test.py has the others in both.
_CASES = (
  ('mobilenet_v1_025', 'fast'),
  ('mobilenet_v3_small_075', 'slim'),
  ('shufflenet_v1_050', 'slim'),
  ('shufflenet_v1_050', 'fast'),
  ('deeplab_v3_mobilenet_v2_050', 'slim'),
  ('deeplab_v3_mobilenet_v2_050', 'fast'),
  ('ssdlite_mobilenet_v2_035', 'slim'),
  ('ssdlite_mobilenet_v2_035', 'fast'),
)
_BACKBONE = r'MobilenetV2/(Conv|expanded_conv)'


def _run_both(name, implementation, **options):
  """Returns (model, images, what it computes with options, what it should).

  That is what variances that are as much larger, and images normalised by hand,
  lead to.
  """
  images = golden_rule.images(2, 64, 64)
  model = testing.RuledModel(name, 5, implementation, beta_shift=1.0)
  found = testing.run_eagerly(
    model,
    images,
    batch_norm_epsilon=_EPSILON,
    input_normalization='imagenet',
    **options,
  )
  is_whole = name in networks.NETWORKS
  usual = networks.ALL[name].family.batch_norm_epsilon
  for variable_name, variable in model.variables_by_name.items():
    if variable_name.endswith('/moving_variance') and (
      is_whole or re.search(_BACKBONE, variable_name)
    ):
      variable.assign_add(tf.fill(variable.shape, _EPSILON - usual))
  normalized = ((images + 1.0) / 2.0 - _MEANS) / _DEVIATIONS
  normalized = normalized.astype(np.float32)
  expected = testing.run_eagerly(model, normalized, **options)
  return model, normalized, found, expected


class ComputationOptionsTest(parameterized.TestCase, tf.test.TestCase):
  @parameterized.parameters(*_CASES)
  def test_epsilon_and_normalization(self, name, implementation):
    is_whole = name in networks.NETWORKS
    options = {} if is_whole else {'use_explicit_padding': True}
    model, images, (found, points), (expected, _) = _run_both(
      name, implementation, **options
    )
    if isinstance(found, tuple):
      found, expected = found[0], expected[0]
    self.assertGreater(np.abs(expected).max(), 0.01)
    self.assertLess(testing.deviation(found, expected), 1e-4)
    if not is_whole:
      self.check_padding(model, images, points['layer_1'])

  def check_padding(self, model, images, layer):
    """The first layer of a backbone, by hand: all its sides are padded."""
    weights, gamma, beta, mean, variance = (
      variable
      for name, variable in model.variables_by_name.items()
      if 'MobilenetV2/Conv/' in name
    )
    padded = tf.pad(images, [[0, 0], [1, 1], [1, 1], [0, 0]])
    net = tf.nn.conv2d(padded, weights, 2, 'VALID')
    # The variances have the rest of the epsilon by now.
    net = (net - mean) / tf.sqrt(variance + 0.001) * gamma + beta
    expected = tf.nn.relu6(net).numpy()
    self.assertLess(testing.deviation(layer, expected), 1e-4)

  def test_names_of_normalizations(self):
    with self.assertRaisesRegex(InputError, "'caffe'; there are imagenet"):
      nets_factory.get_network_fn(
        'mobilenet_v1', 5, input_normalization='caffe'
      )

  def test_pads_of_strided(self):
    """As many as SAME has, by TensorFlow's own shapes of gradients."""
    for size, kernel_size in ((8, 3), (7, 3), (8, 5), (7, 7)):
      pads, _ = nasnet.pads_of_strided(kernel_size, size, size)
      total = (-(-size // 2) - 1) * 2 + kernel_size - size
      self.assertEqual([total // 2, total - total // 2], pads)

  def test_zero_padded_pools(self):
    """Both count alike; Keras' own network is compared in make soak."""
    images = golden_rule.images(1, 64, 64)
    found = []
    for implementation in networks.IMPLEMENTATIONS:
      model = testing.RuledModel(
        'nasnet_mobile', 5, implementation, final_endpoint='Stem'
      )
      plain, counting = (
        testing.run_eagerly(model, images, zero_padded_pools=each)[0]
        for each in (False, True)
      )
      self.assertEqual(plain.shape, counting.shape)
      self.assertGreater(testing.deviation(counting, plain), 0.01)
      found.append(counting)
    self.assertLess(testing.deviation(*found), 1e-4)


if __name__ == '__main__':
  tf.test.main()
