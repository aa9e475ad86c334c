"""Steps after a checkpoint are those that would have been, bit for bit.

Whatever is dropped: it follows from the run's seed, the step and its part.
"""

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from fast import dropout
from fast.layout import Setup
from runtime.model import Model
from specs import networks
from tasks import classification
from tests.helpers import resuming
from tests.helpers import states
from training import optimizers
from training import settling
from training import step as training_step
from training.optimizers import UpdateOptions


class _Dropping(tf.Module):
  """A linear classifier that drops features."""

  def __init__(self, compute_dtype=tf.float32):
    super().__init__()
    self._compute_dtype = compute_dtype
    self.trainable_variables_by_name = {
      'Tiny/weights': tf.Variable(
        np.random.RandomState(0).normal(size=[3 * 32 * 32, 5]), dtype=tf.float32
      )
    }
    self.variables_by_name = self.trainable_variables_by_name

  def __call__(self, images, is_training, seed=None):
    (weights,) = self.trainable_variables_by_name.values()
    features = dropout.dropout(
      tf.cast(tf.reshape(images, [images.shape[0], -1]), self._compute_dtype),
      0.5,
      Setup(is_training, seed=seed),
    )
    logits = tf.matmul(features, tf.cast(weights, self._compute_dtype))
    return tf.cast(logits, tf.float32), {}


class ExactResumeTest(parameterized.TestCase, resuming.TestCase):
  @parameterized.parameters(*networks.IMPLEMENTATIONS)
  def test_dropout_and_averages_and_parts_of_steps(self, implementation):
    model = Model(
      'mobilenet_v2',
      5,
      implementation,
      depth_multiplier=0.1,
      final_endpoint='layer_3',
      dropout_keep_prob=0.5,
    ).build(32)
    self.check_resume(
      resuming.make_state(model, average_decay=0.9),
      classification.make_task(5),
      resuming.batches(4, 8),
      batch_norm_decay_fn=training_step.settling_decay(0.997),
      update=UpdateOptions(accumulate_steps=2),
    )

  def test_float16_by_xla(self):
    """When it is saved, steps were left out, and the scale has halved."""
    state = resuming.make_state(_Dropping(tf.float16), is_float16=True)
    state.loss_scale.scale.assign(2.0**17)
    self.check_resume(
      state, classification.make_task(5), resuming.batches(4, 2), xla=True
    )
    self.assertLess(state.loss_scale.scale.numpy(), 2.0**17)

  @parameterized.parameters(*optimizers.OPTIMIZERS)
  def test_every_optimizer(self, name):
    self.check_resume(
      resuming.make_state(_Dropping(), name),
      classification.make_task(5),
      resuming.batches(4, 2),
    )


class _Bits(tf.Module):
  """Its output tells which of 16 values it has dropped, of one image."""

  def __init__(self):
    super().__init__()
    self.trainable_variables_by_name = {'Bits/zero': tf.Variable(0.0)}
    self.variables_by_name = self.trainable_variables_by_name

  def __call__(self, images, is_training, seed=None):
    kept = dropout.dropout(images, 0.5, Setup(is_training, seed=seed))
    return kept + self.trainable_variables_by_name['Bits/zero'], {}


_BITS = tf.constant([[2.0**bit for bit in range(16)]])
_SUM = resuming.task_of(tf.reduce_sum)


def _sum(seed, step, part):
  """Returns the sum of what the Bits keep, and double: the seeds by hand."""
  fold_in = tf.random.experimental.stateless_fold_in
  of_part = tf.abs(fold_in([seed, step], part))
  drawn = tf.random.stateless_uniform(
    [1, 16], tf.abs(fold_in(of_part, 0)), None, None, tf.int32
  )
  return float(tf.reduce_sum(tf.where(drawn < 0, 0.0, 2.0 * _BITS)))


class SeedTest(tf.test.TestCase):
  def _losses(self, seed, batch=1, **options):
    """Returns the losses of two steps that change no weight."""
    step = training_step.make_train_step(
      resuming.make_state(_Bits(), 'sgd', seed=seed),
      _SUM,
      lambda step: tf.constant(0.0),
      **options,
    )
    images = tf.tile(_BITS, [batch, 1])
    return [float(step(images, tf.zeros([batch])).loss) for _ in range(2)]

  def test_follows_from_run_step_and_part(self):
    for seed in (0, 7, 2**40 + 5):
      wanted = [_sum(seed % 2**31, step, 0) for step in (0, 1)]
      self.assertNotEqual(*wanted)
      for xla in (False, True):
        self.assertEqual(wanted, self._losses(seed, xla=xla))
    self.assertNotEqual(self._losses(0), self._losses(7))

  def test_parts_of_a_step_drop_each_its_own(self):
    parts = [[_sum(7, step, part) for part in range(3)] for step in (0, 1)]
    for each in parts:
      self.assertLen(set(each), 3)
    self.assertAllClose(
      [sum(each) / 3 for each in parts],
      self._losses(7, batch=3, update=UpdateOptions(accumulate_steps=3)),
    )


class _Averaging(tf.Module):
  """Keeps an average of its images, as batch norm does."""

  def __init__(self, initial):
    super().__init__()
    self.average = tf.Variable([initial] * 3, trainable=False)
    self.trainable_variables_by_name = {'Tiny/weights': tf.Variable(1.0)}
    self.variables_by_name = {
      **self.trainable_variables_by_name,
      'Tiny/moving_mean': self.average,
    }

  def __call__(
    self, images, is_training, batch_norm_decay, dropout_keep_prob, seed
  ):
    mean = tf.reduce_mean(images, [0, 1, 2])
    self.average.assign_sub((self.average - mean) * (1.0 - batch_norm_decay))


class SettledAveragesTest(tf.test.TestCase):
  def test_follow_from_the_weights_alone(self):
    """Bit for bit, whatever they were: two runs saved at different steps."""
    settled = []
    for initial in (0.0, 0.123, -45.678):
      state = resuming.make_state(_Averaging(initial))
      settle = settling.make_settle(
        state, lambda step: iter(resuming.batches(3, 2)), 0.997
      )
      self.assertTrue(settle())
      settled.append(state.model.average.numpy())
    means = [np.mean(images, (0, 1, 2)) for images, _ in resuming.batches(3, 2)]
    self.assertAllClose(np.mean(means, 0), settled[0])
    self.assertAllEqual([settled[0]] * 3, settled)


class FreshRunTest(parameterized.TestCase, tf.test.TestCase):
  @parameterized.parameters(*networks.IMPLEMENTATIONS)
  def test_two_runs_of_one_seed_are_the_same(self, implementation):
    """From the initial weights on, bit for bit; of another, they differ."""
    first, again, other = (
      self._run(implementation, seed) for seed in (3, 3, 4)
    )
    for values, values_again in zip(first, again):
      for name, value in values.items():
        self.assertAllEqual(value, values_again[name], name)
    for name, value in first[0].items():
      if name.endswith('weights'):
        self.assertNotAllClose(value, other[0][name], msg=name)

  def _run(self, implementation, seed):
    """Returns all values before and after two steps."""
    tf.random.set_seed(seed)
    model = Model(
      'mobilenet_v1',
      5,
      implementation,
      depth_multiplier=0.1,
      final_endpoint='Conv2d_1_pointwise',
      dropout_keep_prob=0.5,
    ).build(32)
    state = resuming.make_state(model, seed=seed)
    initial = states.values(state)
    step = resuming.make_step(state, classification.make_task(5))
    for batch in resuming.batches(2, 4):
      step(*batch)
    return initial, states.values(state)


if __name__ == '__main__':
  tf.test.main()
