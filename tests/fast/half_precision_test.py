"""The fast implementation in half precision, against slim and a golden."""

from absl.testing import parameterized
import tensorflow as tf

from runtime.model import Model
from tests.helpers import golden_rule
from tests.helpers import networks as testing
from tests.helpers import parity
from tests.helpers import soak


def _first_part(name, part):
  """Returns the final_endpoint that ends a part of a network's features."""
  _, end_points = Model(name, None)(tf.zeros([1, 32, 32, 3]))
  features = [
    key
    for key, point in end_points.items()
    if len(point.shape) == 4 and '/' not in key and '_pool' not in key
  ]
  return features[int(part * len(features))]


class HalfPrecisionTest(parity.TestCase):
  def check_half_precision(self, name, ways, size, final_endpoint=None):
    """ways: of (data_format, compute_dtype, tolerance, xla)."""
    ways = [
      way for way in ways if way[-1] or testing.is_computed(way[1], way[0])
    ]
    if not ways:
      self.skipTest('oneDNN plays a processor without these types.')
    options = {
      'dropout_keep_prob': 1.0,
      'beta_shift': 3.0,
      'batch_norm_decay': 0.0,
      'final_endpoint': final_endpoint,
    }
    images = golden_rule.images(4, size, size)
    labels = golden_rule.labels(4, parity.CLASSES)
    slim = testing.RuledModel(name, parity.CLASSES, **options)
    training, *_, gradients = testing.gradients(slim, images, labels)
    # With the statistics of these very images, values stay in float16's range.
    expected, _ = testing.run_eagerly(slim, images)
    values = parity.values(slim)
    fast = slim.twin('fast')
    for data_format, compute_dtype, tolerance, xla in ways:
      parity.assign(slim, values)
      way = {'data_format': data_format, 'compute_dtype': compute_dtype}
      if xla:
        logits, _ = testing.run(fast, images, xla=True, **way)
      else:
        logits, _ = testing.run_eagerly(fast, images, **way)
      self.assert_close(logits, expected, tolerance, way)
      half_training, *_, half_gradients = testing.gradients(
        fast, images, labels, data_format == 'NCHW', xla, **way
      )
      self.assert_close(half_training, training, tolerance, way)
      self.assert_gradients_close(half_gradients, gradients, 2 * tolerance)
    self.assertEqual(values.keys(), slim.variables_by_name.keys())

  @parameterized.named_parameters(*testing.named(parity.FAMILIES))
  def test_half_precision_of_every_family(self, name):
    soak.skip_slow(self, name == parity.LONGEST)
    ways = [
      ('NHWC', tf.float16, 0.02, False),
      ('NHWC', tf.bfloat16, 0.1, False),
    ]
    if name == parity.LONGEST:
      self.check_half_precision(name, ways, 64, _first_part(name, 1 / 8))
    else:
      ways.append(('NCHW', tf.bfloat16, 0.1, False))
      self.check_half_precision(name, ways, 64)

  @parameterized.named_parameters(
    *testing.named(set(parity.FAMILIES) - {parity.LONGEST})
  )
  @soak.slow
  def test_float16_in_nchw_by_xla(self, name):
    """The first layers of each kind: XLA takes seconds for the whole."""
    ways = [('NCHW', tf.float16, 0.02, True)]
    self.check_half_precision(name, ways, 32, _first_part(name, 1 / 4))

  @parameterized.parameters(
    ('NHWC', tf.float16, 0.02, 0.04),
    ('NHWC', tf.bfloat16, 0.08, 0.15),
    ('NCHW', tf.bfloat16, 0.08, 0.15),
  )
  def test_half_precision(
    self, data_format, compute_dtype, tolerance, training_tolerance
  ):
    if not testing.is_computed(compute_dtype, data_format):
      self.skipTest('This processor has not this type, or oneDNN plays one.')
    description, arrays = testing.load_golden('mobilenet_v2_1.0_224')
    model = testing.RuledModel(
      'mobilenet_v2',
      1001,
      'fast',
      data_format=data_format,
      compute_dtype=compute_dtype,
      dropout_keep_prob=1.0,
    )
    images = testing.golden_images(description)
    for is_training, limit, mode in (
      (False, tolerance, 'eval'),
      (True, training_tolerance, 'train'),
    ):
      logits, _ = testing.run_eagerly(model, images, is_training)
      expected = arrays[f'{mode}/output']
      self.assert_close(logits, expected, limit, mode)
      testing.assert_same_top1(self, expected, logits, limit)


if __name__ == '__main__':
  tf.test.main()
