"""The learning rate finder on a bowl, whose steps NumPy can make."""

import os
from unittest import mock

import numpy as np
from PIL import Image
import tensorflow as tf

from base.errors import InputError
from training import learning_rate_finder
from training.step import StepResult

_BATCHES = ((None, None) for _ in iter(int, 1))
_RATES = np.geomspace(1e-6, 10, 100)


def _bowl(learning_rate_fn, first_step=0, curvature=1.0, noise=0.0):
  """Returns the train_step of 0.5 * curvature * w**2 + 1, from w = 2."""
  step = tf.Variable(first_step, dtype=tf.int64)
  weight = tf.Variable(2.0, dtype=tf.float64)
  random = np.random.RandomState(0)

  def train_step(images, targets):
    rate = learning_rate_fn(step)
    loss = 0.5 * curvature * weight**2 + 1
    weight.assign_sub(tf.cast(rate, tf.float64) * curvature * weight)
    step.assign_add(1)
    loss += noise * random.normal()
    diverged = ~tf.math.is_finite(loss)
    return StepResult(loss, {}, {}, rate, 1.0, ~diverged, diverged)

  return train_step


def _sweep(first_step=0, **options):
  rate_fn = learning_rate_finder.rising_rate(first_step)
  return learning_rate_finder.sweep(
    _bowl(rate_fn, first_step, **options), _BATCHES
  )


def _sweep_of(losses):
  """Returns the Sweep of steps with these losses."""
  results = (
    StepResult(loss, {}, {}, rate, 1.0, True, False)
    for loss, rate in zip(losses, _RATES)
  )
  return learning_rate_finder.sweep(lambda *_: next(results), _BATCHES)


class LearningRateFinderTest(tf.test.TestCase):
  def test_rates_and_losses(self):
    for first_step in 0, 1000:
      found = _sweep(first_step, curvature=30.0)
      weight, losses = 2.0, []
      for rate in _RATES:
        losses.append(15 * weight**2 + 1)
        weight *= 1 - 30 * rate
      num_steps = len(found.losses)
      self.assertAllClose(_RATES[:num_steps], found.rates, rtol=1e-3)
      self.assertAllClose(losses[:num_steps], found.losses, rtol=1e-3)
      # It ends where the loss is four times what it was.
      self.assertLess(num_steps, 100)
      self.assertLessEqual(found.losses.max(), 4 * losses[0])
      self.assertGreater(losses[num_steps], 4 * losses[0])

  def test_suggestion(self):
    """Above 2 / curvature it diverges; scaled, it is found elsewhere."""
    for curvature in 1.0, 30.0:
      found = _sweep(curvature=curvature, noise=0.05)
      suggested, lowest = learning_rate_finder.suggest(found)
      self.assertBetween(found.rates[suggested] * curvature, 0.02, 0.3)
      self.assertBetween(found.rates[lowest] * curvature, 0.1, 2.0)
      slopes = np.diff(found.smooth)
      self.assertBetween(suggested - np.argmin(slopes[:lowest]), 0, 1)

  def test_smoothing_keeps_what_is_straight(self):
    self.assertAllClose(np.ones(100), _sweep_of(np.ones(100)).smooth)
    line = np.linspace(2, 1, 100)
    self.assertAllClose(line[10:-10], _sweep_of(line).smooth[10:-10], atol=1e-3)
    alternating = 2 + (-1.0) ** np.arange(100)
    self.assertAllClose(
      np.full(80, 2), _sweep_of(alternating).smooth[10:-10], atol=1e-3
    )

  def test_find(self):
    folder = os.path.join(self.get_temp_dir(), 'new')
    with mock.patch('builtins.print') as printed:
      learning_rate_finder.find(_bowl, _BATCHES, 0, folder)
    table, last = (call.args[0] for call in printed.call_args_list)
    lines = table.split('\n')
    self.assertEqual(['rate', 'loss'], lines[0].split())
    self.assertEqual(['1e-06', '3'], lines[1].split())
    self.assertLess(max(map(len, lines)), 80)
    (fastest,) = (line for line in lines if line.endswith('falls fastest'))
    self.assertLen([line for line in lines if line.endswith('lowest')], 1)
    path = os.path.join(folder, 'learning_rate.png')
    self.assertEqual(
      f'Suggested: --learning_rate={fastest.split()[0]}, where the loss falls '
      f'fastest. Chart: {path}; nothing else is saved.',
      last,
    )
    self.assertEqual(['learning_rate.png'], os.listdir(folder))
    with Image.open(path) as chart:
      self.assertEqual((800, 500), chart.size)

  def test_nothing_to_suggest(self):
    with self.assertRaisesRegex(InputError, '^the loss falls at no learning'):
      learning_rate_finder.suggest(_sweep_of(np.linspace(1, 2, 100)))
    with self.assertRaisesRegex(
      InputError, '^the loss is not finite at step 1'
    ):
      _sweep(curvature=np.nan)


if __name__ == '__main__':
  tf.test.main()
