"""How fast batch norm's averages follow, in the parts of a network."""

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from specs import networks
from tasks.segmentation import task as segmentation
from tests.helpers import networks as testing
from tests.helpers import soak
from training import optimizers
from training import state as training_state
from training import step as training_step

_NETWORK = 'deeplab_v3_mobilenet_v2'
_PUBLISHED = networks.ALL[_NETWORK].family.batch_norm_decays
_BACKBONE = 'MobilenetV2/Conv/BatchNorm/moving_mean'
_HEAD = 'image_pooling/BatchNorm/moving_mean'


def _state(implementation):
  model = testing.ruled_model(
    _NETWORK, 3, implementation, 33, depth_multiplier=0.1
  )
  learning_rate = tf.Variable(0.0, trainable=False)
  return training_state.TrainState(
    model,
    model.trainable_variables_by_name,
    optimizers.make_optimizer('sgd', learning_rate),
    learning_rate,
    training_state.make_global_step(),
  )


def _moved(state, limit, global_step):
  """Returns how far a train step moves the averages of backbone and head."""
  step = training_step.make_train_step(
    state,
    segmentation.make_task(3),
    lambda _: tf.constant(0.0),
    batch_norm_decay_fn=training_step.settling_decay(limit),
  )
  images = np.random.RandomState(0).uniform(-1, 1, [2, 33, 33, 3])
  averages = [
    state.model.variables_by_name[name] for name in (_BACKBONE, _HEAD)
  ]
  for average in averages:
    average.assign(tf.zeros_like(average))
  state.global_step.assign(global_step)
  step(tf.constant(images, tf.float32), tf.zeros([2, 33, 33], tf.uint8))
  return [np.linalg.norm(average) for average in averages]


@soak.slow
class BatchNormDecayTest(parameterized.TestCase, tf.test.TestCase):
  @parameterized.parameters(*networks.IMPLEMENTATIONS)
  def test_parts_have_decays_of_their_own(self, implementation):
    """An average moves by (1 - decay) of its difference, whatever that is."""
    tf.config.run_functions_eagerly(True)  # graphs take longer to make than run
    self.addCleanup(tf.config.run_functions_eagerly, False)
    self.assertEqual((0.997, 0.9997), _PUBLISHED)
    state = _state(implementation)
    whole = _moved(state, 0.0, 10**6)
    self.assertGreater(min(whole), 1e-3)
    for limit, global_step, expected in (
      (_PUBLISHED, 10**6, [0.003, 0.0003]),
      (_PUBLISHED, 0, [0.9, 0.9]),
      # (1 + step) / (10 + step): above the backbone's, below the head's.
      (_PUBLISHED, 8990, [0.003, 0.001]),
      (0.99, 10**6, [0.01, 0.01]),
    ):
      moved = _moved(state, limit, global_step)
      self.assertAllClose(
        expected, np.divide(moved, whole), rtol=0.02, msg=(limit, global_step)
      )


if __name__ == '__main__':
  tf.test.main()
