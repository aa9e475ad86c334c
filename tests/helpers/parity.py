"""What tests of two implementations against each other share."""

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from tests.helpers import networks as testing

CLASSES = 11
# The smallest network of each family, for what does not depend on the width.
FAMILIES = testing.smallest_of_families()
# NASNet's graph takes as long as all others': a part where a part will do.
LONGEST = 'nasnet_mobile'


def values(model):
  return {
    name: variable.numpy() for name, variable in model.variables_by_name.items()
  }


def assign(model, values):
  for name, value in values.items():
    model.variables_by_name[name].assign(value)


class TestCase(parameterized.TestCase, tf.test.TestCase):
  """Compares outputs, end points and gradients."""

  def assert_close(self, actual, expected, tolerance, what=None):
    self.assertGreater(np.abs(expected).max(), 0.01, 'too small to compare')
    self.assertLessEqual(testing.deviation(actual, expected), tolerance, what)

  def assert_all_close(self, actual, expected, tolerance):
    """Compares two (output, end_points)."""
    self.assertEqual(list(expected[1]), list(actual[1]))
    self.assert_close(actual[0], expected[0], tolerance, 'output')
    for key, point in expected[1].items():
      self.assert_close(actual[1][key], point, tolerance, key)

  def assert_gradients_close(self, actual, expected, tolerance):
    """Compares each variable's gradient against the norm of all."""
    norm = testing.global_norm(expected)
    self.assertGreater(norm, 0.1, 'too small to compare')
    self.assertEqual(set(expected), set(actual))
    for name, gradient in expected.items():
      difference = np.linalg.norm(actual[name] - gradient)
      self.assertLessEqual(difference, tolerance * norm, name)
