"""Mobile DeepLabV3: both implementations against goldens and each other."""

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from fast import deeplab_v3 as fast_deeplab_v3
from nets import deeplab_v3
from nets.tf_slim_compat import slim
from runtime.model import Variables
from specs import networks
from specs import roles
from tasks.segmentation import maps
from tests.helpers import golden_rule
from tests.helpers import networks as testing
from tests.helpers import segmenters
from tests.helpers import soak

tf1 = tf.compat.v1

IMPLEMENTATIONS = {
  'slim': ('slim', {}),
  'fast_nhwc': ('fast', {'data_format': 'NHWC'}),
  'fast_nchw': ('fast', {'data_format': 'NCHW'}),
}
# Three times the noise of the published code run with and without oneDNN.
EVAL_TOLERANCE = 3e-4


def _get_ruled_variable(getter, name, shape, **options):
  """A custom_getter of graphs: variables begin at the rule's values."""

  def initializer(shape, dtype, **unused):
    return tf.constant(golden_rule.variable(name, list(shape)), dtype)

  return getter(name, shape=shape, **{**options, 'initializer': initializer})


class GoldenTest(parameterized.TestCase, tf.test.TestCase):
  def assert_close(self, actual, expected, tolerance, what):
    self.assertGreater(np.abs(expected).max(), 0.1, what)  # not tiny
    self.assertLessEqual(testing.deviation(actual, expected), tolerance, what)

  def check_outputs(self, mode, logits, end_points, golden, tolerance):
    description, arrays = golden
    self.assert_close(logits, arrays[f'{mode}/logits'], tolerance, mode)
    points = {**end_points, 'backbone': end_points['layer_18']}
    for key in ('backbone', 'image_pooling', 'aspp0', 'concat_projection'):
      self.assertEqual(description[mode][key]['shape'], [*points[key].shape])
      self.assert_close(
        testing.sampled(points[key], 64),
        arrays[f'{mode}/end_points/{key}'],
        tolerance,
        key,
      )
      self.assertAllClose(
        description[mode][key]['norm'],
        np.linalg.norm(points[key]),
        rtol=tolerance,
        msg=key,
      )

  def check_variables(self, model, description):
    self.assertEqual(
      description['variables'],
      {
        name: variable.shape.as_list()
        for name, variable in model.variables_by_name.items()
      },
    )
    self.assertCountEqual(
      description['trainable'], model.trainable_variables_by_name
    )
    self.assertEqual(
      description['trainable_params'],
      sum(
        variable.shape.num_elements()
        for variable in model.trainable_variables_by_name.values()
      ),
    )

  def check_predictions(self, logits, labels, golden):
    description, arrays = golden
    expected = description['eval']
    probabilities = maps.probabilities(logits, description['size'])
    self.assert_close(
      testing.sampled(probabilities.numpy(), 512),
      arrays['eval/probabilities'],
      EVAL_TOLERANCE,
      'probabilities',
    )
    predictions = maps.likeliest(probabilities).numpy()
    self.assertLessEqual(
      np.sum(predictions[:, ::7, ::7] != arrays['eval/predictions']),
      expected['close_calls'],
    )
    histogram = np.bincount(
      predictions.reshape(-1), minlength=description['num_classes']
    )
    self.assertLessEqual(
      np.abs(histogram - expected['histogram']).sum(),
      2 * expected['close_calls'],
    )
    confusion = maps.confusion_matrix(
      labels, predictions, description['num_classes']
    )
    self.assertAllClose(
      expected['mean_iou'], maps.mean_iou(confusion.numpy()), rtol=1e-3
    )

  def check_gradients(self, actual, expected):
    self.assertEqual(expected.keys(), actual.keys())
    largest = max(expected.values())
    for name, norm in expected.items():
      self.assertAllClose(
        norm,
        np.linalg.norm(actual[name]),
        rtol=0.02,
        atol=1e-3 * largest if norm < 1e-3 * largest else 0.0,
        msg=name,
      )

  @parameterized.product(
    case=(segmenters.OS16, segmenters.ASPP),
    implementation=tuple(IMPLEMENTATIONS),
  )
  def test_golden(self, case, implementation):
    golden = description, arrays = testing.load_golden(case)
    num_classes = description['num_classes']
    implementation, options = IMPLEMENTATIONS[implementation]
    model = segmenters.deeplab_v3(
      num_classes,
      implementation,
      output_stride=description['output_stride'],
      atrous_rates=description['atrous_rates'],
      dropout_keep_prob=1.0,
      **options,
    )
    images = testing.golden_images(description)
    labels = segmenters.golden_labels(
      description['batch'], description['size'], num_classes
    )
    logits, end_points = testing.run_eagerly(model, images)
    self.check_variables(model, description)
    self.check_outputs('eval', logits, end_points, golden, EVAL_TOLERANCE)
    self.check_predictions(logits, labels, golden)
    losses = maps.pixel_losses(logits, labels)
    self.assertAllClose(
      description['eval']['cross_entropy'],
      maps.mean_of_valid(losses, labels),
      rtol=EVAL_TOLERANCE,
    )
    if 'train' in description:
      self.check_training(model, images, labels, golden)

  def check_training(self, model, images, labels, golden):
    description, arrays = golden
    logits, end_points, loss, gradients = segmenters.gradients(
      model, images, labels
    )
    self.check_outputs('train', logits, end_points, golden, 1e-3)
    self.assertAllClose(description['train']['cross_entropy'], loss, rtol=1e-3)
    self.check_gradients(gradients, description['gradient_norms'])
    moved = [key for key in arrays if key.startswith('train/moved/')]
    self.assertLen(moved, 8)
    for key in moved:
      variable = model.variables_by_name[key.removeprefix('train/moved/')]
      self.assert_close(variable.numpy(), arrays[key], 1e-4, key)
    decayed = [name for name in model.variables_by_name if roles.decays(name)]
    self.assertCountEqual(description['regularized'], decayed)

  @parameterized.parameters('slim', 'fast')
  @soak.slow
  def test_weight_decay(self, implementation):
    """The golden's, in the losses that a graph collects."""
    description, _ = testing.load_golden(segmenters.OS16)
    with tf.Graph().as_default(), tf1.Session() as session:
      network_fn = segmenters.deeplab_v3(
        description['num_classes'], implementation, weight_decay=4e-5
      ).network_fn(is_training=True)
      with tf1.variable_scope('', custom_getter=_get_ruled_variable):
        network_fn(tf.zeros([1, 33, 33, 3]))
      losses = tf1.losses.get_regularization_losses()
      self.assertLen(losses, description['regularized_count'])
      self.assertLen(tf1.get_collection(tf1.GraphKeys.UPDATE_OPS), 2 * 54)
      session.run(tf1.global_variables_initializer())
      self.assertAllClose(
        description['regularized_loss'], session.run(tf.add_n(losses)), 1e-4
      )


