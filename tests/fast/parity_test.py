"""The slim and the fast implementation against each other.

At weights and statistics by rule: fresh ones give logits of about 1e-11, on
which anything would pass.
"""

import inspect

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from checkpoints import writer as writer_lib
from specs import cost
from specs import networks
from tests.helpers import golden_rule
from tests.helpers import networks as testing
from tests.helpers import parity
from tests.helpers import soak


def _mobilenets():
  """Returns the networks of any width that take an output_stride."""
  return [
    name
    for name, network in networks.NETWORKS.items()
    if 'depth_multiplier' not in network.fixed
    and 'output_stride'
    in inspect.signature(networks.module_of(name, 'specs').resolve).parameters
  ]


# Of one seed, all drop the same.
_SEED = (5, 3)
_DROPPING = {'dropout_keep_prob': 0.7}
_DROPPING_PATHS = {'drop_path_keep_prob': 0.6}
# In few rows, each option in one of them at least: a row is two graphs.
_OPTIONS = (
  {'output_stride': 8, 'batch_norm_epsilon': 0.3},
  {'output_stride': 16, 'base_only': True},
  {
    'use_explicit_padding': True,
    'depth_multiplier': 0.1,
    'input_normalization': 'imagenet',
  },
  {'use_explicit_padding': True, 'output_stride': 8, 'num_classes': None},
)
VARIANTS = (
  *[(name, options) for name in _mobilenets() for options in _OPTIONS],
  ('mobilenet_v1', {'final_endpoint': 'Conv2d_7_depthwise'}),
  ('mobilenet_v1', {'base_only': True, 'final_endpoint': 'Conv2d_0'}),
  ('mobilenet_v1', {'global_pool': False}),
  ('mobilenet_v2', {'final_endpoint': 'layer_9'}),
  ('mobilenet_v2', {'base_only': True, 'final_endpoint': 'layer_18'}),
  ('mobilenet_v2', {'shortcut': 'none'}),
  ('mobilenet_v2', {'shortcut': 'expansion', 'output_stride': 8}),
  ('mobilenet_v2', {'bottleneck_activation': True}),
  ('mobilenet_v2', {'bottleneck_activation': True, 'shortcut': 'expansion'}),
)


