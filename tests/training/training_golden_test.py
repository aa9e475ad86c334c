"""Eight steps of the project's own train step against slim's trajectory."""

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from specs import networks
from tasks import classification
from tests.helpers import golden_rule
from tests.helpers import networks as testing
from tests.helpers import soak
from training import optimizers
from training import state as training_state
from training import step as training_step

_BIASES = 'MobilenetV2/Logits/Conv2d_1c_1x1/biases'


def _train(description, optimizer_name, implementation):
  """Returns (StepResult of each step, final variables)."""
  model = testing.ruled_model(
    description['net'],
    description['num_classes'],
    implementation,
    depth_multiplier=description['depth_multiplier'],
    dropout_keep_prob=1.0,
  )
  learning_rate = tf.Variable(0.0, trainable=False)
  state = training_state.TrainState(
    model,
    model.trainable_variables_by_name,
    optimizers.make_optimizer(optimizer_name, learning_rate),
    learning_rate,
    training_state.make_global_step(),
  )
  optimizers.slots_by_name(state.optimizer, state.trainable_variables)
  step = training_step.make_train_step(
    state,
    classification.make_task(
      description['num_classes'], description['label_smoothing']
    ),
    lambda _: tf.constant(description['learning_rate']),
    description['weight_decay'],
  )
  batch, size = description['batch'], description['size']
  results = [
    step(
      golden_rule.images(batch, size, size, 10 + number % 4),
      golden_rule.labels(batch, description['num_classes'], 10 + number % 4),
    )
    for number in range(description['steps'])
  ]
  return results, {
    name: variable.numpy() for name, variable in model.variables_by_name.items()
  }


class TrainingGoldenTest(parameterized.TestCase, tf.test.TestCase):
  @parameterized.product(
    optimizer=['rmsprop', 'momentum'], implementation=networks.IMPLEMENTATIONS
  )
  def test_trajectory(self, optimizer, implementation):
    soak.skip_slow(self, optimizer == 'momentum')
    description, arrays = testing.load_golden(f'train_mobilenet_v2_{optimizer}')
    results, variables = _train(description, optimizer, implementation)
    for expected, actual in (
      (
        description['cross_entropy'],
        [result.losses['cross_entropy'] for result in results],
      ),
      (description['total_loss'], [result.loss for result in results]),
    ):
      self.assertAllClose(expected[:5], actual[:5], rtol=0, atol=0.01)
    for name, value in arrays.items():
      if 'moving' in name:
        self.assertLessEqual(
          testing.deviation(variables[name], value), 1e-3, name
        )
    initial = golden_rule.variable(_BIASES, arrays[_BIASES].shape)
    change = arrays[_BIASES] - initial
    self.assertLessEqual(
      np.linalg.norm(variables[_BIASES] - initial - change),
      0.02 * np.linalg.norm(change),
    )


if __name__ == '__main__':
  tf.test.main()
