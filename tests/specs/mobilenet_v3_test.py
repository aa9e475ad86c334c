"""The arithmetic of MobileNetV3's tables."""

from absl.testing import absltest
from absl.testing import parameterized

from base.errors import InputError
from specs import mobilenet_v3
from specs.mobilenet_v3 import V3_LARGE
from specs.mobilenet_v3 import V3_SMALL


def _small(*arguments, **options):
  return mobilenet_v3.resolve(*arguments, conv_defs=V3_SMALL, **options)


class MobilenetV3Test(parameterized.TestCase):
  def test_printed_expansions(self):
    """Tables 1 and 2 of the paper, column 'exp size'."""
    for table, printed in (
      (V3_LARGE, '16 64 72 72 120 120 240 200 184 184 480 672 672 960 960'),
      (V3_SMALL, '16 72 88 96 240 240 120 144 288 576 576'),
    ):
      blocks = mobilenet_v3.resolve(conv_defs=table).blocks
      self.assertEqual(
        [int(channels) for channels in printed.split()],
        [block.expanded for block in blocks],
      )
      self.assertEqual([False], [block.expands for block in blocks[:1]])
      self.assertTrue(all(block.expands for block in blocks[1:]))

  def test_squeezed_to_a_quarter(self):
    # 16 / 4 rises to 8; 72 / 4 = 18 to 24, as 16 would be below 0.9 of it.
    self.assertEqual(
      [8, 0, 0, 24, 64, 64, 32, 40, 72, 144, 144],
      [block.squeezed for block in _small().blocks],
    )
    self.assertEqual(24, mobilenet_v3.resolve().blocks[3].squeezed)

  def test_widths(self):
    spec = _small(0.75, True)
    self.assertEqual(
      [16, 24, 24, 32, 32, 32, 40, 40, 72, 72, 72],  # 12 -> 16, 18 -> 24
      [block.channels for block in spec.blocks],
    )
    self.assertEqual((16, 432, 1024), (spec[0], *spec[2:]))
    self.assertEqual(768, _small(0.75).feature_channels)
    self.assertEqual(1024, _small(1.4, True).feature_channels)

  def test_layers(self):
    self.assertEqual((17, 19), self._layers(V3_LARGE))
    self.assertEqual((13, 15), self._layers(V3_SMALL))

  def _layers(self, table):
    spec = mobilenet_v3.resolve(conv_defs=table)
    return spec.num_maps, spec.num_layers

  def test_shortcuts(self):
    """Where neither size nor channels change: not at 3, whose stride is 2."""
    for output_stride in (None, 16):
      blocks = _small(output_stride=output_stride).blocks
      self.assertEqual(
        [2, 4, 5, 7, 9, 10],
        [number for number, block in enumerate(blocks) if block.has_shortcut],
      )

  def test_output_stride(self):
    self.assertEqual(
      [(2, 1), (2, 1), (1, 1)] + [(1, 1)] + [(1, 2)] * 5 + [(1, 4)] * 2,
      [(block.stride, block.rate) for block in _small(output_stride=8).blocks],
    )

  def test_squeeze_excite_is_counted(self):
    first = mobilenet_v3.convolutions(_small(), 64, 64, 10)[1:5]
    self.assertEqual(
      ['depthwise', 'squeeze_excite/Conv', 'squeeze_excite/Conv_1', 'project'],
      [layer.scope.removeprefix('expanded_conv/') for layer in first],
    )
    # 16 channels to 8 and back, once an image, with biases; 16x16x16 wait.
    _, down, up, project = first
    self.assertEqual((128 + 8, 128 + 16), (down.parameters, up.parameters))
    self.assertEqual((128, 128), (down.multiply_adds, up.multiply_adds))
    self.assertEqual(16**3 + 16 + 8, down.activations)
    self.assertEqual(0, project.waiting)

  @parameterized.parameters(
    {'depth_multiplier': 0.0},
    {'depth_multiplier': -1.0},
    {'output_stride': 7},
    {'output_stride': 64},
  )
  def test_what_cannot_be(self, **options):
    with self.assertRaisesRegex(InputError, str(*options.values())):
      mobilenet_v3.resolve(**options)


if __name__ == '__main__':
  absltest.main()