class ParityTest(parity.TestCase):
  def assert_counted(self, name, model):
    """Compares the parameters with those counted from the network's table."""
    counted = cost.count(networks.convolutions(name, 64, 64, parity.CLASSES))
    variables = {
      key: variable.shape.num_elements()
      for key, variable in model.variables_by_name.items()
      if key[:4] != 'aux_'
    }
    self.assertEqual(counted.total, sum(variables.values()))
    self.assertEqual(
      counted.trainable,
      sum(size for key, size in variables.items() if '/moving_' not in key),
    )

  def assert_same_variables(self, actual, expected, tolerance):
    self.assertEqual(expected.keys(), actual.keys())
    for name, value in expected.items():
      self.assert_close(actual[name], value, tolerance, name)

  def _float32(self, name, implementation, **options):
    # With a decay of 0, training leaves the statistics of these very images. By
    # rule, they let activations without a bound grow from layer to layer, and
    # rounding errors with them.
    return testing.RuledModel(
      name,
      parity.CLASSES,
      implementation,
      beta_shift=1.5,
      batch_norm_decay=0.0,
      **_DROPPING,
      **(_DROPPING_PATHS if name == parity.LONGEST else {}),
      **options,
    )

  @parameterized.named_parameters(
    *testing.named(set(networks.NETWORKS) - set(parity.FAMILIES))
  )
  @soak.slow
  def test_every_width(self, name):
    """In training; what does not depend on the width is tested below."""
    images = golden_rule.images(4, 64, 64)
    slim = self._float32(name, 'slim')
    fast = self._float32(name, 'fast', data_format='NHWC')
    expected = testing.run_eagerly(slim, images, is_training=True, seed=_SEED)
    self.assert_counted(name, slim)
    self.assert_all_close(
      testing.run_eagerly(fast, images, is_training=True, seed=_SEED),
      expected,
      1e-3,
    )
    self.assert_same_variables(parity.values(fast), parity.values(slim), 1e-4)

  @parameterized.named_parameters(*testing.named(parity.FAMILIES))
  def test_every_family(self, name):
    """Training, its gradients, then evaluation of the other's checkpoint.

    With dropout and drop path.

    In graphs, as in programs, where they do not take too long; NCHW always:
    a CPU has the gradient of a max pool in NCHW in graphs alone.
    """
    soak.skip_slow(self, name not in ('mobilenet_v1_025', 'mobilenet_v2_035'))
    images = golden_rule.images(4, 64, 64)
    labels = golden_rule.labels(4, parity.CLASSES)
    slim = self._float32(name, 'slim')
    *expected_training, expected_loss, expected_gradients = testing.gradients(
      slim,
      images,
      labels,
      name != parity.LONGEST,
      auxiliary_weight=0.4,
      seed=_SEED,
    )
    self.assert_counted(name, slim)
    self.assertEqual(
      name == 'nasnet_mobile',
      'aux_7/aux_logits/FC/weights' in expected_gradients,
    )
    expected = testing.run_eagerly(slim, images)
    for data_format in networks.DATA_FORMATS:
      fast = self._float32(name, 'fast', data_format=data_format)
      *training, loss, gradients = testing.gradients(
        fast,
        images,
        labels,
        data_format == 'NCHW',
        auxiliary_weight=0.4,
        seed=_SEED,
      )
      self.assert_all_close(training, expected_training, 1e-3)
      self.assertAllClose(expected_loss, loss, rtol=1e-3)
      # One value that is on either side of a kink moves them by 1.5e-3.
      self.assert_gradients_close(gradients, expected_gradients, 3e-3)
      self.assert_same_variables(parity.values(fast), parity.values(slim), 1e-4)
      self.check_checkpoint(slim, fast)
      self.assert_all_close(testing.run_eagerly(fast, images), expected, 1e-4)
    self.check_checkpoint(fast, slim)

  def check_checkpoint(self, written, read):
    """What one wrote is read by the other, every variable."""
    values = parity.values(written)
    path = writer_lib.save(
      writer_lib.make_writer(written.variables_by_name, self.get_temp_dir()),
      step=2,
    )
    parity.assign(read, {name: value * 0.0 for name, value in values.items()})
    read.restore(path)
    for name, value in parity.values(read).items():
      self.assertAllEqual(values[name], value, name)

  @parameterized.named_parameters(
    (f'_{name}_{number}', name, options)
    for number, (name, options) in enumerate(VARIANTS)
  )
  def test_options(self, name, options):
    options = {
      'depth_multiplier': 0.35,
      'num_classes': parity.CLASSES,
      'beta_shift': 3.0,
      **options,
    }
    images = golden_rule.images(2, 65, 97)
    slim = testing.RuledModel(name, **options)
    # NCHW, where these options have axes of their own; goldens have NHWC, too.
    fast = testing.RuledModel(
      name, implementation='fast', data_format='NCHW', **options
    )
    self.assert_all_close(
      testing.run_eagerly(fast, images), testing.run_eagerly(slim, images), 1e-4
    )
    self.assertEqual(
      slim.variables_by_name.keys(), fast.variables_by_name.keys()
    )

  @parameterized.parameters(*networks.IMPLEMENTATIONS)
  def test_dropout(self, implementation):
    images = np.repeat(golden_rule.images(1, 32, 32), 32, axis=0)
    model = testing.RuledModel(
      'mobilenet_v2_035',
      parity.CLASSES,
      implementation,
      final_endpoint='layer_3',
    )

    def spread(is_training, keep_prob):
      """The largest standard deviation of a logit over equal images."""
      logits, _ = testing.run_eagerly(
        model, images, is_training, dropout_keep_prob=keep_prob
      )
      return np.std(logits, axis=0).max()

    self.assertGreater(spread(True, 0.5), 0.01)
    self.assertLess(spread(True, 1.0), 1e-4)
    self.assertLess(spread(False, 0.5), 1e-4)


if __name__ == '__main__':
  tf.test.main()
