"""What follows from the names of variables."""

from absl.testing import absltest

from specs import networks
from specs import roles


class NetworksTest(absltest.TestCase):
  def test_what_decays(self):
    scope = 'MobilenetV2/expanded_conv_1/'
    self.assertTrue(roles.decays(scope + 'expand/weights'))
    self.assertTrue(roles.decays('Logits/Conv2d_1c_1x1/weights'))
    for name in (
      'depthwise/depthwise_weights',
      'expand/BatchNorm/gamma',
      'expand/biases',
      'expand/weights/RMSProp',
      'weights/x',
    ):
      self.assertFalse(roles.decays(scope + name))

  def test_depthwise_weights_that_decay(self):
    for scope, expected in (
      ('nasnet/separable_3x3', True),
      ('BoxPredictor_0/ClassPredictor_depthwise', True),
      ('BoxPredictor_0/BoxEncodingPredictor_depthwise', True),
      ('MobilenetV2/layer_19_2_Conv2d_2_3x3_s2_512_depthwise', True),
      ('MobilenetV1/Conv2d_1_depthwise', False),
      ('FeatureExtractor/MobilenetV2/expanded_conv_1/depthwise', False),
    ):
      name = f'{scope}/depthwise_weights'
      self.assertEqual(expected, roles.decays(name), name)

  def test_what_makes_logits(self):
    for name, expected in (
      ('MobilenetV2/Logits/Conv2d_1c_1x1/weights', True),
      ('MobilenetV3/Logits/biases', True),
      ('final_layer/FC/biases', True),
      ('aux_logits/FC/weights', True),
      ('logits/semantic/weights', True),
      ('BoxPredictor_0/ClassPredictor/biases', True),
      ('BoxPredictor_5/BoxEncodingPredictor/weights', True),
      ('BoxPredictor_1/ClassPredictor_depthwise/depthwise_weights', True),
      ('MobilenetV2/Conv_1/weights', False),
      ('FeatureExtractor/MobilenetV2/Conv_1/weights', False),
      (
        'FeatureExtractor/MobilenetV2/layer_19_2_Conv2d_2_3x3_s2_512/weights',
        False,
      ),
      ('concat_projection/weights', False),
      ('MobilenetV2/MyLogits/weights', False),
    ):
      self.assertEqual(expected, roles.is_head(name), name)

  def test_classes_of_a_layer_of_logits(self):
    """SSDLite's for COCO: 81 outputs of 3 and 6 anchors, one a background."""
    for name, channels, expected in (
      ('BoxPredictor_0/ClassPredictor/weights', 3 * 81, 80),
      ('BoxPredictor_0/ClassPredictor/biases', 3 * 81, 80),
      ('BoxPredictor_1/ClassPredictor/biases', 6 * 81, 80),
      ('BoxPredictor_5/ClassPredictor/biases', 6 * 91, 90),
      ('BoxPredictor_5/ClassPredictor/biases', 6 * 2, 1),
      ('BoxPredictor_0/BoxEncodingPredictor/biases', 3 * 4, None),
      ('BoxPredictor_0/ClassPredictor_depthwise/BatchNorm/beta', 576, None),
      ('logits/semantic/biases', 21, 21),
      ('MobilenetV2/Logits/Conv2d_1c_1x1/biases', 1001, 1001),
      ('MobilenetV2/Conv_1/weights', 1280, None),
    ):
      self.assertEqual(expected, roles.count_classes(name, channels), name)

  def test_auxiliary_heads(self):
    """Of NASNet, as its cells say, and of no other."""
    with_head = {
      name
      for name, network in networks.ALL.items()
      if network.family.has_auxiliary_head
    }
    self.assertEqual({'nasnet_mobile'}, with_head)
    cells = networks.module_of('nasnet_mobile', 'specs').resolve().cells
    self.assertTrue(any(cell.auxiliary_scope for cell in cells))


if __name__ == '__main__':
  absltest.main()
