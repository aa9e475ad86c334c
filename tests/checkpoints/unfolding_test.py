"""Weights with batch norm folded in, made trainable again."""

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from checkpoints import unfolding
from nets import nets_factory
from runtime.model import Model
from tests.helpers import golden_rule
from tests.helpers import networks as testing
from tests.helpers import soak


def _fold(model):
  """Folds every batch norm into the kernel before it, by hand."""
  variables = model.variables_by_name
  for name in list(variables):
    if name.endswith('/gamma'):
      scope = name.removesuffix('/BatchNorm/gamma')
      gamma, beta, mean, variance = (
        variables[f'{scope}/BatchNorm/{leaf}'].numpy()
        for leaf in ('gamma', 'beta', 'moving_mean', 'moving_variance')
      )
      scale = gamma / np.sqrt(variance + 0.001)
      if scope.endswith('depthwise'):
        variables[f'{scope}/depthwise_weights'].assign(
          variables[f'{scope}/depthwise_weights'] * scale[:, np.newaxis]
        )
      else:
        variables[f'{scope}/weights'].assign(
          variables[f'{scope}/weights'] * scale
        )
      for leaf, value in (
        ('gamma', np.ones_like(gamma)),
        ('beta', beta - mean * scale),
        ('moving_mean', np.zeros_like(mean)),
        ('moving_variance', np.full_like(mean, 0.999)),
      ):
        variables[f'{scope}/BatchNorm/{leaf}'].assign(value)


class UnfoldingTest(parameterized.TestCase, tf.test.TestCase):
  @parameterized.parameters(*nets_factory.IMPLEMENTATIONS)
  def test_training_computes_what_evaluation_does(self, implementation):
    soak.skip_slow(self, implementation == 'slim')
    model = testing.ruled_model(
      'mobilenet_v2_035',
      5,
      implementation,
      beta_shift=3.0,
      dropout_keep_prob=1.0,
    )
    images = golden_rule.images(8, 64, 64)
    expected, _ = testing.run_eagerly(model, images)
    self.assertFalse(unfolding.is_folded(model))
    _fold(model)
    self.assertTrue(unfolding.is_folded(model))
    self.assertLess(
      testing.deviation(testing.run_eagerly(model, images)[0], expected), 1e-4
    )

    unfolding.unfold(model, images)
    self.assertFalse(unfolding.is_folded(model))
    # The averages divide by n - 1, and batch norm by n = 8 * 2 * 2 at the end.
    self.assertLess(
      testing.deviation(testing.run_eagerly(model, images)[0], expected), 1e-3
    )
    trained, _ = testing.run_eagerly(model, images, is_training=True)
    self.assertLess(testing.deviation(trained, expected), 0.1)

  @soak.slow
  def test_an_epsilon_of_its_own(self):
    """ShuffleNet's counts where a channel hardly varies."""
    model = testing.ruled_model('shufflenet_v1_050', 5)
    for name, variable in model.variables_by_name.items():
      if 'moving_' in name:
        variable.assign(tf.zeros_like(variable) + float('variance' in name))
    images = golden_rule.images(4, 64, 64) * 0.01
    expected, _ = testing.run_eagerly(model, images)
    self.assertGreater(np.abs(expected).max(), 0.01)
    unfolding.unfold(model, images)
    self.assertLess(
      testing.deviation(testing.run_eagerly(model, images)[0], expected), 1e-3
    )

  def test_a_fresh_model_is_not_folded(self):
    self.assertFalse(
      unfolding.is_folded(Model('mobilenet_v2_035', 5).build(32))
    )


if __name__ == '__main__':
  tf.test.main()
