"""The arithmetic of MobileNetV1's table."""

from absl.testing import absltest
from absl.testing import parameterized

from base.errors import InputError
from specs import mobilenet_v1


class MobilenetV1Test(parameterized.TestCase):
  def test_depth_is_not_divisible(self):
    layers = mobilenet_v1.resolve(0.3)
    self.assertEqual([9, 9, 19], [layer.channels for layer in layers[:3]])
    self.assertEqual(8, mobilenet_v1.resolve(0.1)[0].channels)
    self.assertEqual(3, mobilenet_v1.resolve(0.1, min_depth=3)[0].channels)

  @parameterized.parameters(
    (8, [(1, 1), (1, 2)] + [(1, 2)] * 4 + [(1, 2), (1, 4)]),
    (16, [(2, 1)] + [(1, 1)] * 5 + [(1, 1), (1, 2)]),
  )
  def test_output_stride(self, output_stride, expected):
    layers = mobilenet_v1.resolve(output_stride=output_stride)
    self.assertEqual(
      expected,
      [(layer.stride, layer.rate) for layer in layers if layer.is_depthwise][
        5:
      ],
    )

  def test_rows_that_cannot_be(self):
    rows = (mobilenet_v1.Conv(kernel=[3, 1], stride=2, depth=8),)
    with self.assertRaisesRegex(InputError, r'\[3, 1\] is not square'):
      mobilenet_v1.resolve(conv_defs=rows)
    with self.assertRaisesRegex(InputError, "'layer_2' is not .* Conv2d_0,"):
      mobilenet_v1.resolve(final_endpoint='layer_2')

  @parameterized.parameters(
    {'depth_multiplier': 0.0},
    {'depth_multiplier': -1.0},
    {'output_stride': 7},
    {'output_stride': 64},
  )
  def test_what_cannot_be(self, **options):
    with self.assertRaisesRegex(InputError, str(*options.values())):
      mobilenet_v1.resolve(**options)


if __name__ == '__main__':
  absltest.main()
