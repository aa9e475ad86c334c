"""SSDLite's table: what it costs, and where its anchors are."""

from absl.testing import absltest
from absl.testing import parameterized

from base.errors import InputError
from specs import cost
from specs import ssdlite


class SsdliteTest(parameterized.TestCase):
  @parameterized.parameters(
    # (width, image size, classes, parameters, millions of multiply-adds), as
    # counted in the published code; its paper has 4.3M and 0.8G.
    (1.0, 320, 80, 4_337_013, 788.8),
    (1.0, 300, 80, 4_337_013, 734.6),
    (1.0, 320, 90, 4_500_543, 804.4),
    (1.0, 300, 90, 4_500_543, 749.5),
    (0.5, 300, 7, 884_780, None),
  )
  def test_cost(self, width, size, num_classes, parameters, multiply_adds):
    spec = ssdlite.resolve(width)
    counted = cost.count(ssdlite.convolutions(spec, size, size, num_classes))
    self.assertEqual(parameters, counted.trainable)
    if multiply_adds:
      self.assertEqual(multiply_adds, round(counted.multiply_adds / 1e6, 1))

  def test_extras_and_heads(self):
    layers = [
      layer
      for layer in ssdlite.convolutions(ssdlite.resolve(), 320, 320, 80)
      if 'layer_19' in layer.scope or 'BoxPredictor' in layer.scope
    ]
    self.assertLen(layers, 4 * 3 + 6 * 4)
    counted = cost.count(layers)
    self.assertEqual(2_113_141, counted.trainable)
    self.assertEqual(177.6, round(counted.multiply_adds / 1e6, 1))

  def test_feature_maps(self):
    self.assertEqual(
      tuple((size, size) for size in (19, 10, 5, 3, 2, 1)),
      ssdlite.feature_map_sizes(300, 300),
    )
    self.assertEqual(
      ((20, 5), (10, 3), (5, 2), (3, 1), (2, 1), (1, 1)),
      ssdlite.feature_map_sizes(320, 65),
    )

  def test_anchors(self):
    self.assertEqual(
      [3, 6, 6, 6, 6, 6], [len(shapes) for shapes in ssdlite.ANCHOR_SHAPES]
    )
    self.assertEqual(
      ((0.1, 1.0), (0.2, 2.0), (0.2, 0.5)), ssdlite.ANCHOR_SHAPES[0]
    )
    second = ssdlite.ANCHOR_SHAPES[1]
    self.assertEqual([0.35] * 5, [shape.scale for shape in second[:5]])
    self.assertEqual(
      [1.0, 2.0, 0.5, 3.0, 0.3333, 1.0],
      [shape.aspect_ratio for shape in second],
    )
    self.assertAlmostEqual((0.35 * 0.5) ** 0.5, second[5].scale)
    last = ssdlite.ANCHOR_SHAPES[5]
    self.assertEqual(0.95, last[0].scale)
    self.assertAlmostEqual(0.95**0.5, last[5].scale)

  def test_width_reaches_everything(self):
    spec = ssdlite.resolve(0.5)
    self.assertEqual(640, spec.backbone.last_channels)
    self.assertEqual(16, spec.backbone.blocks[0].channels)
    self.assertEqual(
      (128, 256, 'layer_19_2_Conv2d_2_3x3_s2_256'),
      (spec.extras[0].squeezed, spec.extras[0].channels, spec.extras[0].scope),
    )
    self.assertEqual(
      [288, 640, 256, 128, 128, 64], [head.inputs for head in spec.heads]
    )

  def test_least_width(self):
    spec = ssdlite.resolve(0.1)
    self.assertEqual([16] * 3, [extra.squeezed for extra in spec.extras[1:]])
    self.assertEqual('layer_19_1_Conv2d_5_1x1_16', spec.extras[3].squeeze_scope)

  def test_what_cannot_be(self):
    with self.assertRaisesRegex(InputError, 'depth_multiplier'):
      ssdlite.resolve(0.0)


if __name__ == '__main__':
  absltest.main()
