"""Steps on a small model, against NumPy."""

import numpy as np
import tensorflow as tf

from tasks import classification
from training import averages as moving_averages
from training import loss_scale as loss_scaling
from training import optimizers
from training import state as training_state
from training import step as training_step
from training.optimizers import UpdateOptions

_IMAGES = np.random.RandomState(0).uniform(-1, 1, [4, 2, 2, 3]).astype('f')
_LABELS = np.array([0, 2, 1, 2])
_WEIGHTS = np.array([[0.5, -0.3, 0.2], [0.1, 0.9, -0.4], [-0.6, 0.3, 0.8]])
_BIASES = np.array([0.1, 0.0, -0.2])
_RATES = np.array([0.1, 0.05, 0.025])


class _TinyModel(tf.Module):
  """A linear classifier of the image's mean, which keeps an average of it."""

  def __init__(self, compute_dtype=tf.float32, auxiliary=False, scope='Tiny'):
    super().__init__()
    self._compute_dtype = compute_dtype
    self._auxiliary = auxiliary
    self.variables_by_name = {
      f'{scope}/weights': tf.Variable(_WEIGHTS, dtype=tf.float32),
      f'{scope}/biases': tf.Variable(_BIASES, dtype=tf.float32),
      f'{scope}/moving_mean': tf.Variable([0.0] * 3, trainable=False),
    }
    self.trainable_variables_by_name = {
      name: self.variables_by_name[name]
      for name in (f'{scope}/weights', f'{scope}/biases')
    }

  def __call__(self, images, is_training, freeze_body=False):
    weights, biases, moving_mean = self.variables_by_name.values()
    features = tf.reduce_mean(images, [1, 2])
    if is_training and not freeze_body:
      moving_mean.assign_sub(0.1 * (moving_mean - tf.reduce_mean(features, 0)))
    logits = tf.matmul(
      tf.cast(features, self._compute_dtype),
      tf.cast(weights, self._compute_dtype),
    )
    logits = tf.cast(logits, tf.float32) + biases
    end_points = {'AuxLogits': 2.0 * logits} if self._auxiliary else {}
    return logits, end_points


class _Infinite(_TinyModel):
  """Finite logits, an infinite gradient: of the root at zero."""

  def __call__(self, images, is_training, freeze_body=False):
    logits, end_points = super().__call__(images, is_training)
    return logits + tf.sqrt(logits - tf.stop_gradient(logits)), end_points


def _losses(weights, biases, label_smoothing):
  """Returns logits, mean cross-entropy and its gradient for the logits."""
  logits = _IMAGES.mean((1, 2)).astype(float) @ weights + biases
  exponentials = np.exp(logits)
  probabilities = exponentials / exponentials.sum(1, keepdims=True)
  truth = np.eye(3)[_LABELS] * (1 - label_smoothing) + label_smoothing / 3
  loss = -(truth * np.log(probabilities)).sum(1).mean()
  return logits, loss, (probabilities - truth) / 4


def _state(
  model=None,
  optimizer='momentum',
  trainable=None,
  average_decay=None,
  loss_scale=None,
):
  model = model or _TinyModel()
  learning_rate = tf.Variable(0.0, trainable=False)
  global_step = training_state.make_global_step()
  averages = average_decay and moving_averages.make_averages(
    model.variables_by_name, average_decay, global_step
  )
  return training_state.TrainState(
    model,
    trainable or model.trainable_variables_by_name,
    optimizers.make_optimizer(optimizer, learning_rate),
    learning_rate,
    global_step,
    averages,
    loss_scale,
  )


def _rate(step):
  return tf.gather(tf.constant(_RATES, tf.float32), step % 3)


def _values(state):
  variables = {
    **state.model.variables_by_name,
    **training_state.state_by_name(state),
  }
  return {name: variable.numpy() for name, variable in variables.items()}


def _run(state, steps=3, images=_IMAGES, label_smoothing=0.0, **options):
  """Returns each step's metrics, as NumPy scalars."""
  task = classification.make_task(3, label_smoothing)
  step = training_step.make_train_step(state, task, _rate, **options)
  return [
    _flat(step(tf.constant(images), tf.constant(_LABELS))) for _ in range(steps)
  ]


def _flat(result):
  """Returns a StepResult's values by name."""
  values = result._asdict()
  values |= {**values.pop('losses'), **values.pop('metrics')}
  return {name: value.numpy() for name, value in values.items()}


