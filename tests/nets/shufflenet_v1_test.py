"""ShuffleNetV1: groups, shuffles, padding, and its public functions."""

import itertools

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from base.errors import InputError
from fast import layout
from fast import shufflenet_v1 as fast_shufflenet_v1
from nets import nets_factory
from nets import shufflenet_v1
from nets.tf_slim_compat import slim
from runtime.model import Model
from specs import networks
from tests.helpers import golden_rule
from tests.helpers import networks as testing
from tests.helpers import soak

tf1 = tf.compat.v1

LAYOUTS = tuple(
  itertools.product(networks.DATA_FORMATS, networks.COMPUTE_DTYPES)
)


def random(*shape):
  return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def block_diagonal(kernel, groups):
  """Returns the dense kernel [1, 1, in, out] of a grouped one."""
  inputs, outputs = kernel.shape[2], kernel.shape[3] // groups
  dense = np.zeros([1, 1, inputs * groups, outputs * groups], np.float32)
  for group in range(groups):
    columns = slice(group * outputs, (group + 1) * outputs)
    dense[:, :, group * inputs : (group + 1) * inputs, columns] = kernel[
      ..., columns
    ]
  return dense


class LayersTest(parameterized.TestCase, tf.test.TestCase):
  @parameterized.parameters(*networks.DATA_FORMATS)
  def test_shuffle(self, data_format):
    setup = layout.Setup(data_format=data_format)
    images = np.arange(2 * 3 * 5 * 6).reshape([2, 3, 5, 6]).astype(np.float32)
    expected = images[..., [0, 2, 4, 1, 3, 5]]
    self.assertAllEqual(expected, shufflenet_v1._shuffle(images, 3))
    shuffled = fast_shufflenet_v1._shuffle(
      layout.from_nhwc(images, setup), 3, setup
    )
    self.assertAllEqual(expected, layout.to_nhwc(shuffled, setup))

  @parameterized.parameters(*LAYOUTS)
  def test_grouped_product(self, data_format, compute_dtype):
    """Values and gradients on the CPU against one dense convolution."""
    setup = layout.Setup(data_format=data_format, compute_dtype=compute_dtype)
    images, kernel = random(2, 5, 3, 6), random(1, 1, 2, 12)

    @tf.function(autograph=False)
    def compute(images, kernel):
      with tf.GradientTape() as tape:
        tape.watch([images, kernel])
        net = fast_shufflenet_v1._multiply_in_groups(
          layout.from_nhwc(images, setup),
          tf.cast(kernel, compute_dtype),
          3,
          setup,
        )
        net = tf.cast(layout.to_nhwc(net, setup), tf.float32)
        loss = tf.nn.l2_loss(net)
      return [net, *tape.gradient(loss, [images, kernel])]

    net, *gradients = compute(tf.constant(images), tf.constant(kernel))

    dense = block_diagonal(kernel, 3)
    expected = images @ dense[0, 0]
    pixels, changes = images.reshape(-1, 6), expected.reshape(-1, 12)
    gradient = sum(  # of each group's block
      np.pad(
        pixels[:, 2 * group :][:, :2].T @ changes[:, 4 * group :][:, :4],
        [[0, 0], [4 * group, 8 - 4 * group]],
      )
      for group in range(3)
    )
    tolerance = 1e-5 if compute_dtype == tf.float32 else 0.02
    for actual, wanted in zip(
      (net, *gradients),
      (expected, expected @ dense[0, 0].T, gradient[None, None]),
    ):
      self.assertLessEqual(testing.deviation(actual, wanted), tolerance)

  def test_slim_layer(self):
    """It honours the arg scope as slim's layers do."""
    images = random(2, 5, 3, 6)
    with tf.Graph().as_default(), tf1.Session() as session:
      with slim.arg_scope(
        [shufflenet_v1.grouped_conv1x1],
        weights_regularizer=slim.l2_regularizer(0.5),
        normalizer_fn=lambda net: net + 1.0,
      ):
        net = shufflenet_v1.grouped_conv1x1(tf.constant(images), 12, 3)
      (weights,) = slim.get_model_variables()
      session.run(tf1.global_variables_initializer())
      net, kernel, losses = session.run(
        [net, weights, tf1.losses.get_regularization_losses()]
      )
    self.assertEqual('GroupedConv/weights', weights.op.name)
    dense = block_diagonal(kernel, 3)[0, 0]
    self.assertAllClose(np.maximum(images @ dense + 1.0, 0.0), net)
    self.assertAllClose([0.25 * np.sum(kernel**2)], losses)


