"""MobileNetV1's public functions, as users of slim call them."""

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from fast import mobilenet_v1 as fast_mobilenet_v1
from nets import mobilenet_v1
from nets import nets_factory
from nets.tf_slim_compat import slim
from runtime.model import Model
from tests.helpers import golden_rule
from tests.helpers import networks as testing

tf1 = tf.compat.v1

MODULES = {'slim': mobilenet_v1, 'fast': fast_mobilenet_v1}
ROWS = (
  mobilenet_v1.Conv(kernel=[5, 5], stride=2, depth=8),
  mobilenet_v1.DepthSepConv(kernel=[3, 3], stride=2, depth=16),
  mobilenet_v1.Conv(kernel=[3, 3], stride=2, depth=24),
  mobilenet_v1.DepthSepConv(kernel=[5, 5], stride=1, depth=32),
)


class MobilenetV1Test(parameterized.TestCase, tf.test.TestCase):
  @parameterized.parameters(*nets_factory.IMPLEMENTATIONS)
  def test_window_of_the_pooling(self, implementation):
    """7x7 at stride 2, less on a smaller map: slim's AvgPool_1a."""
    model = testing.RuledModel(
      'mobilenet_v1_025',
      3,
      implementation,
      global_pool=False,
      spatial_squeeze=False,
    )
    for size, map_size in ((64, 1), (224, 1), (288, 2)):
      logits, points = testing.run_eagerly(
        model, golden_rule.images(1, size, size)
      )
      self.assertEqual((1, map_size, map_size, 3), logits.shape)
      self.assertEqual((1, map_size, map_size, 256), points['AvgPool_1a'].shape)
      self.assertNotIn('global_pool', points)
      window = points['Conv2d_13_pointwise'][:, :7, :7].mean((1, 2))
      self.assertAllClose(window, points['AvgPool_1a'][:, 0, 0], rtol=1e-4)

  def test_rows_of_ones_own(self):
    images = golden_rule.images(2, 33, 48)
    for options in (
      {},
      {'output_stride': 2},
      {'output_stride': 4},
      {'output_stride': 4, 'use_explicit_padding': True},
    ):
      models = {
        implementation: testing.RuledModel(
          'mobilenet_v1', 3, implementation, conv_defs=ROWS, **options
        )
        for implementation in nets_factory.IMPLEMENTATIONS
      }
      expected, points = testing.run_eagerly(models['slim'], images)
      stride = options.get('output_stride', 8)
      self.assertEqual(
        (2, -(-33 // stride), 48 // stride, 32),
        points['Conv2d_3_pointwise'].shape,
      )
      logits, _ = testing.run_eagerly(models['fast'], images)
      self.assertLessEqual(testing.deviation(logits, expected), 1e-4)

  @parameterized.parameters(*nets_factory.IMPLEMENTATIONS)
  def test_published_functions(self, implementation):
    module = MODULES[implementation]
    for name, channels in (
      ('mobilenet_v1', 1024),
      ('mobilenet_v1_075', 768),
      ('mobilenet_v1_050', 512),
      ('mobilenet_v1_025', 256),
    ):
      network = getattr(module, name)
      self.assertEqual(224, network.default_image_size)
      with tf.Graph().as_default():
        logits, points = network(
          tf1.placeholder(tf.float32, [None, 224, 224, 3])
        )
        self.assertEqual([None, 1000], logits.shape.as_list())
        self.assertEqual(
          [None, 1, 1, channels], points['AvgPool_1a'].shape.as_list()
        )

  @parameterized.parameters(*nets_factory.IMPLEMENTATIONS)
  def test_base(self, implementation):
    with tf.Graph().as_default():
      net, points = MODULES[implementation].mobilenet_v1_base(
        tf1.placeholder(tf.float32, [1, None, None, 3]),
        final_endpoint='Conv2d_11_pointwise',
        depth_multiplier=0.5,
        min_depth=16,
        output_stride=16,
        scope='FeatureExtractor',
      )
      self.assertEqual([1, None, None, 256], net.shape.as_list())
      self.assertEqual('Conv2d_11_pointwise', list(points)[-1])
      self.assertEqual(
        'FeatureExtractor/Conv2d_0/weights',
        tf1.trainable_variables()[0].op.name,
      )

  @parameterized.parameters((None, True), (True, True), (False, False))
  def test_arg_scope_decides_on_training(self, is_training, moves):
    """As in slim, where a caller around the base sets batch norm's mode."""
    with tf.Graph().as_default():
      with slim.arg_scope(mobilenet_v1.mobilenet_v1_arg_scope(is_training)):
        mobilenet_v1.mobilenet_v1_base(tf.zeros([1, 32, 32, 3]))
      updates = tf1.get_collection(tf1.GraphKeys.UPDATE_OPS)
      self.assertLen(updates, 2 * 27 if moves else 0)

  def test_regularized_variables(self):
    for regularize_depthwise, count in ((False, 15), (True, 28)):
      with tf.Graph().as_default():
        with slim.arg_scope(
          mobilenet_v1.mobilenet_v1_arg_scope(
            regularize_depthwise=regularize_depthwise
          )
        ):
          mobilenet_v1.mobilenet_v1(tf.zeros([1, 32, 32, 3]))
        self.assertLen(tf1.losses.get_regularization_losses(), count)

  @parameterized.parameters(*nets_factory.IMPLEMENTATIONS)
  def test_decay_of_the_averages(self, implementation):
    """By default 0.9997, the published network's."""
    model = Model(
      'mobilenet_v1_025', 3, implementation, final_endpoint='Conv2d_0'
    )
    testing.run_eagerly(
      model, np.zeros([1, 32, 32, 3], np.float32), is_training=True
    )
    average = model.variables_by_name[
      'MobilenetV1/Conv2d_0/BatchNorm/moving_variance'
    ]
    self.assertAllClose(np.full([8], 0.9997), average, rtol=1e-6)


if __name__ == '__main__':
  tf.test.main()
