"""NASNet's counts, auxiliary head, drop path, half precision."""

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from errors import InputError
from nets import convolutions
from nets import nasnet_specs
from nets import nets_factory
from tests import golden_rule
from tests import testing
from training.model import Model


class NasnetTest(parameterized.TestCase, tf.test.TestCase):

  def test_published_counts(self):
    def count(quantity, num_classes):
      return sum(getattr(layer, quantity) for layer
                 in convolutions.nasnet_mobile(nasnet_specs.nasnet_mobile(),
                                               224, 224, num_classes))
    self.assertEqual(5_289_978, count('parameters', 1000))
    self.assertEqual(5_291_035, count('parameters', 1001))
    self.assertEqual(563.64, round(count('multiply_adds', 1000) / 1e6, 2))

  def test_last_endpoints(self):
    net = nasnet_specs.nasnet_mobile()
    for name in (None, 'Stem', 'Cell_11', 'Reduction_Cell_1', 'global_pool'):
      nasnet_specs.check_final_endpoint(name, net)
    with self.assertRaisesRegex(InputError, "'Cell_12' is not one of Stem,"):
      nasnet_specs.check_final_endpoint('Cell_12', net)

  @parameterized.parameters(*nets_factory.IMPLEMENTATIONS)
  def test_auxiliary_head_of_small_images(self, implementation):
    for size, kernel in ((32, [1, 1]), (160, [2, 2])):
      model = Model('nasnet_mobile', 3, implementation)
      function = tf.function(model, autograph=False).get_concrete_function(
          tf.TensorSpec([2, size, size, 3]), is_training=True)
      _, end_points = function.structured_outputs
      self.assertEqual([2, 3], end_points['AuxLogits'].shape.as_list())
      name = 'aux_7/aux_logits/Conv/weights'
      self.assertEqual(kernel + [128, 768],
                       model.variables_by_name[name].shape.as_list())

  @parameterized.parameters(*nets_factory.IMPLEMENTATIONS)
  def test_drop_path(self, implementation):
    """It makes logits of equal images differ, in training only."""
    model = testing.ruled_model('nasnet_mobile', 7, implementation,
                                image_size=64, dropout_keep_prob=1.0)
    images = np.repeat(golden_rule.images(1, 64, 64), 8, axis=0)
    @tf.function(autograph=False)
    def spread(is_training, keep_prob):
      logits, _ = model(images, is_training, drop_path_keep_prob=keep_prob)
      return tf.reduce_max(tf.math.reduce_std(logits, 0) / tf.norm(logits))
    self.assertGreater(spread(True, 0.7), 0.01)
    self.assertLess(spread(True, 1.0), 1e-5)
    self.assertLess(spread(False, 0.7), 1e-5)


if __name__ == '__main__':
  tf.test.main()
