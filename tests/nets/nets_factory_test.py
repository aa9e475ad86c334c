"""The factory's contract, and both implementations in a TF1-style graph."""

import subprocess
import sys

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from base.errors import InputError
from fast import mobilenet_v2 as fast_mobilenet_v2
from nets import mobilenet_v2
from nets import nets_factory
from nets.tf_slim_compat import slim
from runtime.model import Model
from specs.mobilenet_v2 import Stage
from tests.helpers import golden_rule
from tests.helpers import networks as testing
from tests.helpers import programs
from tests.helpers import soak

tf1 = tf.compat.v1


class NetsFactoryTest(parameterized.TestCase, tf.test.TestCase):
  def test_names(self):
    """They stay: classifiers that were counted, segmenters, detectors."""
    self.assertEqual(
      (
        *testing.COUNTS,
        'deeplab_v3_mobilenet_v2',
        'deeplab_v3_mobilenet_v2_050',
        'ssdlite_mobilenet_v2',
        'ssdlite_mobilenet_v2_075',
        'ssdlite_mobilenet_v2_050',
        'ssdlite_mobilenet_v2_035',
      ),
      nets_factory.network_names(),
    )

  @parameterized.parameters(
    ('resnet', 'slim', {}, "network 'resnet'; there are mobilenet_v1,"),
    ('mobilenet_v2', 'keras', {}, "implementation 'keras'"),
    (
      'mobilenet_v2_035',
      'slim',
      {'depth_multiplier': 0.5},
      'depth_multiplier is fixed by the network name',
    ),
    ('mobilenet_v2', 'slim', {'data_format': 'NCHW'}, 'needs .* fast'),
    ('mobilenet_v2', 'fast', {'data_format': 'CHWN'}, "'CHWN'"),
    ('mobilenet_v2', 'fast', {'compute_dtype': tf.int8}, 'int8'),
    ('ssdlite_mobilenet_v2_050', 'fast', {'depth_multiplier': 1.0}, 'is fixed'),
    (
      'ssdlite_mobilenet_v2',
      'slim',
      {'dropout_keep_prob': 0.9},
      'no option dropout',
    ),
  )
  def test_bad_arguments(self, name, implementation, options, message):
    with self.assertRaisesRegex(InputError, message):
      nets_factory.get_network_fn(
        name, 10, implementation=implementation, **options
      )

  @parameterized.parameters(None, 0)
  def test_detectors_have_classes(self, num_classes):
    with self.assertRaisesRegex(InputError, f'classes, not {num_classes};'):
      nets_factory.get_network_fn('ssdlite_mobilenet_v2', num_classes)

  @parameterized.parameters(*nets_factory.IMPLEMENTATIONS)
  def test_detectors(self, implementation):
    for name, channels in (
      ('ssdlite_mobilenet_v2_075', 432),
      ('ssdlite_mobilenet_v2_050', 288),
      ('ssdlite_mobilenet_v2_035', 192),
    ):
      model = Model(name, 4, implementation, dropout_keep_prob=1.0)
      self.assertEqual(300, model.default_image_size)
      predictions, end_points = model(tf.zeros([2, 64, 32, 3]))
      cells = 4 * 2 * 3 + (2 * 1 + 4) * 6
      self.assertEqual([2, cells, 4], predictions.box_encodings.shape)
      self.assertEqual([2, cells, 1 + 4], predictions.class_logits.shape)
      self.assertEqual([2, 4, 2, channels], end_points['feature_map_0'].shape)

  def test_none_is_as_good_as_left_out(self):
    model = Model('mobilenet_v2', 2, depth_multiplier=None, output_stride=None)
    shape = model.build(32).variables_by_name['MobilenetV2/Conv/weights'].shape
    self.assertEqual([3, 3, 3, 32], shape.as_list())

  @parameterized.parameters(*nets_factory.IMPLEMENTATIONS)
  def test_tf1_graph(self, implementation):
    case = 'mobilenet_v2_0.35_96'
    description, arrays = testing.load_golden(case)
    with tf.Graph().as_default(), tf1.Session() as session:
      network_fn = nets_factory.get_network_fn(
        'mobilenet_v2_035',
        1001,
        weight_decay=4e-5,
        is_training=True,
        implementation=implementation,
        dropout_keep_prob=1.0,
      )
      logits, _ = network_fn(tf.constant(testing.golden_images(description)))
      self.assertCountEqual(
        description['variables'],
        [variable.op.name for variable in slim.get_model_variables()],
      )
      self.assertCountEqual(
        description['trainable'],
        [variable.op.name for variable in tf1.trainable_variables()],
      )
      losses = tf1.losses.get_regularization_losses()
      self.assertLen(losses, description['regularized_count'])
      updates = tf1.get_collection(tf1.GraphKeys.UPDATE_OPS)
      self.assertLen(updates, 2 * 52)
      variables = tf1.global_variables()
      session.run(  # all at once: each run of another operation takes time
        [variable.initializer for variable in variables],
        {
          variable.initializer.inputs[1]: golden_rule.variable(
            variable.op.name, variable.shape.as_list()
          )
          for variable in variables
        },
      )

      self.assertAllClose(
        description['regularized_loss'],
        session.run(tf.add_n(losses)),
        rtol=1e-4,
      )
      outputs, _ = session.run([logits, updates])
      self.assertLessEqual(
        testing.deviation(outputs, arrays['train/output']), 1e-3
      )
      moved = {
        variable.op.name: variable
        for variable in variables
        if f'train/moved/{variable.op.name}' in arrays
      }
      self.assertNotEmpty(moved)
      for name, value in session.run(moved).items():
        self.assertLessEqual(
          testing.deviation(value, arrays[f'train/moved/{name}']), 1e-4, name
        )

  def test_fast_imports_no_tf_slim(self):
    """To import it takes a second, of the four that one photograph takes."""
    imported = subprocess.run(
      [
        *(sys.executable, '-c'),
        'from base import quiet_tensorflow\n'
        'import sys\n'
        'import classify_image\n'
        'from runtime.model import Model\n'
        'model = Model("mobilenet_v2_035", 3, "fast")\n'
        'model.build(32, is_training=False)\n'
        'print(len(model.variables_by_name), *sys.modules)\n',
      ],
      env=programs.environment(),
      stdout=subprocess.PIPE,
      text=True,
      check=True,
    ).stdout.split()
    self.assertEqual('262', imported[0])
    self.assertIn('tensorflow', imported)
    for name in 'tf_slim', 'tf_keras', 'keras.src', 'sklearn', 'matplotlib':
      self.assertNotIn(name, imported)

  def test_maps_can_be_added_to(self):
    """As code of slim does with its own networks."""
    self.assertIs(nets_factory.networks_map, nets_factory.networks_map)
    self.assertSameElements(
      nets_factory.networks_map, nets_factory.arg_scopes_map
    )
    nets_factory.networks_map['mine'] = len
    self.addCleanup(nets_factory.networks_map.pop, 'mine')
    self.assertIs(len, nets_factory.networks_map['mine'])
    with self.assertRaisesRegex(AttributeError, 'no attribute other_map'):
      _ = nets_factory.other_map

  @parameterized.parameters(*nets_factory.IMPLEMENTATIONS)
  def test_built_to_infer_variables_are_the_same(self, implementation):
    soak.skip_slow(self, implementation == 'fast')
    training, inference = (
      Model('mobilenet_v2_035', 2, implementation).build(32, is_training)
      for is_training in (True, False)
    )
    shapes = [
      [(name, one.shape) for name, one in model.variables_by_name.items()]
      for model in (training, inference)
    ]
    self.assertEqual(*shapes)

  @parameterized.parameters(*nets_factory.IMPLEMENTATIONS)
  def test_two_models_share_nothing(self, implementation):
    first, second = (
      Model('mobilenet_v2_035', 2, implementation, final_endpoint='layer_3')
      for _ in range(2)
    )
    first.build(32)
    second.build(32)
    for name, variable in first.variables_by_name.items():
      variable.assign(tf.zeros_like(variable) + 7.0)
      self.assertNotAllClose(variable, second.variables_by_name[name])

  @soak.slow
  def test_slims_defaults(self):
    for module in (mobilenet_v2, fast_mobilenet_v2):
      for name in ('mobilenet', 'mobilenet_v2_140', 'mobilenet_v2_035'):
        self.assertEqual(224, getattr(module, name).default_image_size)
      with tf.Graph().as_default():
        _, end_points = module.mobilenet_v2_035(
          tf.zeros([1, 32, 32, 3]),
          2,
          conv_defs=None,
          min_depth=None,
          divisible_by=None,
          activation_fn=None,
        )
        self.assertIn('Relu6', end_points['layer_1'].op.type)
        self.assertEqual(1280, end_points['layer_19'].shape[3])

  def test_stages_of_ones_own(self):
    stages = (
      Stage(expansion=1, channels=8, repeats=1, stride=1),
      Stage(expansion=4, channels=16, repeats=2, stride=2),
    )
    images = np.zeros([1, 32, 32, 3], np.float32)
    for implementation in nets_factory.IMPLEMENTATIONS:
      model = Model('mobilenet_v2', 3, implementation, conv_defs=stages)
      logits, end_points = testing.run_eagerly(model.build(32), images)
      self.assertEqual((1, 3), logits.shape)
      self.assertEqual(
        (1, 8, 8, 64), end_points['layer_4/expansion_output'].shape
      )


if __name__ == '__main__':
  tf.test.main()
