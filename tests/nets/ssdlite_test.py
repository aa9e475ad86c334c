"""SSDLite in both implementations, against what the published one computes."""

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from fast import ssdlite as fast_ssdlite
from nets import ssdlite as slim_ssdlite
from nets.tf_slim_compat import slim
from specs import cost
from specs import roles
from specs import ssdlite as table
from tasks.detection import anchors as anchors_lib
from tasks.detection import box_coder
from tasks.detection import detections as detections_lib
from tasks.detection import hard_example_miner
from tasks.detection import losses as losses_lib
from tasks.detection import targets as targets_lib
from tests.helpers import detection
from tests.helpers import golden_rule
from tests.helpers import networks as testing
from tests.helpers import soak

IMPLEMENTATIONS = {
  'slim': ('slim', {}),
  'fast_nhwc': ('fast', {'data_format': 'NHWC'}),
  'fast_nchw': ('fast', {'data_format': 'NCHW'}),
}
# Largest deviation of what the network computes, from the noise of the
# published code with oneDNN and without. In training the last map's batch norm
# is over four values.
TOLERANCES = {'eval': 3e-4, 'train': 2e-2}
# How many of the anchors that mining chooses may differ.
PART_OF_CHOSEN = 0.01


class GoldenTest(parameterized.TestCase, tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.description, self.arrays = testing.load_golden(detection.NETWORK)
    size = self.description['size']
    self.anchors = tf.constant(anchors_lib.ssdlite_anchors(size, size))

  def assert_close(self, actual, expected, tolerance, what):
    self.assertGreater(np.abs(expected).max(), 0.1, 'too small to compare')
    self.assertLessEqual(testing.deviation(actual, expected), tolerance, what)

  def images(self, batch):
    size = self.description['size']
    return tf.constant(golden_rule.images(batch, size, size))

  def targets(self, batch):
    return targets_lib.assign(
      detection.groundtruth(self.description, batch), self.anchors
    )

  def check_outputs(self, mode, predictions, end_points):
    predictions, end_points = testing.as_arrays((predictions, end_points))
    for key, values, count in (
      ('box_encodings', predictions.box_encodings, 512),
      ('class_predictions', predictions.class_logits, 1024),
      *(
        (f'feature_map_{number}', end_points[f'feature_map_{number}'], 64)
        for number in range(6)
      ),
    ):
      described = self.description[f'{mode}/stats'][key]
      self.assertEqual(described['shape'], list(values.shape), key)
      tolerance = TOLERANCES[mode]
      self.assert_close(
        testing.sampled(values, count),
        self.arrays[f'{mode}/{key}'],
        tolerance,
        f'{mode} {key}',
      )
      self.assertAllClose(
        described['norm'], np.linalg.norm(values), rtol=tolerance, msg=key
      )

  def check_targets(self, mode, targets):
    expected = self.arrays[f'{mode}/targets/match']
    self.assertAllEqual(expected, targets.match)
    matched = self.arrays[f'{mode}/targets/matched']
    for key, values in (
      ('classes', targets.classes),
      ('reg_weights', targets.box_weights),
      ('cls_weights', targets.class_weights),
    ):
      self.assertAllEqual(
        self.arrays[f'{mode}/targets/{key}'],
        detection.of_matched(values, matched),
      )
    self.assertAllClose(
      self.arrays[f'{mode}/targets/reg_targets'],
      detection.of_matched(targets.box_encodings, matched),
      rtol=0,
      atol=1e-5,
    )

  def check_anchors_losses(self, mode, predictions, targets):
    """Before mining: some, their sums, and all of those that are matched."""
    location = losses_lib.localization_losses(
      predictions.box_encodings, targets
    ).numpy()
    classification = losses_lib.classification_losses(
      predictions.class_logits, targets
    ).numpy()
    matched = self.arrays[f'{mode}/targets/matched']
    for key, values in (
      ('location', testing.sampled(location, 256)),
      ('classification', testing.sampled(classification, 256)),
      ('location_matched', detection.of_matched(location, matched)),
    ):
      self.assert_close(
        values, self.arrays[f'{mode}/loss/{key}'], TOLERANCES[mode], key
      )
    sums = self.description[f'{mode}/loss']
    self.assertAllClose(sums['sum_location'], location.sum(), rtol=1e-3)
    self.assertAllClose(
      sums['sum_classification'], classification.sum(), rtol=1e-3
    )

  def check_chosen(self, mode, predictions, targets):
    decoded = box_coder.decode(predictions.box_encodings, self.anchors)
    losses = losses_lib.classification_losses(predictions.class_logits, targets)
    chosen = hard_example_miner.mine(decoded, losses, targets.is_positive)
    for key, counted in detection.counts_of_mining(
      decoded, losses, targets
    ).items():
      self.assertAllClose(
        self.description[f'{mode}/loss'][key], counted, rtol=0.01, msg=key
      )
    for image, flags in enumerate(chosen.numpy()):
      expected = self.arrays[f'{mode}/loss/selected_{image}']
      differ = set(expected) ^ set(np.flatnonzero(flags))
      self.assertLessEqual(len(differ), PART_OF_CHOSEN * len(expected))

  def losses(self, mode, predictions):
    """Returns the losses, compared with the golden's."""
    targets = self.targets(predictions.box_encodings.shape[0])
    self.check_targets(mode, targets)
    self.check_anchors_losses(mode, predictions, targets)
    self.check_chosen(mode, predictions, targets)
    losses = losses_lib.multibox_losses(predictions, targets, self.anchors)
    for key, value in losses.items():
      expected = self.description[f'{mode}/loss'][key]
      self.assertAllClose(expected, value, rtol=1e-3, msg=f'{mode} {key}')
    return losses

  def check_detections(self, predictions):
    predictions = predictions._replace(
      class_logits=predictions.class_logits
      * self.description['detections_logit_scale']
    )
    found = detections_lib.detect(predictions, self.anchors)
    self.assertAllEqual(
      self.arrays['eval/detections/num_detections'], found.count
    )
    self.assertAllClose(
      self.description['suppressed'],
      detection.count_suppressed(predictions, found),
      atol=3,
    )

    def by_key(anchors, classes, boxes, scores):
      return {
        (anchor, label): np.append(box, score)
        for anchor, label, box, score in zip(anchors, classes, boxes, scores)
      }

    for image in range(self.description['batch']):
      ours = by_key(
        *(
          getattr(found, field).numpy()[image]
          for field in ('anchors', 'classes', 'boxes', 'scores')
        )
      )
      published = by_key(
        *(
          self.arrays[f'eval/detections/{key}'][image]
          for key in ('anchor_indices', 'classes', 'boxes', 'scores')
        )
      )
      both = ours.keys() & published.keys()
      self.assertGreaterEqual(len(both), len(published) - 3)
      for key in both:
        self.assertAllClose(published[key], ours[key], rtol=0, atol=1e-3)

  def check_gradients(self, gradients):
    expected = self.description['gradient_norms']
    self.assertEqual(expected.keys(), gradients.keys())
    largest = max(expected.values())
    for name, norm in expected.items():
      self.assertAllClose(
        norm,
        np.linalg.norm(gradients[name]),
        rtol=0.08 if norm > 1e-3 * largest else 0,
        atol=0 if norm > 1e-3 * largest else 1e-3 * largest,
        msg=name,
      )

  def check_variables(self, model):
    variables = model.variables_by_name
    self.assertEqual(
      self.description['variables'],
      {name: variable.shape.as_list() for name, variable in variables.items()},
    )
    trainable = model.trainable_variables_by_name
    self.assertCountEqual(self.description['trainable'], trainable)
    counted = cost.count(table.convolutions(table.resolve(), 300, 300, 90))
    for count in (self.description['trainable_params'], counted.trainable):
      self.assertEqual(
        count,
        sum(variable.shape.num_elements() for variable in trainable.values()),
      )
    self.assertCountEqual(
      self.description['regularized'], filter(roles.decays, variables)
    )

  @parameterized.named_parameters(
    (f'_{name}', *row) for name, row in IMPLEMENTATIONS.items()
  )
  def test_golden(self, implementation, options):
    description = self.description
    model = detection.ssdlite(
      description['num_classes'], implementation, **options
    )
    predictions, end_points = model(self.images(description['batch']))
    self.check_outputs('eval', predictions, end_points)
    self.losses('eval', predictions)
    self.check_detections(predictions)
    self.check_variables(model)

    with tf.GradientTape() as tape:
      predictions, end_points = model(
        self.images(description['train_batch']), is_training=True
      )
      loss = sum(self.losses('train', predictions).values())
    self.check_outputs('train', predictions, end_points)
    self.check_gradients(
      tape.gradient(
        loss,
        model.trainable_variables_by_name,
        unconnected_gradients=tf.UnconnectedGradients.ZERO,
      )
    )
    moved = [key for key in self.arrays if key.startswith('train/moved/')]
    self.assertLen(moved, 6)
    for key in moved:
      variable = model.variables_by_name[key.removeprefix('train/moved/')]
      self.assert_close(variable.numpy(), self.arrays[key], 1e-4, key)

  @parameterized.parameters('slim', 'fast')
  @soak.slow
  def test_regularization(self, implementation):
    """What the functions alone put into slim's collection; initial weights."""
    deviations = {}

    def by_rule(getter, name, shape, **arguments):
      if name.endswith('weights'):
        deviations[name] = arguments['initializer'].stddev
      value = golden_rule.variable(name, list(shape))
      arguments['initializer'] = lambda *args, **kwargs: tf.constant(value)
      return getter(name, shape, **arguments)

    with (
      tf.Graph().as_default() as graph,
      tf.compat.v1.variable_scope('', custom_getter=by_rule),
      slim.arg_scope(slim_ssdlite.ssdlite_arg_scope()),
    ):
      images = tf.zeros([1, 32, 32, 3])
      if implementation == 'slim':
        slim_ssdlite.ssdlite_mobilenet_v2(images, 90)
      else:
        fast_ssdlite.ssdlite_mobilenet_v2(images, 90, weight_decay=4e-5)
      losses = graph.get_collection(
        tf.compat.v1.GraphKeys.REGULARIZATION_LOSSES
      )
      with tf.compat.v1.Session() as session:
        session.run(tf.compat.v1.global_variables_initializer())
        total = session.run(tf.add_n(losses))
    self.assertLen(losses, self.description['regularized_count'])
    self.assertAllClose(self.description['regularized_loss'], total, rtol=1e-4)
    for name, deviation in deviations.items():
      of_backbone = '/expanded_conv' in name or '/Conv' in name
      self.assertEqual(0.09 if of_backbone else 0.03, deviation, name)


if __name__ == '__main__':
  tf.test.main()
