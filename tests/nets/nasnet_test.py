"""NASNet's auxiliary head, drop path, half precision."""

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from fast import layout
from fast import nasnet as fast_nasnet
from nets.nasnet import nasnet
from specs import networks
from tests.helpers import golden_rule
from tests.helpers import networks as testing


class NasnetTest(parameterized.TestCase, tf.test.TestCase):
  def test_auxiliary_head(self):
    """Of maps of 14x14, as published, and of those of small images.

    That the network has it in training, under aux_7, is in parity_test.py.
    """
    for size, kernel in ((14, 4), (10, 2), (2, 1)):
      for data_format in (None, *networks.DATA_FORMATS):
        with tf.Graph().as_default():
          net = tf.zeros([2, size, size, 8])
          if data_format:
            setup = layout.Setup(data_format=data_format)
            logits = fast_nasnet._auxiliary_logits(
              layout.from_nhwc(net, setup), 3, setup
            )
          else:
            logits = nasnet._auxiliary_logits(net, 3)
          shapes = {
            variable.op.name: variable.shape.as_list()
            for variable in tf.compat.v1.trainable_variables()
          }
        self.assertEqual([2, 3], logits.shape.as_list())
        self.assertEqual(
          [kernel, kernel, 128, 768], shapes['aux_logits/Conv/weights']
        )

  @parameterized.parameters(*networks.IMPLEMENTATIONS)
  def test_drop_path(self, implementation):
    """It makes features of equal images differ, in training only.

    Where it keeps all, parity_test.py holds the two to the same values.
    """
    model = testing.RuledModel(
      'nasnet_mobile',
      7,
      implementation,
      final_endpoint='Cell_0',
      drop_path_keep_prob=0.5,
    )
    images = np.repeat(golden_rule.images(1, 64, 64), 8, axis=0)

    def spread(is_training):
      net, _ = testing.run_eagerly(model, images, is_training)
      return np.std(net, axis=0).max() / np.abs(net).max()

    self.assertGreater(spread(True), 0.01)
    self.assertLess(spread(False), 1e-5)


if __name__ == '__main__':
  tf.test.main()
