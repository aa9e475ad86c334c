"""Both implementations against what the published networks compute."""

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from specs import networks
from specs import roles
from tests.helpers import deviations
from tests.helpers import golden_rule
from tests.helpers import networks as testing
from tests.helpers import soak

IMPLEMENTATIONS = {
  'slim': ('slim', {}),
  'fast_nhwc': ('fast', {'data_format': 'NHWC'}),
  'fast_nchw': ('fast', {'data_format': 'NCHW'}),
}

# One of each family: NCHW differs from NHWC in the layers, not by width.
_QUICK_IN_NCHW = (
  'mobilenet_v1_1.0_224',
  'mobilenet_v2_1.0_224',
  'mobilenet_v3_large_1.0_224',
  'shufflenet_v1_1.0x_g3_224',
)

# Largest deviation in evaluation, where 1e-4 is within the noise of the
# published code run with and without oneDNN.
EVAL_TOLERANCES = {'nasnet_mobile': 1e-3, 'shufflenet_v1': 1e-3}

# Of a gradient's norm: in slim from the noise of the published code. In fast
# one value on the other side of a kink of ReLU6 changed the norm of a first
# layer's batch norm by 2.8 % with AVX2 alone. parity_test compares values.
_GRADIENTS = {'slim': 0.02, 'fast': 0.05}
_SMALL_GRADIENTS = 0.05  # below a thousandth of the largest


class GoldenTest(parameterized.TestCase, tf.test.TestCase):
  def assert_close(self, actual, expected, tolerance, what):
    self.assertLessEqual(testing.deviation(actual, expected), tolerance, what)

  def check_outputs(
    self, mode, output, end_points, description, arrays, tolerance
  ):
    expected = arrays[f'{mode}/output']
    self.assertGreater(np.abs(expected).max(), 0.1)  # not tiny
    if description.get('base'):
      output = np.stack([testing.sampled(output, expected.size)]).reshape(
        expected.shape
      )
    self.assert_close(
      output.reshape(expected.shape), expected, tolerance, f'{mode} output'
    )
    if mode in description:
      described = description[mode]['end_points']
      self.assertEqual(set(described), set(end_points))
    else:  # ShuffleNet's goldens have the shapes of some end points
      described = {
        key: {'shape': shape}
        for key, shape in description['end_points'].items()
      }
    for key, point in described.items():
      self.assertEqual(point['shape'], list(end_points[key].shape), key)
      self.assert_close(
        testing.sampled(end_points[key], 64),
        arrays[f'{mode}/end_points/{key}'],
        tolerance,
        key,
      )
      if 'norm' in point:
        self.assertAllClose(
          point['norm'],
          np.linalg.norm(end_points[key]),
          rtol=tolerance,
          msg=key,
        )

  def check_gradients(self, actual, expected, tolerance):
    self.assertEqual(set(expected), set(actual))
    largest = max(expected.values())
    for name, norm in expected.items():
      # A bias that the next batch norm takes away again has no gradient but
      # rounding, hence atol.
      self.assertAllClose(
        norm,
        np.linalg.norm(actual[name]),
        rtol=tolerance if norm > 1e-3 * largest else _SMALL_GRADIENTS,
        atol=1e-6 * largest,
        msg=name,
      )

  def check_variables(self, model, description):
    """Of a model that has only those of evaluation, as goldens list them."""
    self.assertEqual(
      description['variables'],
      {
        name: variable.shape.as_list()
        for name, variable in model.variables_by_name.items()
      },
    )
    trainable = model.trainable_variables_by_name
    self.assertEqual(
      description['trainable_params'],
      sum(variable.shape.num_elements() for variable in trainable.values()),
    )
    if 'trainable' in description:
      self.assertCountEqual(description['trainable'], trainable)

  def check_regularization(self, model, description):
    weights = [
      variable
      for name, variable in model.variables_by_name.items()
      if roles.decays(name)
    ]
    self.assertLen(weights, description['regularized_count'])
    loss = 4e-5 * sum(tf.nn.l2_loss(variable).numpy() for variable in weights)
    self.assertAllClose(description['regularized_loss'], loss, rtol=1e-4)

  def test_every_network_has_a_golden(self):
    def families(names):
      return {networks.ALL[name].family.module for name in names}

    for listed, goldens in (
      (networks.NETWORKS, testing.GOLDENS),
      ({**networks.SEGMENTERS, **networks.DETECTORS}, deviations.OTHER_GOLDENS),
    ):
      self.assertEqual(
        families(listed), families(name for name, _ in goldens.values())
      )

  @parameterized.named_parameters(
    (f'_{case}_{implementation}', case, implementation)
    for case in testing.GOLDENS
    for implementation in IMPLEMENTATIONS
  )
  def test_golden(self, case, implementation):
    is_nchw = implementation == 'fast_nchw'
    soak.skip_slow(self, is_nchw and case not in _QUICK_IN_NCHW)
    description, arrays = testing.load_golden(case)
    name, options = testing.GOLDENS[case]
    implementation, fast_options = IMPLEMENTATIONS[implementation]
    model = testing.RuledModel(
      name,
      description['num_classes'],
      implementation,
      dropout_keep_prob=1.0,
      **options,
      **fast_options,
    )
    images = testing.golden_images(description)
    output, end_points = testing.run_eagerly(model, images)
    self.check_outputs(
      'eval',
      output,
      end_points,
      description,
      arrays,
      EVAL_TOLERANCES.get(description['net'], 1e-4),
    )
    self.check_variables(model, description)

    # Of a max pool in NCHW a CPU has it in graphs alone, as parity_test does.
    has_gradient = (name, fast_options.get('data_format')) != (
      'nasnet_mobile',
      'NCHW',
    )
    if 'gradient_norms' in description and has_gradient:
      labels = golden_rule.labels(
        description['batch'], description['num_classes']
      )
      output, end_points, loss, gradients = testing.gradients(
        model, images, labels
      )
      self.assertAllClose(description['cross_entropy'], loss, rtol=1e-3)
      self.check_gradients(
        gradients, description['gradient_norms'], _GRADIENTS[implementation]
      )
    else:
      output, end_points = testing.run_eagerly(model, images, is_training=True)
    self.check_outputs('train', output, end_points, description, arrays, 1e-3)
    if 'regularized_count' in description:
      self.check_regularization(model, description)
    moved = {
      key.removeprefix('train/moved/'): value
      for key, value in arrays.items()
      if key.startswith('train/moved')
    }
    self.assertEqual(description['net'] == 'shufflenet_v1', not moved)
    for name, value in moved.items():
      self.assert_close(
        model.variables_by_name[name].numpy(), value, 1e-4, name
      )


if __name__ == '__main__':
  tf.test.main()
