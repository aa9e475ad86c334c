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


if __name__ == '__main__':
  absltest.main()