class TrainStepTest(tf.test.TestCase):
  def test_three_steps_by_hand(self):
    """Momentum, smoothed labels, weight decay, a rate that changes."""
    for xla in (False, True):
      state = _state()
      metrics = _run(state, weight_decay=0.01, label_smoothing=0.1, xla=xla)
      weights, biases, moving_mean = _WEIGHTS, _BIASES, 0.0
      features = _IMAGES.mean((1, 2))
      velocities = [0.0, 0.0]
      for rate, metric in zip(_RATES, metrics):
        logits, cross_entropy, gradient = _losses(weights, biases, 0.1)
        loss = cross_entropy + 0.01 * np.square(weights).sum() / 2
        self.assertAllClose(
          metric,
          {
            'cross_entropy': cross_entropy,
            'loss': loss,
            'learning_rate': rate,
            'Accuracy': np.mean(logits.argmax(1) == _LABELS),
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
        _values(state),
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
      state = _state(_TinyModel(scope=scope), 'sgd')
      _run(
        state,
        steps=1,
        weight_decay=0.01,
        update=UpdateOptions(last_layer_gradient_multiplier=multiplier),
      )
      _, _, gradient = _losses(_WEIGHTS, _BIASES, 0.0)
      of_weights = _IMAGES.mean((1, 2)).T @ gradient + 0.01 * _WEIGHTS
      values = _values(state)
      with self.subTest(scope=scope, multiplier=multiplier):
        self.assertAllClose(
          _WEIGHTS - 0.1 * factors[0] * of_weights, values[f'{scope}/weights']
        )
        self.assertAllClose(
          _BIASES - 0.1 * factors[1] * gradient.sum(0),
          values[f'{scope}/biases'],
        )

  def test_every_optimizer_steps(self):
    for name in optimizers.OPTIMIZERS:
      with self.subTest(name):
        metrics = _run(_state(optimizer=name), steps=4)
        self.assertLess(metrics[-1]['loss'], metrics[0]['loss'])

  def test_auxiliary_logits_count_four_tenths(self):
    (metric,) = _run(_state(_TinyModel(auxiliary=True)), steps=1)
    logits, loss, _ = _losses(_WEIGHTS, _BIASES, 0.0)
    auxiliary = np.log(np.exp(2 * logits).sum(1)) - (
      2 * logits[np.arange(4), _LABELS]
    )
    self.assertAllClose(loss, metric['cross_entropy'])
    self.assertAllClose(loss + 0.4 * auxiliary.mean(), metric['loss'])

  def test_only_the_given_variables_are_trained(self):
    """The loss still counts the decay of the others."""
    model = _TinyModel()
    state = _state(
      model, trainable={'Tiny/biases': model.variables_by_name['Tiny/biases']}
    )
    metric = _run(state, weight_decay=0.01)[0]
    self.assertAllClose(
      metric['cross_entropy'] + 0.01 * np.square(_WEIGHTS).sum() / 2,
      metric['loss'],
    )
    values = _values(state)
    self.assertAllClose(_WEIGHTS, values['Tiny/weights'])
    self.assertNotAllClose(_BIASES, values['Tiny/biases'])
    self.assertNotIn('Tiny/weights/Momentum', values)

  def test_averages(self):
    """Decay min(0.15, (1 + step) / (10 + step)): 0.1, 0.15, 0.15."""
    state = _state(average_decay=0.15)
    step = training_step.make_train_step(
      state, classification.make_task(3), _rate
    )
    expected = _values(state)
    for decay in (0.1, 0.15, 0.15):
      step(tf.constant(_IMAGES), tf.constant(_LABELS))
      values = _values(state)
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
        state = _state(optimizer='adam', average_decay=0.9, loss_scale=scale)
        before = _values(state)
        (metric,) = _run(state, steps=1, images=_IMAGES * bad)
        self.assertFalse(metric['finite'])
        self.assertTrue(metric['diverged'])
        for name, value in _values(state).items():
          if name not in ('global_step', 'loss_scale', 'Tiny/moving_mean'):
            self.assertAllEqual(before[name], value)
        self.assertEqual(1, state.global_step.numpy())


class LossScalingTest(tf.test.TestCase):
  def test_scaling_float32_changes_no_bit(self):
    scaled = _state(
      optimizer='rmsprop', loss_scale=loss_scaling.make_loss_scale()
    )
    plain = _state(optimizer='rmsprop')
    self.assertEqual(2.0**15, _run(scaled)[0]['loss_scale'])
    _run(plain)
    values = _values(scaled)
    for name, value in _values(plain).items():
      self.assertAllEqual(value, values[name])
    self.assertEqual(3, values['loss_scale_good_steps'])

  def test_an_overflow_is_skipped_and_halves_the_scale(self):
    for xla in (False, True):
      state = _state(
        _TinyModel(tf.float16), loss_scale=loss_scaling.make_loss_scale(2.0**24)
      )
      step = training_step.make_train_step(
        state, classification.make_task(3), _rate, xla=xla
      )
      skipped = 0
      while True:
        before = _values(state)
        metric = step(tf.constant(_IMAGES), tf.constant(_LABELS))
        self.assertFalse(metric.diverged)
        if metric.finite:
          break
        skipped += 1
        after = _values(state)
        self.assertEqual(before['loss_scale'] / 2, after['loss_scale'])
        self.assertAllEqual(before['Tiny/weights'], after['Tiny/weights'])
        self.assertAllEqual(
          before['Tiny/biases/Momentum'], after['Tiny/biases/Momentum']
        )
      self.assertBetween(skipped, 5, 12)
      self.assertEqual(2.0 ** (24 - skipped), state.loss_scale.scale.numpy())
      self.assertEqual(skipped + 1, state.global_step.numpy())

  def test_scaling_saves_gradients_from_vanishing(self):
    """All are below half of float16's smallest number, 2**-24."""
    images = np.full([4, 2, 2, 3], 2.0**-24, 'f')
    gradients = []
    for scale in (None, loss_scaling.make_loss_scale()):
      state = _state(_TinyModel(tf.float16), loss_scale=scale)
      _run(state, steps=1, images=images)
      gradients.append(_values(state)['Tiny/weights/Momentum'])
    probabilities = np.exp(_BIASES) / np.exp(_BIASES).sum()
    exact = 2.0**-24 * (probabilities - [0.25, 0.25, 0.5])
    self.assertAllEqual(np.zeros([3, 3]), gradients[0])
    self.assertAllClose([exact] * 3, gradients[1], rtol=1e-2, atol=0)

  def test_diverged_when_no_smaller_scale_is_left(self):
    metrics = _run(
      _state(_Infinite(), loss_scale=loss_scaling.make_loss_scale(2.0))
    )
    self.assertEqual([False] * 3, [metric['finite'] for metric in metrics])
    self.assertEqual(
      [False, True, True], [metric['diverged'] for metric in metrics]
    )


if __name__ == '__main__':
  tf.test.main()
