"""The paper's ablations of MobileNetV2, against arithmetic in NumPy."""

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from nets import nets_factory
from specs import mobilenet_v2 as table
from tests.helpers import golden_rule
from tests.helpers import networks as testing

BLOCKS = table.resolve(0.35, finegrain_classification_mode=True).blocks
EPSILON = 1e-3


def _relu6(net):
  return np.clip(net, 0.0, 6.0)


def _conv1x1(net, variables, scope):
  """A 1x1 convolution and its batch norm in evaluation, without TensorFlow."""
  weights, gamma, beta, mean, variance = (
    variables[f'MobilenetV2/{scope}/{leaf}'].numpy()
    for leaf in (
      'weights',
      'BatchNorm/gamma',
      'BatchNorm/beta',
      'BatchNorm/moving_mean',
      'BatchNorm/moving_variance',
    )
  )
  net = net @ weights[0, 0]
  return (net - mean) * gamma / np.sqrt(variance + EPSILON) + beta


class AblationsTest(parameterized.TestCase, tf.test.TestCase):
  def assert_close(self, actual, expected, what):
    self.assertLessEqual(testing.deviation(actual, expected), 1e-4, what)

  @parameterized.product(
    implementation=nets_factory.IMPLEMENTATIONS,
    ablation=(('none', False), ('expansion', False), ('bottleneck', True)),
  )
  def test_blocks(self, implementation, ablation):
    """Each expand and project follows from the end points before it."""
    shortcut, activation = ablation
    model = testing.RuledModel(
      'mobilenet_v2_035',
      1001,
      implementation,
      shortcut=shortcut,
      bottleneck_activation=activation,
    )
    _, points = testing.run_eagerly(model, golden_rule.images(1, 32, 32))
    variables = model.variables_by_name
    description, _ = testing.load_golden('mobilenet_v2_0.35_96')
    self.assertEqual(
      description['variables'],
      {name: variable.shape.as_list() for name, variable in variables.items()},
    )

    shortcuts = 0
    for number, block in enumerate(BLOCKS[1:], start=3):
      inputs = points[f'layer_{number - 1}']
      expansion = _conv1x1(inputs, variables, f'{block.scope}/expand')
      before = points.get(f'layer_{number - 1}/expansion_output')
      if (
        shortcut == 'expansion'
        and before is not None
        and before.shape == expansion.shape
      ):
        expansion += before
        shortcuts += 1
      self.assert_close(
        points[f'layer_{number}/expansion_output'],
        _relu6(expansion),
        f'{block.scope} expansion',
      )

      output = _conv1x1(
        points[f'layer_{number}/depthwise_output'],
        variables,
        f'{block.scope}/project',
      )
      if activation:
        output = _relu6(output)
      if shortcut == 'bottleneck' and inputs.shape == output.shape:
        output += inputs
        shortcuts += 1
      self.assert_close(points[f'layer_{number}'], output, block.scope)
    self.assertEqual(0 if shortcut == 'none' else 10, shortcuts)


if __name__ == '__main__':
  tf.test.main()
