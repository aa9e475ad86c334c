"""The tables' arithmetic against published numbers."""

from absl.testing import absltest
from absl.testing import parameterized

from errors import InputError
from nets import convolutions
from nets import specs

# facts of the published networks: depth_multiplier, trainable parameters at
# 1001 classes, at 1000, and millions of multiply-adds at 1000 classes by size.
MOBILENET_V2 = (
    (1.4, 6_110_569, 6_108_776, {224: 582.20}),
    (1.3, 5_388_457, 5_386_792, {224: 509.37}),
    (1.0, 3_506_153, 3_504_872,
     {224: 300.77, 192: 221.32, 160: 154.08, 128: 99.07, 96: 56.29}),
    (0.75, 2_637_705, 2_636_424,
     {224: 209.07, 192: 153.94, 160: 107.30, 128: 69.13, 96: 39.45}),
    (0.5, 1_969_961, 1_968_680,
     {224: 97.13, 192: 71.70, 160: 50.18, 128: 32.58, 96: 18.89}),
    (0.35, 1_678_409, 1_677_128,
     {224: 59.29, 192: 43.90, 160: 30.87, 128: 20.22, 96: 11.93}),
)


class SpecsTest(parameterized.TestCase):

  @parameterized.parameters(*MOBILENET_V2)
  def test_mobilenet_v2_counts(self, depth_multiplier, with_background,
                               parameters, multiply_adds):
    net = specs.mobilenet_v2(depth_multiplier, finegrain=True)
    def count(quantity, size=224, num_classes=1000):
      return sum(getattr(layer, quantity) for layer in
                 convolutions.mobilenet_v2(net, size, size, num_classes))
    self.assertEqual(with_background, count('parameters', num_classes=1001))
    self.assertEqual(parameters, count('parameters'))
    for size, millions in multiply_adds.items():
      self.assertEqual(millions, round(count('multiply_adds', size) / 1e6, 2))

  @parameterized.parameters(
      (32 * 0.35, 16),  # 11.2 -> 8 would lose more than a tenth
      (24 * 0.35, 8), (32 * 1.4, 48), (320 * 1.3, 416), (3, 8), (20, 24))
  def test_make_divisible(self, value, expected):
    self.assertEqual(expected, specs.make_divisible(value))

  def test_last_layer(self):
    self.assertEqual(448, specs.mobilenet_v2(0.35).last_channels)
    self.assertEqual(1280, specs.mobilenet_v2(0.35, True).last_channels)
    self.assertEqual(1792, specs.mobilenet_v2(1.4, True).last_channels)

  def test_output_stride_16(self):
    blocks = specs.mobilenet_v2(output_stride=16).blocks
    self.assertEqual([(1, 1)] + [(1, 2)] * 3,
                     [(block.stride, block.rate) for block in blocks[13:]])
    self.assertEqual({1}, {block.rate for block in blocks[:13]})

  def test_output_stride_8(self):
    blocks = specs.mobilenet_v2(output_stride=8).blocks
    self.assertEqual([(1, 1)] + [(1, 2)] * 7 + [(1, 4)] * 3,
                     [(block.stride, block.rate) for block in blocks[6:]])

  def test_shortcuts(self):
    blocks = specs.mobilenet_v2().blocks
    self.assertEqual([2, 4, 5, 7, 8, 9, 11, 12, 14, 15],
                     [number for number, block in enumerate(blocks)
                      if block.has_shortcut])

  @parameterized.parameters(
      {'depth_multiplier': 0.0}, {'depth_multiplier': -1.0},
      {'output_stride': 7}, {'output_stride': 64}, {'output_stride': 1})
  def test_what_cannot_be(self, **options):
    with self.assertRaisesRegex(InputError, str(*options.values())):
      specs.mobilenet_v2(**options)

  def test_layers_until(self):
    self.assertEqual(19, specs.layers_until(None, 19))
    self.assertEqual(7, specs.layers_until('layer_7', 19))
    with self.assertRaisesRegex(InputError, "'layer_20' is not .* layer_19"):
      specs.layers_until('layer_20', 19)


if __name__ == '__main__':
  absltest.main()
