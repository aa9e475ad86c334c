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

# facts of the published networks: depth_multiplier, trainable parameters and
# millions of multiply-adds at 1001 classes and 224.
MOBILENET_V1 = (
    (1.0, 4_233_001, 568.74),
    (0.75, 2_586_329, 325.40),
    (0.5, 1_332_105, 149.50),
    (0.25, 470_329, 41.03),
)


class SpecsTest(parameterized.TestCase):

  @parameterized.parameters(*MOBILENET_V1)
  def test_mobilenet_v1_counts(self, depth_multiplier, parameters, millions):
    layers = convolutions.mobilenet_v1(specs.mobilenet_v1(depth_multiplier),
                                       224, 224, 1001)
    self.assertEqual(parameters, sum(layer.parameters for layer in layers))
    multiply_adds = sum(layer.multiply_adds for layer in layers)
    self.assertEqual(millions, round(multiply_adds / 1e6, 2))

  def test_mobilenet_v1_depth_is_not_divisible(self):
    layers = specs.mobilenet_v1(0.3)
    self.assertEqual([9, 9, 19], [layer.channels for layer in layers[:3]])
    self.assertEqual(8, specs.mobilenet_v1(0.1)[0].channels)
    self.assertEqual(3, specs.mobilenet_v1(0.1, min_depth=3)[0].channels)

  @parameterized.parameters(
      (8, [(1, 1), (1, 2)] + [(1, 2)] * 4 + [(1, 2), (1, 4)]),
      (16, [(2, 1)] + [(1, 1)] * 5 + [(1, 1), (1, 2)]))
  def test_mobilenet_v1_output_stride(self, output_stride, expected):
    layers = specs.mobilenet_v1(output_stride=output_stride)
    self.assertEqual(expected, [(layer.stride, layer.rate) for layer in layers
                                if layer.is_depthwise][5:])

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
    self.assertFalse(any(block.has_expansion_shortcut for block in blocks))
    self.assertTrue(all(block.linear for block in blocks))

  def test_expansion_shortcuts(self):
    blocks = specs.mobilenet_v2(shortcut='expansion').blocks
    self.assertEqual([3, 5, 6, 8, 9, 10, 12, 13, 15, 16],
                     [number for number, block in enumerate(blocks)
                      if block.has_expansion_shortcut])
    self.assertFalse(any(block.has_shortcut for block in blocks))

  @parameterized.parameters(
      {'shortcut': 'both'}, {'shortcut': True},
      {'bottleneck_activation': 'relu6'})
  def test_unknown_ablations(self, **options):
    with self.assertRaisesRegex(InputError, str(*options.values())):
      specs.mobilenet_v2(**options)

  def test_mobilenet_v1_rows_that_cannot_be(self):
    rows = (specs.Conv(kernel=[3, 1], stride=2, depth=8),)
    with self.assertRaisesRegex(InputError, r'\[3, 1\] is not square'):
      specs.mobilenet_v1(conv_defs=rows)
    with self.assertRaisesRegex(InputError, "'layer_2' is not .* Conv2d_0,"):
      specs.mobilenet_v1(final_endpoint='layer_2')

  @parameterized.parameters(
      {'depth_multiplier': 0.0}, {'depth_multiplier': -1.0},
      {'output_stride': 7}, {'output_stride': 64})
  def test_what_cannot_be(self, **options):
    for resolve in specs.mobilenet_v1, specs.mobilenet_v2:
      with self.assertRaisesRegex(InputError, str(*options.values())):
        resolve(**options)

  def test_stride_of_the_stem_stays(self):
    with self.assertRaisesRegex(InputError, 'output_stride 1 cannot be'):
      specs.mobilenet_v2(output_stride=1)

  def test_layers_until(self):
    self.assertEqual(19, specs.layers_until(None, 19))
    self.assertEqual(7, specs.layers_until('layer_7', 19))
    with self.assertRaisesRegex(InputError, "'layer_20' is not .* layer_19"):
      specs.layers_until('layer_20', 19)


if __name__ == '__main__':
  absltest.main()
