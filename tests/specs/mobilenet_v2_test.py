"""The arithmetic of MobileNetV2's table."""

from absl.testing import absltest
from absl.testing import parameterized

from base.errors import InputError
from specs import mobilenet_v2


class MobilenetV2Test(parameterized.TestCase):
  def test_last_layer(self):
    self.assertEqual(448, mobilenet_v2.resolve(0.35).last_channels)
    self.assertEqual(1280, mobilenet_v2.resolve(0.35, True).last_channels)
    self.assertEqual(1792, mobilenet_v2.resolve(1.4, True).last_channels)

  def test_output_stride_16(self):
    blocks = mobilenet_v2.resolve(output_stride=16).blocks
    self.assertEqual(
      [(1, 1)] + [(1, 2)] * 3,
      [(block.stride, block.rate) for block in blocks[13:]],
    )
    self.assertEqual({1}, {block.rate for block in blocks[:13]})

  def test_output_stride_8(self):
    blocks = mobilenet_v2.resolve(output_stride=8).blocks
    self.assertEqual(
      [(1, 1)] + [(1, 2)] * 7 + [(1, 4)] * 3,
      [(block.stride, block.rate) for block in blocks[6:]],
    )

  def test_shortcuts(self):
    blocks = mobilenet_v2.resolve().blocks
    self.assertEqual(
      [2, 4, 5, 7, 8, 9, 11, 12, 14, 15],
      [number for number, block in enumerate(blocks) if block.has_shortcut],
    )
    self.assertFalse(any(block.has_expansion_shortcut for block in blocks))
    self.assertTrue(all(block.linear for block in blocks))

  def test_expansion_shortcuts(self):
    blocks = mobilenet_v2.resolve(shortcut='expansion').blocks
    self.assertEqual(
      [3, 5, 6, 8, 9, 10, 12, 13, 15, 16],
      [
        number
        for number, block in enumerate(blocks)
        if block.has_expansion_shortcut
      ],
    )
    self.assertFalse(any(block.has_shortcut for block in blocks))

  @parameterized.parameters(
    {'shortcut': 'both'}, {'shortcut': True}, {'bottleneck_activation': 'relu6'}
  )
  def test_unknown_ablations(self, **options):
    with self.assertRaisesRegex(InputError, str(*options.values())):
      mobilenet_v2.resolve(**options)

  @parameterized.parameters(
    {'depth_multiplier': 0.0},
    {'depth_multiplier': -1.0},
    {'output_stride': 7},
    {'output_stride': 64},
  )
  def test_what_cannot_be(self, **options):
    with self.assertRaisesRegex(InputError, str(*options.values())):
      mobilenet_v2.resolve(**options)

  def test_stride_of_the_stem_stays(self):
    with self.assertRaisesRegex(InputError, 'output_stride 1 cannot be'):
      mobilenet_v2.resolve(output_stride=1)


if __name__ == '__main__':
  absltest.main()
