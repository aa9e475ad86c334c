"""The loss scale's arithmetic, by hand."""

import numpy as np
import tensorflow as tf

from training import loss_scale as loss_scaling


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


if __name__ == '__main__':
  tf.test.main()
