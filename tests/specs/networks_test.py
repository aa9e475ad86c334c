"""Which variables decay."""

from absl.testing import absltest

from specs import networks


class NetworksTest(absltest.TestCase):
  def test_what_decays(self):
    scope = 'MobilenetV2/expanded_conv_1/'
    self.assertTrue(networks.decays(scope + 'expand/weights'))
    self.assertTrue(networks.decays('Logits/Conv2d_1c_1x1/weights'))
    for name in (
      'depthwise/depthwise_weights',
      'expand/BatchNorm/gamma',
      'expand/biases',
      'expand/weights/RMSProp',
      'weights/x',
    ):
      self.assertFalse(networks.decays(scope + name))

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
      self.assertEqual(expected, networks.decays(name), name)


if __name__ == '__main__':
  absltest.main()
