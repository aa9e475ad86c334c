"""Widths, strides and the names of layers, by hand."""

from absl.testing import absltest
from absl.testing import parameterized

from base.errors import InputError
from specs import arithmetic


class ArithmeticTest(parameterized.TestCase):
  @parameterized.parameters(
    (32 * 0.35, 16),  # 11.2 -> 8 would lose more than a tenth
    (24 * 0.35, 8),
    (32 * 1.4, 48),
    (320 * 1.3, 416),
    (3, 8),
    (20, 24),
  )
  def test_make_divisible(self, value, expected):
    self.assertEqual(expected, arithmetic.make_divisible(value))

  def test_layers_until(self):
    self.assertEqual(19, arithmetic.layers_until(None, 19))
    self.assertEqual(7, arithmetic.layers_until('layer_7', 19))
    with self.assertRaisesRegex(InputError, "'layer_20' is not .* layer_19"):
      arithmetic.layers_until('layer_20', 19)

  @parameterized.parameters((0.0,), (-1.0,))
  def test_depth_multipliers_that_cannot_be(self, depth_multiplier):
    with self.assertRaisesRegex(InputError, str(depth_multiplier)):
      arithmetic.check_depth_multiplier(depth_multiplier)

  @parameterized.parameters((7,), (64,), (1,))
  def test_output_strides_that_cannot_be(self, output_stride):
    with self.assertRaisesRegex(InputError, f'output_stride {output_stride} '):
      arithmetic.strides_and_rates([1, 2, 2, 2, 1, 2], output_stride)


if __name__ == '__main__':
  absltest.main()
