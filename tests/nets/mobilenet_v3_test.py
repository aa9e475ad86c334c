"""What MobileNetV3 has of its own: two tables, pooled layers, h-swish."""

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from fast import mobilenet_v3 as fast_mobilenet_v3
from nets.mobilenet import mobilenet_v3
from nets.tf_slim_compat import slim
from specs import networks
from specs import roles
from specs.mobilenet_v3 import Row
from specs.mobilenet_v3 import Table
from tests.helpers import golden_rule
from tests.helpers import networks as testing
from tests.helpers import soak

tf1 = tf.compat.v1


class MobilenetV3Test(parameterized.TestCase, tf.test.TestCase):
  @soak.slow
  def test_slims_functions(self):
    for function, last in ((mobilenet_v3.large, 19), (mobilenet_v3.small, 15)):
      self.assertEqual(224, function.default_image_size)
      with (
        tf.Graph().as_default(),
        slim.arg_scope(mobilenet_v3.training_scope(is_training=True)),
      ):
        logits, end_points = function(tf.zeros([2, 32, 32, 3]), num_classes=7)
        self.assertEqual([2, 7], logits.shape.as_list())
        self.assertIn(f'layer_{last}', end_points)
        self.assertNotIn(f'layer_{last + 1}', end_points)
        self.assertNotEmpty(tf1.get_collection(tf1.GraphKeys.UPDATE_OPS))
        self.assertLen(
          tf1.losses.get_regularization_losses(),
          sum(
            roles.decays(variable.op.name)
            for variable in slim.get_model_variables()
          ),
        )
    for module in (mobilenet_v3, fast_mobilenet_v3):
      with tf.Graph().as_default():  # large without conv_defs
        net, _ = module.mobilenet_base(tf.zeros([2, 32, 32, 3]))
        self.assertEqual([2, 1, 1, 1280], net.shape.as_list())

  @parameterized.parameters(
    ('layer_1', (2, 32, 48, 16)),
    ('layer_5', (2, 4, 6, 40)),
    ('layer_12', (2, 2, 3, 96)),
    ('layer_13', (2, 2, 3, 576)),
    ('layer_14', (2, 1, 1, 576)),
    ('layer_15', (2, 1, 1, 1024)),
  )
  def test_final_endpoint(self, final_endpoint, shape):
    """The same in both implementations, with the logits and without."""
    images = golden_rule.images(2, 64, 96)
    for base_only in (False, True):
      options = {'final_endpoint': final_endpoint, 'base_only': base_only}
      slims, fasts = (
        testing.run_eagerly(
          testing.RuledModel('mobilenet_v3_small', 11, *how, **options, **more),
          images,
        )
        for how, more in ((['slim'], {}), (['fast'], {'data_format': 'NCHW'}))
      )
      self.assertEqual(shape if base_only else (2, 11), slims[0].shape)
      self.assertEqual(shape, slims[1][final_endpoint].shape)
      self.assertEqual(list(slims[1]), list(fasts[1]))
      self.assertLess(testing.deviation(fasts[0], slims[0]), 1e-4)
      for key, point in slims[1].items():
        self.assertLess(testing.deviation(fasts[1][key], point), 1e-4, key)

  @parameterized.product(
    data_format=networks.DATA_FORMATS, compute_dtype=networks.COMPUTE_DTYPES
  )
  def test_h_swish(self, data_format, compute_dtype):
    """x * ReLU6(x + 3) / 6, of any x that the precision can hold."""
    if not testing.is_computed(tf.as_dtype(compute_dtype), data_format):
      self.skipTest('This CPU does not run it without XLA.')
    model = testing.ruled_model(
      'mobilenet_v3_small',
      11,
      'fast',
      data_format=data_format,
      compute_dtype=tf.as_dtype(compute_dtype),
      final_endpoint='layer_1',
      base_only=True,
      image_size=32,
    )
    x = np.array([-4e4, -5, -3, -2.5, -2, -1.5, -1, -0.5, 0, 1, 2, 2.5, 3])
    x = np.concatenate([x, [7, 1000, 4e4]])
    scope = 'MobilenetV3/Conv/BatchNorm'
    model.variables_by_name[f'{scope}/gamma'].assign(tf.zeros([16]))
    model.variables_by_name[f'{scope}/beta'].assign(x)
    # Eagerly: no graph's optimizer puts the factors into another order.
    net, _ = model(tf.constant(golden_rule.images(1, 32, 32)))
    net = tf.cast(net, tf.float32)
    self.assertAllClose(
      x * np.clip(x + 3, 0, 6) / 6,
      net[0, 5, 5],
      rtol=4 * {'float16': 2**-11, 'bfloat16': 2**-8}.get(compute_dtype, 1e-6),
      atol=1e-7,
    )

  def test_rows_of_ones_own(self):
    rows = (
      Row(3, 1, 16, True, 'RE', 1),
      Row(5, 2, 16, False, 'HS', 1),
      Row(5, 2, 24, True, 'HS', 2),
    )
    with tf.Graph().as_default():
      for scope, module in (('a', mobilenet_v3), ('b', fast_mobilenet_v3)):
        _, end_points = module.mobilenet(
          tf.zeros([1, 32, 32, 3]), 3, 2.0, scope, Table(rows, 40, 48)
        )
        self.assertEqual([1, 8, 8, 48], end_points['layer_4'].shape.as_list())
        self.assertEqual([1, 1, 1, 96], end_points['layer_7'].shape.as_list())


if __name__ == '__main__':
  tf.test.main()
