"""The arithmetic of ShuffleNetV1's table."""

from absl.testing import absltest
from absl.testing import parameterized

from base.errors import InputError
from specs import shufflenet_v1

# groups, millions of multiply-adds: table 1 of the paper.
COMPLEXITY = ((1, 143), (2, 140), (3, 137), (4, 133), (8, 137))


class ShufflenetV1Test(parameterized.TestCase):
  @parameterized.parameters(*COMPLEXITY)
  def test_complexity_of_groups(self, groups, millions):
    counted = shufflenet_v1.convolutions(
      shufflenet_v1.resolve(groups=groups), 224, 224, 1000
    )
    multiply_adds = sum(layer.multiply_adds for layer in counted)
    self.assertAlmostEqual(millions, multiply_adds / 1e6, delta=2)

  def test_channels(self):
    def channels(*arguments):
      net = shufflenet_v1.resolve(*arguments)
      last = {unit.scope.split('/')[0]: unit.channels for unit in net.units}
      return [net.stem_channels, *last.values()]

    self.assertEqual([12, 120, 240, 480], channels(0.5))
    self.assertEqual([24, 240, 480, 960], channels(1.0))
    self.assertEqual([24, 360, 720, 1440], channels(1.5))
    self.assertEqual([48, 480, 960, 1920], channels(2.0))
    self.assertEqual([16, 192, 384, 768], channels(0.5, 8))

  @parameterized.parameters(
    (0.75, 3, 'no depth_multiplier 0.75; there are 0.5, 1.0, 1.5, 2.0'),
    (1.0, 5, 'no groups 5; there are 1, 2, 3, 4, 8'),
    (0.5, 4, 'do not divide the 34 bottleneck channels'),
  )
  def test_what_cannot_be(self, depth_multiplier, groups, message):
    with self.assertRaisesRegex(InputError, message):
      shufflenet_v1.resolve(depth_multiplier, groups)


if __name__ == '__main__':
  absltest.main()
