"""Each optimizer's trajectory against NumPy, and its slots' names."""

import numpy as np
import tensorflow as tf

from base.errors import InputError
from training import optimizers

_START = np.array([0.5, -1.5, 2.0])
_GRADIENTS = np.array(
  [[0.3, -0.2, 1.0], [0.1, 0.4, -2.0], [-0.7, 0.0, 0.5], [0.2, 0.2, 0.2]]
)
_RATES = (0.1, 0.1, 0.05, 0.02)


def _sgd(x):
  for rate, gradient in zip(_RATES, _GRADIENTS):
    x = x - rate * gradient
    yield x


def _momentum(x):
  velocity = 0.0
  for rate, gradient in zip(_RATES, _GRADIENTS):
    velocity = 0.9 * velocity + gradient
    x = x - rate * velocity
    yield x


def _rmsprop(x):
  """Accumulators start at 1; epsilon, 1, is under the root."""
  square, velocity = 1.0, 0.0
  for rate, gradient in zip(_RATES, _GRADIENTS):
    square = 0.9 * square + 0.1 * gradient**2
    velocity = 0.9 * velocity + rate * gradient / np.sqrt(square + 1.0)
    x = x - velocity
    yield x


def _adam(x):
  """Epsilon, 1, is outside the root."""
  mean, square = 0.0, 0.0
  for t, (rate, gradient) in enumerate(zip(_RATES, _GRADIENTS), start=1):
    mean = 0.9 * mean + 0.1 * gradient
    square = 0.999 * square + 0.001 * gradient**2
    corrected = rate * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    x = x - corrected * mean / (np.sqrt(square) + 1.0)
    yield x


def _adagrad(x):
  square = 0.1
  for rate, gradient in zip(_RATES, _GRADIENTS):
    square = square + gradient**2
    x = x - rate * gradient / np.sqrt(square)
    yield x


def _adadelta(x):
  square, moved = 0.0, 0.0
  for rate, gradient in zip(_RATES, _GRADIENTS):
    square = 0.95 * square + 0.05 * gradient**2
    move = np.sqrt(moved + 1.0) / np.sqrt(square + 1.0) * gradient
    moved = 0.95 * moved + 0.05 * move**2
    x = x - rate * move
    yield x


def _ftrl(x, l1, l2):
  square, linear = 0.1, 0.0
  for rate, gradient in zip(_RATES, _GRADIENTS):
    larger = square + gradient**2
    linear = linear + gradient - (np.sqrt(larger) - np.sqrt(square)) / rate * x
    square = larger
    curvature = np.sqrt(square) / rate + 2 * l2
    x = np.where(
      np.abs(linear) > l1, (np.sign(linear) * l1 - linear) / curvature, 0.0
    )
    yield x


class OptimizersTest(tf.test.TestCase):
  def _trajectory(self, name, xla=False, **options):
    """The rate is a variable, changed between steps of one traced function."""
    rate = tf.Variable(0.0, trainable=False)
    optimizer = optimizers.make_optimizer(name, rate, **options)
    variable = tf.Variable(_START, dtype=tf.float32)

    @tf.function(autograph=False, jit_compile=xla)
    def step(gradient):
      optimizer.apply_gradients([(gradient, variable)])

    values = []
    for value, gradient in zip(_RATES, _GRADIENTS):
      rate.assign(value)
      step(tf.constant(gradient, tf.float32))
      values.append(variable.numpy())
    return values

  def test_trajectories(self):
    by_hand = {
      'sgd': _sgd,
      'momentum': _momentum,
      'rmsprop': _rmsprop,
      'adam': _adam,
      'adagrad': _adagrad,
      'adadelta': _adadelta,
      'ftrl': lambda x: _ftrl(x, 0.0, 0.0),
    }
    self.assertCountEqual(optimizers.OPTIMIZERS, by_hand)
    for name, trajectory in by_hand.items():
      for xla in (False, True):
        with self.subTest(name, xla=xla):
          self.assertAllClose(
            list(trajectory(_START)),
            self._trajectory(name, xla),
            rtol=2e-6,
            atol=1e-6,
          )

  def test_ftrl_with_penalties(self):
    self.assertAllClose(
      list(_ftrl(_START, 0.3, 0.7)),
      self._trajectory('ftrl', ftrl_l1=0.3, ftrl_l2=0.7),
      rtol=2e-6,
      atol=1e-6,
    )

  def test_options_arrive(self):
    # After one step from a gradient of 1 at rate 0.1.
    for name, option, value, step in (
      ('adadelta', 'adadelta_rho', 0.5, 0.1 / np.sqrt(1.5)),
      ('adagrad', 'adagrad_initial_accumulator_value', 3.0, 0.05),
      ('adam', 'opt_epsilon', 3.0, 0.1 / (1.0 + 3.0 / np.sqrt(0.001))),
      ('rmsprop', 'opt_epsilon', 3.0, 0.05),
      ('rmsprop', 'rmsprop_decay', 0.5, 0.1 / np.sqrt(2.0)),
    ):
      with self.subTest(name, option=option):
        optimizer = optimizers.make_optimizer(name, 0.1, **{option: value})
        variable = tf.Variable(0.0)
        optimizer.apply_gradients([(tf.constant(1.0), variable)])
        self.assertAllClose(-step, variable.numpy(), rtol=1e-5)

  def test_unknown_optimizer(self):
    with self.assertRaisesRegex(InputError, "'lamb' is unknown.*rmsprop"):
      optimizers.make_optimizer('lamb', 0.1)


