"""What stands between gradients and weights, against arithmetic by hand."""

import numpy as np
import tensorflow as tf

from base.errors import InputError
from specs import roles
from tasks import classification
from tests.helpers import states
from training import optimizers
from training import state as training_state
from training import step as training_step
from training.learning_rates import LearningRate
from training.optimizers import Optimization
from training.optimizers import UpdateOptions

_RANDOM = np.random.RandomState(0)
_IMAGES = _RANDOM.uniform(-1, 1, [6, 2, 2, 3]).astype('f')
_LABELS = np.array([0, 2, 1, 2, 1, 1])
_BODY, _HEAD = 'Net/Conv/weights', 'Net/Logits/weights'


class _TwoLayers(tf.Module):
  """A body and a head; the body's average moves unless it is frozen."""

  def __init__(self, head=_HEAD):
    super().__init__()
    random = np.random.RandomState(1)
    self.trainable_variables_by_name = {
      name: tf.Variable(random.normal(size=[3, 3]), dtype=tf.float32)
      for name in (_BODY, head)
    }
    self.average = tf.Variable([0.0] * 3, trainable=False)
    self.variables_by_name = {
      **self.trainable_variables_by_name,
      'Net/Conv/moving_mean': self.average,
    }

  def __call__(self, images, is_training, freeze_body=False):
    features = tf.reduce_mean(images, [1, 2])
    if not freeze_body:
      self.average.assign_add(tf.reduce_mean(features, 0))
    for weights in self.trainable_variables_by_name.values():
      features = tf.matmul(tf.sin(features), weights)
    return features, {}


def _state(optimizer='sgd', **options):
  return training_state.make_state(
    _TwoLayers(),
    Optimization(
      optimizer,
      {'opt_epsilon': 1e-8},
      LearningRate(),
      0.0,
      0.9,
      None,
      **options,
    ),
  )


def _run(state, steps=1, images=_IMAGES, labels=_LABELS, **options):
  """Returns the loss of each step."""
  step = training_step.make_train_step(
    state,
    classification.make_task(3),
    lambda step: tf.constant(0.1),
    weight_decay=0.01,
    **options,
  )
  training_state.state_by_name(state)
  batch = tf.constant(images), tf.constant(labels)
  return [float(step(*batch).loss) for _ in range(steps)]


def _changes(state, **options):
  """Returns what one step adds to the weights of body and of head."""
  before = states.values(state)
  _run(state, **options)
  after = states.values(state)
  return [after[name] - before[name] for name in (_BODY, _HEAD)]


class UpdateTest(tf.test.TestCase):
  def test_three_small_batches_are_one_large(self):
    for xla in (False, True):
      for optimizer in ('momentum', 'adam'):
        whole, parts = _state(optimizer), _state(optimizer)
        losses = [
          _run(whole, 3, xla=xla),
          _run(parts, 3, xla=xla, update=UpdateOptions(accumulate_steps=3)),
        ]
        self.assertAllClose(losses[0], losses[1], rtol=1e-5)
        wanted, values = states.values(whole), states.values(parts)
        self.assertEqual(3, values['global_step'])
        for name in wanted:
          if 'moving' not in name:  # What batch norm sees is another thing.
            self.assertAllClose(wanted[name], values[name], msg=name, rtol=1e-4)

  def test_gradients_are_shortened_together(self):
    plain = _changes(_state())
    norm = np.sqrt(sum(np.square(change).sum() for change in plain)) / 0.1
    for limit, factor in ((0.3 * norm, 0.3), (2 * norm, 1.0)):
      clipped = _changes(
        _state(), update=UpdateOptions(clip_gradients_norm=limit)
      )
      for change, wanted in zip(clipped, plain):
        self.assertAllClose(factor * wanted, change, rtol=1e-4, atol=1e-7)

  def test_an_infinite_gradient_is_skipped_where_others_are_shortened(self):
    images = np.copy(_IMAGES)
    images[0] = np.nan
    for change in _changes(
      _state(), images=images, update=UpdateOptions(clip_gradients_norm=1.0)
    ):
      self.assertAllEqual(np.zeros([3, 3]), change)

  def test_head_learns_at_a_rate_of_its_own(self):
    """Whatever the optimizer makes of a gradient's size."""
    update = UpdateOptions(head_learning_rate_multiplier=0.25)
    for name in optimizers.OPTIMIZERS:
      if name == 'ftrl':  # Its step is not linear in the rate.
        continue
      with self.subTest(name):
        body, head = _changes(_state(name))
        other_body, other_head = _changes(
          _state(name, update=update), update=update
        )
        self.assertAllClose(body, other_body, rtol=1e-4, atol=5e-7)
        self.assertAllClose(0.25 * head, other_head, rtol=1e-4, atol=5e-7)

  def test_frozen_body_stays_and_then_begins_as_new(self):
    """Adam's bias correction counts the body's own steps: the first has length
    0.1, the rate, whatever went before.
    """
    state = _state('adam', freeze_epochs=1.0)
    before = states.values(state)
    _run(state, 3, freeze_steps=3)
    frozen = states.values(state)
    kept = [name for name in frozen if 'Conv' in name] + [
      'beta1_power',
      'beta2_power',
    ]
    self.assertLen(kept, 6)
    for name in kept:
      self.assertAllEqual(before[name], frozen[name], name)
    self.assertNotAllClose(before[_HEAD], frozen[_HEAD])
    self.assertAllClose(0.9**4, frozen['head/beta1_power'])
    _run(state, 1, freeze_steps=3)
    after = states.values(state)
    self.assertAllClose(
      np.full([3, 3], 0.1), np.abs(after[_BODY] - before[_BODY]), rtol=1e-3
    )
    self.assertNotAllClose(0, after['Net/Conv/moving_mean'])

  def test_freezing_needs_a_head(self):
    optimization = Optimization(
      'sgd', {}, LearningRate(), 0.0, 0.9, None, freeze_epochs=1.0
    )
    for head, scopes, message in (
      (_HEAD, 'Net/Conv', 'freeze_epochs: .*of the head'),
      ('Net/aux_logits/weights', None, 'freeze_epochs: .*auxiliary'),
    ):
      with self.assertRaisesRegex(InputError, message):
        training_state.make_state(_TwoLayers(head), optimization, scopes)

  def test_body_and_head(self):
    for name in (
      'MobilenetV2/Conv/weights',
      'MobilenetV2/expanded_conv_16/project/weights',
      'FeatureExtractor/MobilenetV2/Conv_1/weights',
      'MobilenetV3/Conv_2/biases',
      'cell_0/comb_iter_0/left/bn_sep_7x7_1/beta',
    ):
      self.assertTrue(roles.is_body(name), name)
    for name in (
      'MobilenetV1/Logits/Conv2d_1c_1x1/weights',
      'final_layer/FC/weights',
      'FeatureExtractor/MobilenetV2/layer_19_2_Conv2d_3_3x3_s2_256/weights',
      'BoxPredictor_0/ClassPredictor/biases',
      'image_pooling/BatchNorm/gamma',
      'aspp1_depthwise/depthwise_weights',
      'concat_projection/weights',
      'logits/semantic/weights',
    ):
      self.assertFalse(roles.is_body(name), name)


if __name__ == '__main__':
  tf.test.main()