class ShufflenetV1Test(parameterized.TestCase, tf.test.TestCase):
  @parameterized.parameters(*nets_factory.IMPLEMENTATIONS)
  def test_pools_pad_one_pixel_on_all_sides(self, implementation):
    model = testing.RuledModel(
      'shufflenet_v1_050', None, implementation, final_endpoint='Stage2/Unit_1'
    )
    _, points = testing.run_eagerly(model, golden_rule.images(1, 61, 64))
    self.assertEqual((1, 31, 32, 12), points['Conv1'].shape)

    def windows(key, value):
      padded = np.pad(
        points[key], [[0, 0], [1, 1], [1, 1], [0, 0]], constant_values=value
      )
      views = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (1, 2))
      return views[:, ::2, ::2]

    self.assertAllEqual(
      windows('Conv1', -np.inf).max((4, 5)), points['Conv1_pool']
    )
    self.assertAllClose(
      windows('Conv1_pool', 0.0).mean((4, 5)), points['Stage2/Unit_1'][..., :12]
    )

  @parameterized.parameters(*nets_factory.IMPLEMENTATIONS)
  def test_decay_of_averages(self, implementation):
    model = testing.RuledModel(
      'shufflenet_v1_050', 2, implementation, final_endpoint='Conv1'
    )
    images = golden_rule.images(2, 32, 32)
    testing.run_eagerly(model, images, is_training=True)
    variables = model.variables_by_name
    average = 'ShufflenetV1/Conv1/BatchNorm/moving_mean'
    before = golden_rule.variable(average, [12])
    padded = np.pad(images, [[0, 0], [1, 1], [1, 1], [0, 0]])
    mean = tf.nn.conv2d(
      padded, variables['ShufflenetV1/Conv1/weights'], 2, 'VALID'
    )
    self.assertAllClose(
      0.9 * before + 0.1 * np.mean(mean, (0, 1, 2)), variables[average]
    )

  @parameterized.parameters(1, 2, 4, 8)
  def test_parity_of_groups(self, groups):
    """In one layout: test_grouped_product has both."""
    images = golden_rule.images(2, 33, 64)
    options = {'groups': groups, 'final_endpoint': 'Stage3/Unit_2'}
    slim_model = testing.RuledModel('shufflenet_v1', 5, **options)
    expected, points = testing.run_eagerly(slim_model, images)
    self.assertGreater(np.abs(expected).max(), 0.1)
    fast_model = testing.RuledModel(
      'shufflenet_v1', 5, 'fast', data_format='NCHW', **options
    )
    logits, fast_points = testing.run_eagerly(fast_model, images)
    self.assertLessEqual(testing.deviation(logits, expected), 1e-4)
    self.assertEqual(list(points), list(fast_points))

  @parameterized.parameters(*nets_factory.IMPLEMENTATIONS)
  @soak.slow
  def test_weight_decay(self, implementation):
    """It covers weights, grouped ones too, and no depthwise ones."""
    with tf.Graph().as_default(), tf1.Session() as session:
      network_fn = nets_factory.get_network_fn(
        'shufflenet_v1_050',
        7,
        weight_decay=4e-5,
        is_training=True,
        implementation=implementation,
      )
      network_fn(tf.zeros([1, 32, 32, 3]))
      weights = [
        variable
        for variable in tf1.trainable_variables()
        if variable.op.name.endswith('/weights')
      ]
      session.run(tf1.global_variables_initializer())
      losses, weights = session.run(
        [tf1.losses.get_regularization_losses(), weights]
      )
    self.assertLen(losses, 1 + 2 * 16 + 1)
    self.assertAllClose([2e-5 * np.sum(value**2) for value in weights], losses)

  def test_any_batch_and_image_size(self):
    """Graphs of unknown batch, height and width."""
    for implementation, data_format in (
      ('slim', None),
      ('fast', 'NHWC'),
      ('fast', 'NCHW'),
    ):
      model = Model(
        'shufflenet_v1_050',
        3,
        implementation,
        data_format=data_format,
        final_endpoint='Stage3/Unit_1',
      )
      function = tf.function(model, autograph=False)
      graph = function.get_concrete_function(
        tf.TensorSpec([None, None, None, 3])
      )
      _, points = graph(tf.zeros([2, 70, 33, 3]))
      self.assertEqual([2, 5, 3, 240], points['Stage3/Unit_1'].shape)

  @parameterized.parameters(*nets_factory.IMPLEMENTATIONS)
  def test_final_endpoint(self, implementation):
    def build(**options):
      network_fn = nets_factory.get_network_fn(
        'shufflenet_v1', 9, implementation=implementation, **options
      )
      with tf.Graph().as_default():
        return network_fn(tf.zeros([1, 32, 32, 3]))

    net, points = build(final_endpoint='Stage3/Unit_2', base_only=True)
    self.assertEqual([1, 2, 2, 480], net.shape)
    self.assertEqual('Stage3/Unit_2', list(points)[-1])
    with self.assertRaisesRegex(InputError, "'Stage5' is not .*, Stage4.$"):
      build(final_endpoint='Stage5')

  @parameterized.product(
    option=('output_stride', 'use_explicit_padding'),
    implementation=nets_factory.IMPLEMENTATIONS,
  )
  def test_options_that_it_has_not(self, option, implementation):
    with self.assertRaisesRegex(
      InputError, f'shufflenet_v1 has no option {option}'
    ):
      nets_factory.get_network_fn(
        'shufflenet_v1', 9, implementation=implementation, **{option: 8}
      )

  def test_public_functions(self):
    with tf.Graph().as_default():
      with slim.arg_scope(shufflenet_v1.shufflenet_v1_arg_scope()):
        net, _ = shufflenet_v1.shufflenet_v1_base(
          tf.zeros([1, 64, 64, 3]), final_endpoint='Stage2'
        )
      self.assertEqual([1, 8, 8, 240], net.shape)
      self.assertNotEmpty(tf1.get_collection(tf1.GraphKeys.UPDATE_OPS))
    with tf.Graph().as_default():
      logits, _ = fast_shufflenet_v1.shufflenet_v1_150(
        tf.zeros([1, 64, 64, 3]), 5, data_format='NCHW'
      )
      self.assertEqual([1, 5], logits.shape)
    self.assertEqual(224, shufflenet_v1.shufflenet_v1_200.default_image_size)


if __name__ == '__main__':
  tf.test.main()