class SlotsTest(tf.test.TestCase):
  def _slots(self, name):
    variables = {
      'Net/Conv/weights': tf.Variable([1.0, 2.0]),
      'Net/Conv/biases': tf.Variable([3.0]),
    }
    optimizer = optimizers.make_optimizer(name, 0.1)
    return optimizer, variables, optimizers.slots_by_name(optimizer, variables)

  def test_slims_names(self):
    suffixes = {
      'adadelta': ('Adadelta', 'Adadelta_1'),
      'adagrad': ('Adagrad',),
      'adam': ('Adam', 'Adam_1'),
      'ftrl': ('Ftrl', 'Ftrl_1'),
      'momentum': ('Momentum',),
      'rmsprop': ('RMSProp', 'RMSProp_1'),
      'sgd': (),
    }
    for name, ends in suffixes.items():
      expected = [
        f'{variable}/{end}'
        for end in ends
        for variable in ('Net/Conv/weights', 'Net/Conv/biases')
      ]
      if name == 'adam':
        expected += ['beta1_power', 'beta2_power']
      self.assertCountEqual(expected, self._slots(name)[2])

  def test_names_are_those_of_a_graph(self):
    """What TensorFlow calls the slots in the TF1 style that slim uses."""
    for name in optimizers.OPTIMIZERS:
      optimizer, variables, slots = self._slots(name)
      with tf.Graph().as_default():
        optimizer = optimizers.make_optimizer(name, 0.1)
        made = [
          tf.compat.v1.get_variable(key, variable.shape, use_resource=True)
          for key, variable in variables.items()
        ]
        optimizer.apply_gradients([(tf.ones(v.shape), v) for v in made])
        expected = {v.op.name: v for v in optimizer.variables()}
        self.assertCountEqual(expected, slots)
        for variable in made:
          for slot in optimizer.get_slot_names():
            full = optimizer.get_slot(variable, slot).op.name
            self.assertIn(full, slots)

  def test_rmsprop_and_its_momentum_are_not_swapped(self):
    optimizer, variables, slots = self._slots('rmsprop')
    weights = variables['Net/Conv/weights']
    self.assertAllEqual([1.0, 1.0], slots['Net/Conv/weights/RMSProp'])
    self.assertAllEqual([0.0, 0.0], slots['Net/Conv/weights/RMSProp_1'])
    optimizer.apply_gradients([(tf.constant([2.0, 0.0]), weights)])
    self.assertAllClose([1.3, 0.9], slots['Net/Conv/weights/RMSProp'])
    self.assertAllClose(
      [0.2 / np.sqrt(2.3), 0.0], slots['Net/Conv/weights/RMSProp_1']
    )

  def test_making_slots_again_changes_nothing(self):
    optimizer, variables, slots = self._slots('adam')
    slots['beta1_power'].assign(0.5)
    again = optimizers.slots_by_name(optimizer, variables)
    for name, slot in slots.items():
      self.assertIs(slot, again[name])
    self.assertEqual(0.5, slots['beta1_power'].numpy())


if __name__ == '__main__':
  tf.test.main()
