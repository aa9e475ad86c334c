"""Steps of a small model, whose numbers are known."""

import numpy as np
import tensorflow as tf

from tasks import classification
from training import averages as moving_averages
from training import optimizers
from training import state as training_state
from training import step as training_step

IMAGES = np.random.RandomState(0).uniform(-1, 1, [4, 2, 2, 3]).astype('f')
LABELS = np.array([0, 2, 1, 2])
WEIGHTS = np.array([[0.5, -0.3, 0.2], [0.1, 0.9, -0.4], [-0.6, 0.3, 0.8]])
BIASES = np.array([0.1, 0.0, -0.2])
RATES = np.array([0.1, 0.05, 0.025])


class TinyModel(tf.Module):
  """A linear classifier of the image's mean, which keeps an average of it."""

  def __init__(self, compute_dtype=tf.float32, auxiliary=False, scope='Tiny'):
    super().__init__()
    self._compute_dtype = compute_dtype
    self._auxiliary = auxiliary
    self.variables_by_name = {
      f'{scope}/weights': tf.Variable(WEIGHTS, dtype=tf.float32),
      f'{scope}/biases': tf.Variable(BIASES, dtype=tf.float32),
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


class Infinite(TinyModel):
  """Finite logits, an infinite gradient: of the root at zero."""

  def __call__(self, images, is_training, freeze_body=False):
    logits, end_points = super().__call__(images, is_training)
    return logits + tf.sqrt(logits - tf.stop_gradient(logits)), end_points


def make_state(
  model=None,
  optimizer='momentum',
  trainable=None,
  average_decay=None,
  loss_scale=None,
):
  model = model or TinyModel()
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


def rate(step):
  return tf.gather(tf.constant(RATES, tf.float32), step % 3)


def run(state, steps=3, images=IMAGES, label_smoothing=0.0, **options):
  """Returns each step's metrics, as NumPy scalars."""
  task = classification.make_task(3, label_smoothing)
  step = training_step.make_train_step(state, task, rate, **options)
  return [
    _flat(step(tf.constant(images), tf.constant(LABELS))) for _ in range(steps)
  ]


def _flat(result):
  """Returns a StepResult's values by name."""
  values = result._asdict()
  values |= {**values.pop('losses'), **values.pop('metrics')}
  return {name: value.numpy() for name, value in values.items()}
