"""tf-slim's layers, as they run with the patches of tf_slim_compat.py."""

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from base.tf_slim_compat import slim

_STATISTICS = (
  'conv/BatchNorm/moving_mean',
  'conv/BatchNorm/moving_variance',
  'separable/BatchNorm/moving_mean',
  'separable/BatchNorm/moving_variance',
)


def _network(images, is_training):
  with slim.arg_scope(
    [slim.batch_norm], is_training=is_training, decay=0.75, scale=True
  ):
    with slim.arg_scope(
      [slim.conv2d, slim.separable_conv2d], normalizer_fn=slim.batch_norm
    ):
      net = slim.conv2d(images, 4, [3, 3], stride=2, scope='conv')
      net = slim.separable_conv2d(net, 6, [3, 3], scope='separable')
  net = slim.max_pool2d(net, [2, 2], scope='pool')
  net = slim.dropout(net, is_training=False)
  return slim.fully_connected(
    slim.flatten(net), 3, activation_fn=None, scope='logits'
  )


def _run_graph(images, is_training):
  """Returns logits, and {name: value} of the variables before and after."""
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    tf.compat.v1.set_random_seed(1)
    logits = _network(tf.constant(images), is_training)
    variables = {v.op.name: v for v in tf.compat.v1.global_variables()}
    updates = tf.compat.v1.get_collection(tf.compat.v1.GraphKeys.UPDATE_OPS)
    session.run(tf.compat.v1.global_variables_initializer())
    before = session.run(variables)
    logits, _ = session.run([logits, updates])
    return logits, before, session.run(variables)


def _run_function(images, is_training, values):
  """The same under tf.function, from the values of the variables."""
  variables = {}

  def remember(getter, name, *args, **kwargs):
    if name not in variables:
      variables[name] = getter(name, *args, **kwargs)
    return variables[name]

  @tf.function(autograph=False)
  def network(images, is_training):
    with tf.compat.v1.variable_scope(
      '', custom_getter=remember, reuse=tf.compat.v1.AUTO_REUSE
    ):
      return _network(images, is_training)

  network(tf.zeros_like(images), is_training=False)  # makes the variables
  for name, value in values.items():
    variables[name].assign(value)
  logits = network(tf.constant(images), is_training)
  return logits.numpy(), {n: v.numpy() for n, v in variables.items()}


class LayersTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(False, True)
  def test_function_computes_what_a_graph_does(self, is_training):
    images = np.random.RandomState(0).normal(size=[2, 8, 8, 3])
    images = images.astype(np.float32)
    expected, before, after = _run_graph(images, is_training)
    logits, variables = _run_function(images, is_training, before)
    self.assertGreater(np.abs(expected).max(), 0.1)
    self.assertAllClose(expected, logits, rtol=1e-5, atol=1e-5)
    self.assertCountEqual(after, variables)
    for name, value in after.items():
      self.assertAllClose(value, variables[name], rtol=1e-5, atol=1e-5)
    moved = [
      name for name in after if not np.array_equal(after[name], before[name])
    ]
    self.assertCountEqual(_STATISTICS if is_training else [], moved)

  def test_batch_norm_by_hand(self):
    images = np.array([1.0, 3.0], np.float32).reshape([2, 1, 1, 1])
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
      normalized = slim.batch_norm(
        tf.constant(images), decay=0.75, epsilon=0.0, is_training=True
      )
      session.run(tf.compat.v1.global_variables_initializer())
      updates = tf.compat.v1.get_collection(tf.compat.v1.GraphKeys.UPDATE_OPS)
      result, _ = session.run([normalized, updates])
      mean = session.run(slim.get_variables_by_name('moving_mean')[0])
    self.assertAllClose([-1.0, 1.0], result.ravel())
    self.assertAllClose([0.25 * 2.0], mean)


if __name__ == '__main__':
  tf.test.main()
