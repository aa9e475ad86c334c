"""DeepLabV3's implementations against each other, at weights by rule."""

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from specs import cost
from specs import deeplab_v3 as table
from specs import networks
from tests.helpers import golden_rule
from tests.helpers import networks as testing
from tests.helpers import segmenters
from tests.helpers import soak

# Several times the noise in evaluation, as in tests/nets/deeplab_v3_test.py.
EVAL_TOLERANCE = 3e-4
# Small, and with all that the network can have.
SEED = (5, 3)
OPTIONS = {'depth_multiplier': 0.5, 'output_stride': 8, 'atrous_rates': (2, 3)}


def _values(model):
  return {
    name: variable.numpy() for name, variable in model.variables_by_name.items()
  }


def _assign(model, values):
  for name, value in values.items():
    model.variables_by_name[name].assign(value)


def _varied_images(batch, size):
  """Returns images that differ in contrast and brightness, as photos do."""
  images = golden_rule.images(batch, size, size)
  each = np.linspace(0.0, 1.0, batch, dtype=np.float32).reshape(-1, 1, 1, 1)
  return images * (0.3 + 0.7 * each) + 0.5 - 0.7 * each


class DeeplabV3ParityTest(parameterized.TestCase, tf.test.TestCase):
  def assert_close(self, actual, expected, tolerance, what=None):
    self.assertGreater(np.abs(expected).max(), 0.1, 'too small to compare')
    self.assertLessEqual(testing.deviation(actual, expected), tolerance, what)

  @parameterized.parameters(
    {},
    {'aspp_with_separable_conv': False},
    {'output_stride': 16, 'atrous_rates': None},
    {'num_classes': None},
  )
  def test_options(self, num_classes=7, **options):
    """Where there is no golden: another width, full 3x3 convolutions."""
    options = {**OPTIONS, **options}
    images = golden_rule.images(2, 65, 97)
    slims = segmenters.deeplab_v3(num_classes, **options)
    expected = testing.run_eagerly(slims, images)
    for data_format in networks.DATA_FORMATS:
      fasts = segmenters.deeplab_v3(
        num_classes, 'fast', data_format=data_format, **options
      )
      logits, end_points = testing.run_eagerly(fasts, images)
      self.assert_close(logits, expected[0], EVAL_TOLERANCE)
      self.assertEqual(list(expected[1]), list(end_points))
      for key, point in expected[1].items():
        self.assert_close(end_points[key], point, EVAL_TOLERANCE, key)
      self.assertEqual(
        {name: value.shape for name, value in _values(slims).items()},
        {name: value.shape for name, value in _values(fasts).items()},
      )
    stride = options['output_stride']
    self.assertEqual(
      (2, 64 // stride + 1, 96 // stride + 1, num_classes or 256),
      expected[0].shape,
    )
    counted = cost.count(
      table.convolutions(table.resolve(**options), 65, 97, num_classes)
    )
    self.assertEqual(
      counted.total, sum(value.size for value in _values(slims).values())
    )

  @parameterized.parameters(*networks.IMPLEMENTATIONS)
  def test_batch_norm_can_stay(self, implementation):
    """Training with fine_tune_batch_norm=False is evaluation with dropout."""
    images = golden_rule.images(2, 65, 65)
    model = segmenters.deeplab_v3(
      7, implementation, fine_tune_batch_norm=False, **OPTIONS
    )
    expected, _ = testing.run_eagerly(model, images)
    before = _values(model)
    kept, _ = testing.run_eagerly(
      model, images, is_training=True, dropout_keep_prob=1.0
    )
    self.assert_close(kept, expected, 1e-5)
    dropped, _ = testing.run_eagerly(model, images, is_training=True)
    self.assertGreater(testing.deviation(dropped, expected), 0.01)
    self.assertAllClose(before, _values(model), rtol=0, atol=0)

  @parameterized.parameters(
    {}, {'aspp_with_separable_conv': False}, {'fine_tune_batch_norm': False}
  )
  def test_gradients(self, **options):
    """Of what the goldens do not train; away from the kinks of ReLU6.

    With dropout: of one seed, all drop the same.
    """
    options = {
      'beta_shift': 3.0,
      'dropout_keep_prob': 0.7,
      **OPTIONS,
      **options,
    }
    images = _varied_images(2, 65)
    labels = segmenters.golden_labels(2, (65, 65), 7)
    slims = segmenters.deeplab_v3(7, **options)
    logits, _, loss, expected = segmenters.gradients(
      slims, images, labels, seed=SEED
    )
    norm = testing.global_norm(expected)
    self.assertGreater(norm, 0.1)
    for data_format in networks.DATA_FORMATS:
      fasts = segmenters.deeplab_v3(
        7, 'fast', data_format=data_format, **options
      )
      found, _, found_loss, gradients = segmenters.gradients(
        fasts, images, labels, seed=SEED
      )
      self.assert_close(found, logits, 1e-3)
      self.assertAllClose(loss, found_loss, rtol=1e-3)
      self.assertEqual(expected.keys(), gradients.keys())
      for name, gradient in expected.items():
        difference = np.linalg.norm(gradients[name] - gradient)
        self.assertLessEqual(difference, 3e-3 * norm, name)
      values = _values(fasts)
      for name, value in _values(slims).items():
        self.assert_close(values[name], value, 1e-4, name)

  def test_half_precision(self):
    if not testing.is_computed(tf.bfloat16):
      self.skipTest('oneDNN plays a processor without bfloat16.')
    images = _varied_images(4, 65)
    labels = segmenters.golden_labels(4, (65, 65), 7)
    options = {'beta_shift': 1.5, 'dropout_keep_prob': 1.0, **OPTIONS}
    slims = segmenters.deeplab_v3(7, batch_norm_decay=0.0, **options)
    training, *_, gradients = segmenters.gradients(slims, images, labels)
    # The averages of these very images keep values in float16's range. But
    # four images differ too little to be normalized by what they differ in.
    variance = slims.variables_by_name[
      'image_pooling/BatchNorm/moving_variance'
    ]
    variance.assign(tf.ones_like(variance))
    expected, _ = testing.run_eagerly(slims, images)
    values = _values(slims)
    norm = testing.global_norm(gradients)
    self.assertGreater(norm, 0.1)
    for data_format, compute_dtype, tolerance in (
      ('NHWC', tf.float16, 0.02),
      ('NHWC', tf.bfloat16, 0.1),
      ('NCHW', tf.bfloat16, 0.1),
    ):
      if not testing.is_computed(compute_dtype, data_format):
        continue
      fasts = segmenters.deeplab_v3(
        7,
        'fast',
        data_format=data_format,
        compute_dtype=compute_dtype,
        **options,
      )
      fasts._variables = slims._variables
      logits, end_points = testing.run_eagerly(fasts, images)
      self.assert_close(logits, expected, tolerance, fasts._options)
      half_training, *_, half_gradients = segmenters.gradients(
        fasts, images, labels
      )
      self.assert_close(half_training, training, tolerance, fasts._options)
      self.assertEqual(gradients.keys(), half_gradients.keys())
      for name, gradient in gradients.items():
        difference = np.linalg.norm(half_gradients[name] - gradient)
        self.assertLessEqual(difference, 2 * tolerance * norm, name)
      _assign(slims, values)

  @parameterized.parameters(*networks.DATA_FORMATS)
  def test_image_pooling_in_float32(self, data_format):
    """Rounded once, at its end: its batch norm makes much of little."""
    if not testing.is_computed(tf.bfloat16, data_format):
      self.skipTest('oneDNN plays a processor without bfloat16.')
    model = segmenters.deeplab_v3(
      7, 'fast', data_format=data_format, compute_dtype=tf.bfloat16, **OPTIONS
    )
    images = _varied_images(4, 33)
    _, end_points = testing.run_eagerly(model, images)
    variables = {
      name.rpartition('/')[2]: variable
      for name, variable in model.variables_by_name.items()
      if name.startswith('image_pooling/')
    }
    pooled = end_points['layer_18'].mean(axis=(1, 2))
    net = pooled @ variables['weights'].numpy()[0, 0]
    mean, variance = net.mean(axis=0), net.var(axis=0)
    variables['moving_mean'].assign(mean)
    variables['moving_variance'].assign(variance)
    net = (net - mean) / np.sqrt(variance + 1e-5)
    net = net * variables['gamma'] + variables['beta']
    _, end_points = testing.run_eagerly(model, images)
    found = end_points['image_pooling'][:, 0, 0]
    # Half of the last bit of bfloat16's eight, and float32's errors enlarged.
    self.assert_close(found, np.maximum(net, 0.0), 2**-8)

  @soak.slow
  def test_float16_in_nchw_by_xla(self):
    """A narrow one: XLA takes seconds to compile."""
    images = _varied_images(4, 33)
    options = {
      'beta_shift': 1.5,
      'dropout_keep_prob': 1.0,
      'depth_multiplier': 0.1,
      'atrous_rates': (2,),
    }
    slims = segmenters.deeplab_v3(7, batch_norm_decay=0.0, **options)
    expected, _ = testing.run_eagerly(slims, images, is_training=True)
    fasts = segmenters.deeplab_v3(
      7, 'fast', data_format='NCHW', compute_dtype=tf.float16, **options
    )
    found, _ = testing.run(fasts, images, is_training=True, xla=True)
    self.assert_close(found, expected, 0.02)

  def test_precisions_are_what_was_asked_for(self):
    if not testing.is_computed(tf.bfloat16):
      self.skipTest('oneDNN plays a processor without bfloat16.')
    model = segmenters.deeplab_v3(
      7, 'fast', compute_dtype=tf.bfloat16, **OPTIONS
    )
    logits, end_points = model(tf.zeros([1, 33, 33, 3]))
    self.assertEqual(tf.float32, logits.dtype)
    self.assertEqual(
      {tf.bfloat16}, {point.dtype for point in end_points.values()}
    )


if __name__ == '__main__':
  tf.test.main()
