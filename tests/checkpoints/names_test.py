"""Names of a classifier's backbone, wherever it stands."""

from absl.testing import absltest
from absl.testing import parameterized

from checkpoints import names
from runtime.model import Model
from tests.helpers import soak


class NamesTest(parameterized.TestCase):
  @parameterized.parameters(
    ('deeplab_v3_mobilenet_v2', 'MobilenetV2/Conv_1/'),
    ('ssdlite_mobilenet_v2', None),
  )
  def test_backbones_are_the_classifiers(self, name, lacking):
    """Of one width all backbones are one, but for what a network leaves out."""
    soak.skip_slow(self, lacking is None)
    classifier = Model('mobilenet_v2', 4, depth_multiplier=1.0).build(32)
    shapes = {
      name: variable.shape
      for name, variable in classifier.variables_by_name.items()
      if '/Logits/' not in name and not (lacking and name.startswith(lacking))
    }
    other = Model(name, 4).build(64)
    found = {
      names.of_backbone(name): variable.shape
      for name, variable in other.variables_by_name.items()
      if names.of_backbone(name)
    }
    self.assertEqual(shapes, found)

  @parameterized.parameters(
    'MobilenetV2/Logits/Conv2d_1c_1x1/weights',
    'FeatureExtractor/MobilenetV2/layer_19_1_Conv2d_2_1x1_256/weights',
    'BoxPredictor_0/ClassPredictor/biases',
    'image_pooling/weights',
    'MobilenetV1/Conv2d_0/weights',
    'global_step',
  )
  def test_not_of_the_backbone(self, name):
    self.assertIsNone(names.of_backbone(name))

  @parameterized.parameters(
    ('a/weights/Momentum', True),
    ('a/weights/ExponentialMovingAverage', True),
    ('a/weights', False),
    ('Global', False),
    ('a/', False),
  )
  def test_slots(self, name, is_slot):
    self.assertEqual(is_slot, names.is_slot(name))


if __name__ == '__main__':
  absltest.main()
