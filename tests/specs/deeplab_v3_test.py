"""Mobile DeepLabV3 counted: what published code has, and what was printed."""

from absl.testing import absltest
from absl.testing import parameterized

from base.errors import InputError
from specs import cost
from specs import deeplab_v3
from specs import roles

CLASSES = 21


def _count(size=513, **options):
  spec = deeplab_v3.resolve(**options)
  return cost.count(deeplab_v3.convolutions(spec, size, size, CLASSES))


class DeeplabV3Test(parameterized.TestCase):
  # Trainable values of the published code's variables; the paper prints 2.11M
  # and, with full 3x3 convolutions, 4.52M.
  @parameterized.parameters(
    (2_113_557, {}),
    (2_113_557, {'output_stride': 8}),
    (2_568_021, {'atrous_rates': (6, 12, 18)}),
    (
      4_523_541,
      {'atrous_rates': (6, 12, 18), 'aspp_with_separable_conv': False},
    ),
    (697_013, {'depth_multiplier': 0.5}),
  )
  def test_parameters(self, parameters, options):
    self.assertEqual(parameters, _count(**options).trainable)

  def test_multiply_adds(self):
    self.assertEqual(2741, round(_count().multiply_adds / 1e6))
    self.assertEqual(
      867, round(_count(depth_multiplier=0.5).multiply_adds / 1e6)
    )

  def test_multiply_adds_at_six_scales_and_flipped(self):
    """The paper prints 152.6G."""
    sizes = [257, 385, 513, 641, 769, 897]
    total = sum(_count(size, output_stride=8).multiply_adds for size in sizes)
    self.assertEqual(15233, round(2 * total / 1e7))

  def test_half_the_width_is_not_rounded_to_eights(self):
    layers = deeplab_v3.convolutions(deeplab_v3.resolve(0.5), 65, 65, CLASSES)
    widths = {layer.scope: layer.outputs for layer in layers}
    self.assertEqual(12, widths['expanded_conv_1/project'])
    self.assertEqual(72, widths['expanded_conv_2/expand'])
    self.assertEqual(160, widths['expanded_conv_16/project'])
    self.assertEqual(256, widths['aspp0'])
    self.assertNotIn('Conv_1', widths)

  def test_biases_learn_at_twice_the_rate(self):
    """As published; all of the head by a further factor, if it is given."""
    for name, multiplier, of_last_layer in (
      ('logits/semantic/biases', 2.0, 20.0),
      ('logits/semantic/weights', 1.0, 10.0),
      ('concat_projection/weights', 1.0, 10.0),
      ('concat_projection/BatchNorm/beta', 1.0, 10.0),
      ('image_pooling/weights', 1.0, 10.0),
      ('aspp0/weights', 1.0, 10.0),
      ('aspp1_depthwise/depthwise_weights', 1.0, 10.0),
      ('aspp3_pointwise/BatchNorm/gamma', 1.0, 10.0),
      ('MobilenetV2/expanded_conv_16/project/weights', 1.0, 1.0),
    ):
      self.assertEqual(multiplier, roles.gradient_multiplier(name))
      self.assertEqual(of_last_layer, roles.gradient_multiplier(name, 10.0))

  def test_features_have_no_logits(self):
    layers = deeplab_v3.convolutions(deeplab_v3.resolve(), 97, 65, None)
    self.assertEqual('concat_projection', layers[-1].scope)
    self.assertEqual((7, 5), (layers[-1].height, layers[-1].width))

  @parameterized.parameters(
    {'output_stride': 32},
    {'output_stride': None},
    {'depth_multiplier': 0.0},
    {'atrous_rates': [6, 0]},
  )
  def test_what_cannot_be(self, **options):
    with self.assertRaisesRegex(InputError, str(*options)):
      deeplab_v3.resolve(**options)


if __name__ == '__main__':
  absltest.main()