class DeeplabV3Test(parameterized.TestCase, tf.test.TestCase):
  @parameterized.parameters(*networks.IMPLEMENTATIONS)
  def test_initial_values(self, implementation):
    model = segmenters.deeplab_v3(21, implementation, atrous_rates=(6, 12, 18))
    model._variables = Variables()
    model(tf.zeros([1, 33, 33, 3]))
    # Cut off at two of its standard deviations, a normal one keeps 0.88 of it.
    glorot = {
      scope: np.sqrt(2 / (inputs + 256))
      for scope, inputs in (
        ('image_pooling', 320),
        ('aspp0', 320),
        ('concat_projection', 5 * 256),
      )
    }
    normal = {
      'MobilenetV2/expanded_conv_16/project': 0.09,
      'aspp3_pointwise': 0.06,
      'logits/semantic': 0.01,
    }
    expected = {f'{scope}/weights': std for scope, std in glorot.items()}
    expected |= {
      f'{scope}/weights': 0.88 * std for scope, std in normal.items()
    }
    expected['aspp1_depthwise/depthwise_weights'] = 0.88 * 0.33
    expected['MobilenetV2/expanded_conv_16/depthwise/depthwise_weights'] = (
      0.88 * 0.09
    )
    values = {
      name: variable.numpy()
      for name, variable in model.variables_by_name.items()
    }
    for name, deviation in expected.items():
      self.assertAllClose(deviation, np.std(values[name]), rtol=0.05, msg=name)
    self.assertAllEqual(np.zeros(21), values['logits/semantic/biases'])

  @soak.slow
  def test_functions_of_slim_users(self):
    """In a graph, under the arg_scope, and for images of unknown size."""
    for build in (deeplab_v3.deeplab_v3, fast_deeplab_v3.deeplab_v3):
      self.assertEqual(513, build.default_image_size)
      with (
        tf.Graph().as_default(),
        slim.arg_scope(deeplab_v3.training_scope(is_training=False)),
        tf1.Session() as session,
      ):
        images = tf1.placeholder(tf.float32, [None, None, None, 3])
        logits, _ = build(images)
        self.assertEqual(21, logits.shape[-1])
        session.run(tf1.global_variables_initializer())
        found = session.run(logits, {images: golden_rule.images(3, 65, 34)})
        self.assertEqual((3, 5, 3, 21), found.shape)
        self.assertLen(slim.get_model_variables(), 272)


if __name__ == '__main__':
  tf.test.main()
