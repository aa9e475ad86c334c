"""Steps on a small model, against NumPy."""

import numpy as np
import tensorflow as tf

from tasks import classification
from tests.helpers import states
from tests.helpers import tiny_steps as tiny
from training import loss_scale as loss_scaling
from training import optimizers
from training import step as training_step
from training.optimizers import UpdateOptions


def _losses(weights, biases, label_smoothing):
  """Returns logits, mean cross-entropy and its gradient for the logits."""
  logits = tiny.IMAGES.mean((1, 2)).astype(float) @ weights + biases
  exponentials = np.exp(logits)
  probabilities = exponentials / exponentials.sum(1, keepdims=True)
  truth = np.eye(3)[tiny.LABELS] * (1 - label_smoothing) + label_smoothing / 3
  loss = -(truth * np.log(probabilities)).sum(1).mean()
  return logits, loss, (probabilities - truth) / 4


class TrainStepTest(tf.test.TestCase):
  def test_three_steps_by_hand(self):
    """Momentum, smoothed labels, weight decay, a rate that changes."""
    for xla in (False, True):
      state = tiny.make_state()
      metrics = tiny.run(state, weight_decay=0.01, label_smoothing=0.1, xla=xla)
      weights, biases, moving_mean = tiny.WEIGHTS, tiny.BIASES, 0.0
      features = tiny.IMAGES.mean((1, 2))
      velocities = [0.0, 0.0]
      for rate, metric in zip(tiny.RATES, metrics):
        logits, cross_entropy, gradient = _losses(weights, biases, 0.1)
        loss = cross_entropy + 0.01 * np.square(weights).sum() / 2
        self.assertAllClose(
          metric,
          {
            'cross_entropy': cross_entropy,
            'loss': loss,
            'learning_rate': rate,
            'Accuracy': np.mean(logits.argmax(1) == tiny.LABELS),
            'loss_scale': 1.0,
            'finite': True,
            'diverged': False,
          },
        )
        gradients = [features.T @ gradient + 0.01 * weights, gradient.sum(0)]
        velocities = [0.9 * v + g for v, g in zip(velocities, gradients)]
        weights = weights - rate * velocities[0]
        biases = biases - rate * velocities[1]
        moving_mean += 0.1 * (features.mean(0) - moving_mean)
      self.assertAllClose(
        states.values(state),
        {
          'Tiny/weights': weights,
          'Tiny/biases': biases,
          'Tiny/moving_mean': moving_mean,
          'global_step': 3,
          'Tiny/weights/Momentum': velocities[0],
          'Tiny/biases/Momentum': velocities[1],
        },
      )

  def test_what_makes_logits_may_learn_at_another_rate(self):
    """DeepLab's biases at twice the rate; all of a last layer at another."""
    for scope, multiplier, factors in (
      ('Tiny', 3.0, (1.0, 1.0)),
      ('logits/semantic', 1.0, (1.0, 2.0)),
      ('logits/semantic', 3.0, (3.0, 6.0)),
      ('BoxPredictor_0/ClassPredictor', 3.0, (3.0, 3.0)),
    ):
      state = tiny.make_state(tiny.TinyModel(scope=scope), 'sgd')
      tiny.run(
        state,
        steps=1,
        weight_decay=0.01,
        update=UpdateOptions(last_layer_gradient_multiplier=multiplier),
      )
      _, _, gradient = _losses(tiny.WEIGHTS, tiny.BIASES, 0.0)
      of_weights = tiny.IMAGES.mean((1, 2)).T @ gradient + 0.01 * tiny.WEIGHTS
      values = states.values(state)
      with self.subTest(scope=scope, multiplier=multiplier):
        self.assertAllClose(
          tiny.WEIGHTS - 0.1 * factors[0] * of_weights,
          values[f'{scope}/weights'],
        )
        self.assertAllClose(
          tiny.BIASES - 0.1 * factors[1] * gradient.sum(0),
          values[f'{scope}/biases'],
        )

  def test_every_optimizer_steps(self):
    for name in optimizers.OPTIMIZERS:
      with self.subTest(name):
        metrics = tiny.run(tiny.make_state(optimizer=name), steps=4)
        self.assertLess(metrics[-1]['loss'], metrics[0]['loss'])

  def test_auxiliary_logits_count_four_tenths(self):
    (metric,) = tiny.run(
      tiny.make_state(tiny.TinyModel(auxiliary=True)), steps=1
    )
    logits, loss, _ = _losses(tiny.WEIGHTS, tiny.BIASES, 0.0)
    auxiliary = np.log(np.exp(2 * logits).sum(1)) - (
      2 * logits[np.arange(4), tiny.LABELS]
    )
    self.assertAllClose(loss, metric['cross_entropy'])
    self.assertAllClose(loss + 0.4 * auxiliary.mean(), metric['loss'])

  def test_only_the_given_variables_are_trained(self):
    """The loss still counts the decay of the others."""
    model = tiny.TinyModel()
    state = tiny.make_state(
      model, trainable={'Tiny/biases': model.variables_by_name['Tiny/biases']}
    )
    metric = tiny.run(state, weight_decay=0.01)[0]
    self.assertAllClose(
      metric['cross_entropy'] + 0.01 * np.square(tiny.WEIGHTS).sum() / 2,
      metric['loss'],
    )
    values = states.values(state)
    self.assertAllClose(tiny.WEIGHTS, values['Tiny/weights'])
    self.assertNotAllClose(tiny.BIASES, values['Tiny/biases'])
    self.assertNotIn('Tiny/weights/Momentum', values)

  def test_averages(self):
    """Decay min(0.15, (1 + step) / (10 + step)): 0.1, 0.15, 0.15."""
    state = tiny.make_state(average_decay=0.15)
    step = training_step.make_train_step(
      state, classification.make_task(3), tiny.rate
    )
    expected = states.values(state)
    for decay in (0.1, 0.15, 0.15):
      step(tf.constant(tiny.IMAGES), tf.constant(tiny.LABELS))
      values = states.values(state)
      for name in state.model.variables_by_name:
        average = f'{name}/ExponentialMovingAverage'
        expected[average] = (
          decay * expected[average] + (1 - decay) * values[name]
        )
        self.assertAllClose(expected[average], values[average])
        self.assertNotAllClose(values[name], values[average], rtol=1e-5)

  def test_a_loss_that_is_not_finite_changes_nothing(self):
    for bad in (np.nan, np.inf):
      for scale in (None, loss_scaling.make_loss_scale(8.0)):
        state = tiny.make_state(
          optimizer='adam', average_decay=0.9, loss_scale=scale
        )
        before = states.values(state)
        (metric,) = tiny.run(state, steps=1, images=tiny.IMAGES * bad)
        self.assertFalse(metric['finite'])
        self.assertTrue(metric['diverged'])
        for name, value in states.values(state).items():
          if name not in ('global_step', 'loss_scale', 'Tiny/moving_mean'):
            self.assertAllEqual(before[name], value)
        self.assertEqual(1, state.global_step.numpy())


if __name__ == '__main__':
  tf.test.main()
