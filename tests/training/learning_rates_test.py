"""Schedules against numbers by hand, and the functions that slim calls."""

import tensorflow as tf

from base.errors import InputError
from training import learning_rates


def _make(
  decay_type,
  learning_rate,
  num_examples,
  batch_size,
  max_number_of_steps=None,
  **options,
):
  return learning_rates.make_learning_rate_fn(
    learning_rates.LearningRate(learning_rate, decay_type, **options),
    num_examples,
    batch_size,
    max_number_of_steps,
  )


def _rates(steps, *args, **kwargs):
  """Values at several steps, of one traced function."""
  learning_rate_fn = _make(*args, **kwargs)
  traced = tf.function(learning_rate_fn, autograph=False)
  return [traced(tf.constant(step, tf.int64)) for step in steps]


class LearningRatesTest(tf.test.TestCase):
  def test_fixed(self):
    rates = _rates([0, 10**6], 'fixed', 0.25, 100, 10)
    self.assertAllEqual([0.25, 0.25], rates)

  def test_exponential_goes_down_in_stairs(self):
    # A stair is int(105 * 1.5 / 10) = 15 steps.
    rates = _rates(
      [0, 14, 15, 29, 30, 151],
      'exponential',
      0.5,
      105,
      10,
      learning_rate_decay_factor=0.5,
      num_epochs_per_decay=1.5,
    )
    self.assertAllEqual([0.5, 0.5, 0.25, 0.25, 0.125, 0.5**11], rates)

  def test_exponential_is_bit_for_bit_tensorflows(self):
    steps = [0, 3, 7, 100, 1001, 123456]
    rates = _rates(steps, 'exponential', 0.045, 50, 32)
    for step, rate in zip(steps, rates):
      decayed = tf.compat.v1.train.exponential_decay(
        0.045, tf.constant(step, tf.int64), 3, 0.94, staircase=True
      )
      self.assertEqual(decayed().numpy(), rate.numpy())

  def test_a_set_smaller_than_a_batch_decays_each_step(self):
    rates = _rates(
      [0, 1, 2], 'exponential', 1.0, 3, 32, learning_rate_decay_factor=0.5
    )
    self.assertAllEqual([1.0, 0.5, 0.25], rates)

  def test_polynomial_ends_where_training_ends(self):
    rates = _rates(
      [0, 25, 50, 100, 150],
      'polynomial',
      0.9,
      10**6,
      1,
      end_learning_rate=0.1,
      max_number_of_steps=100,
    )
    self.assertAllClose([0.9, 0.7, 0.5, 0.1, 0.1], rates, rtol=1e-6)

  def test_polynomial_of_a_power_is_deeplabs(self):
    """(1 - step / steps) ** 0.9, as published, by hand."""
    rates = _rates(
      [0, 250, 500, 900, 1000],
      'polynomial',
      0.007,
      10**6,
      1,
      end_learning_rate=0.0,
      learning_rate_power=0.9,
      max_number_of_steps=1000,
    )
    self.assertAllClose(
      [0.007, 0.00540325, 0.00375121, 0.00088125, 0.0], rates, rtol=2e-6
    )

  def test_polynomial_is_bit_for_bit_tensorflows(self):
    steps = [0, 1, 333, 777, 1000, 2000]
    rates = _rates(steps, 'polynomial', 0.045, 50, 32, max_number_of_steps=1000)
    for step, rate in zip(steps, rates):
      decayed = tf.compat.v1.train.polynomial_decay(
        0.045, tf.constant(step, tf.int64), 1000, 1e-4
      )
      self.assertEqual(decayed().numpy(), rate.numpy())

  def test_warmup_is_the_lower_of_ramp_and_decayed_rate(self):
    # 10 steps per epoch: the ramp reaches 0.5 at step 20, a stair is 15 steps.
    rates = _rates(
      [0, 4, 10, 14, 15, 20, 30],
      'exponential',
      0.5,
      100,
      10,
      learning_rate_decay_factor=0.5,
      num_epochs_per_decay=1.5,
      warmup_epochs=2.0,
    )
    self.assertAllClose([0, 0.1, 0.25, 0.35, 0.25, 0.25, 0.125], rates)

  def test_cosine_is_tensorflows_half_wave(self):
    """And by hand: a half is left in the middle, 0.854 after a quarter."""
    steps = [0, 25, 50, 75, 100, 200]
    for end in (0.0, 0.1):
      rates = _rates(
        steps,
        'cosine',
        0.5,
        10**6,
        1,
        end_learning_rate=end,
        max_number_of_steps=100,
      )
      for step, rate in zip(steps, rates):
        decayed = tf.compat.v1.train.cosine_decay(
          0.5, tf.constant(step, tf.int64), 100, alpha=end / 0.5
        )
        self.assertAllClose(decayed(), rate, rtol=1e-6, atol=1e-8)
      if not end:
        self.assertAllClose([0.5, 0.4267767, 0.25], rates[:3])

  def test_step_falls_at_parts_of_training(self):
    rates = _rates(
      [0, 49, 50, 79, 80, 100, 150],
      'step',
      0.8,
      10**6,
      1,
      learning_rate_decay_factor=0.1,
      learning_rate_milestones=(0.5, 0.8),
      max_number_of_steps=100,
    )
    self.assertAllClose(
      [0.8, 0.8, 0.08, 0.08, 0.008, 0.008, 0.008], rates, rtol=1e-5
    )

  def test_warmup_goes_before_cosine(self):
    """The lower of ramp and half wave: 10 steps in an epoch."""
    rates = _rates(
      [0, 5, 10, 50],
      'cosine',
      1.0,
      100,
      10,
      end_learning_rate=0.0,
      warmup_epochs=1.0,
      max_number_of_steps=100,
    )
    self.assertAllClose([0.0, 0.5, 0.97552826, 0.5], rates)

  def test_unknown_type(self):
    with self.assertRaisesRegex(InputError, "'sine' is unknown.*polynomial"):
      _make('sine', 0.1, 100, 10)

  def test_what_ends_with_training_needs_an_end(self):
    for name in ('polynomial', 'cosine', 'step'):
      with self.assertRaisesRegex(InputError, f'{name} .*--max_number_of_step'):
        _make(name, 0.1, 100, 10)


if __name__ == '__main__':
  tf.test.main()
