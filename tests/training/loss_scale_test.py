"""The loss scale's arithmetic, by hand, and steps that are scaled."""

import numpy as np
import tensorflow as tf

from tasks import classification
from tests.helpers import states
from tests.helpers import tiny_steps as tiny
from training import loss_scale as loss_scaling
from training import step as training_step


class LossScaleTest(tf.test.TestCase):
  def _after(self, state, finite, steps=1):
    for _ in range(steps):
      loss_scaling.update(state, tf.constant(finite))
    return state.scale.numpy(), state.good_steps.numpy()

  def test_starts_at_two_to_the_fifteenth(self):
    state = loss_scaling.make_loss_scale()
    self.assertEqual(32768.0, state.scale.numpy())
    self.assertEqual(0, state.good_steps.numpy())

  def test_an_overflow_halves_and_starts_the_count_again(self):
    state = loss_scaling.make_loss_scale()
    self.assertEqual((32768.0, 3), self._after(state, True, 3))
    self.assertEqual((16384.0, 0), self._after(state, False))
    self.assertEqual((8192.0, 0), self._after(state, False))

  def test_two_thousand_good_steps_double(self):
    state = loss_scaling.make_loss_scale(8.0)
    state.good_steps.assign(1998)
    self.assertEqual((8.0, 1999), self._after(state, True))
    self.assertEqual((16.0, 0), self._after(state, True))
    self.assertEqual((16.0, 1), self._after(state, True))

  def test_stays_within_its_bounds(self):
    state = loss_scaling.make_loss_scale(1.0)
    self.assertEqual((1.0, 0), self._after(state, False))
    state = loss_scaling.make_loss_scale(2.0**24)
    state.good_steps.assign(1999)
    self.assertEqual((2.0**24, 0), self._after(state, True))

  def test_all_finite(self):
    good = [tf.ones([2, 3]), tf.constant(-65504.0, tf.float16)]
    self.assertTrue(loss_scaling.all_finite(good))
    for bad in (np.inf, -np.inf, np.nan):
      tensors = good + [tf.constant([1.0, bad])]
      self.assertFalse(loss_scaling.all_finite(tensors))

  def test_checkpoint_names(self):
    state = loss_scaling.make_loss_scale()
    names = loss_scaling.variables_by_name(state)
    self.assertIs(state.scale, names['loss_scale'])
    self.assertIs(state.good_steps, names['loss_scale_good_steps'])


class ScaledStepsTest(tf.test.TestCase):
  def test_scaling_float32_changes_no_bit(self):
    scaled = tiny.make_state(
      optimizer='rmsprop', loss_scale=loss_scaling.make_loss_scale()
    )
    plain = tiny.make_state(optimizer='rmsprop')
    self.assertEqual(2.0**15, tiny.run(scaled)[0]['loss_scale'])
    tiny.run(plain)
    values = states.values(scaled)
    for name, value in states.values(plain).items():
      self.assertAllEqual(value, values[name])
    self.assertEqual(3, values['loss_scale_good_steps'])

  def test_an_overflow_is_skipped_and_halves_the_scale(self):
    for xla in (False, True):
      state = tiny.make_state(
        tiny.TinyModel(tf.float16),
        loss_scale=loss_scaling.make_loss_scale(2.0**24),
      )
      step = training_step.make_train_step(
        state, classification.make_task(3), tiny.rate, xla=xla
      )
      skipped = 0
      while True:
        before = states.values(state)
        metric = step(tf.constant(tiny.IMAGES), tf.constant(tiny.LABELS))
        self.assertFalse(metric.diverged)
        if metric.finite:
          break
        skipped += 1
        after = states.values(state)
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
      state = tiny.make_state(tiny.TinyModel(tf.float16), loss_scale=scale)
      tiny.run(state, steps=1, images=images)
      gradients.append(states.values(state)['Tiny/weights/Momentum'])
    probabilities = np.exp(tiny.BIASES) / np.exp(tiny.BIASES).sum()
    exact = 2.0**-24 * (probabilities - [0.25, 0.25, 0.5])
    self.assertAllEqual(np.zeros([3, 3]), gradients[0])
    self.assertAllClose([exact] * 3, gradients[1], rtol=1e-2, atol=0)

  def test_diverged_when_no_smaller_scale_is_left(self):
    metrics = tiny.run(
      tiny.make_state(
        tiny.Infinite(), loss_scale=loss_scaling.make_loss_scale(2.0)
      )
    )
    self.assertEqual([False] * 3, [metric['finite'] for metric in metrics])
    self.assertEqual(
      [False, True, True], [metric['diverged'] for metric in metrics]
    )


if __name__ == '__main__':
  tf.test.main()
