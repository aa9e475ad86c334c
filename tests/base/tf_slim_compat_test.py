"""Each patch of tf_slim_compat.py is needed and does what slim expects."""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from unittest import mock

from absl.testing import parameterized
import tensorflow as tf

from base import tf_slim_compat
from base.tf_slim_compat import slim
from nets import tf_slim_compat as documented

# Starts without our patches; every line of it fails where it is untrue.
_FRESH_PROCESS = """
from base import quiet_tensorflow
import tf_slim
from tensorflow.python.framework import ops
from tensorflow.python.layers import normalization
from tensorflow.python.ops import array_ops, control_flow_ops, variable_scope
try:
  normalization.BatchNormalization
except ModuleNotFoundError as error:
  assert error.name == 'tf_keras.legacy_tf_layers', error
else:
  raise AssertionError('slim.batch_norm needs no patch')
modules = [ops, array_ops, control_flow_ops, variable_scope]
before = [dict(vars(module)) for module in modules]
from base import tf_slim_compat
for module, old in zip(modules, before):
  new = vars(module)
  assert all(new[name] is old[name] for name in old), module
  ours = {name for owner, name, _ in tf_slim_compat.MOVED if owner is module}
  assert set(new) - set(old) == ours, (module, set(new) - set(old), ours)
normalization.BatchNormalization
"""


def _auc():
  auc, update = slim.metrics.auc_using_histogram(
    tf.constant([False, True]), tf.constant([0.1, 0.9]), [0.0, 1.0]
  )
  tf.compat.v1.add_to_collection(tf.compat.v1.GraphKeys.UPDATE_OPS, update)
  return auc


def _decode_raw():
  return slim.tfexample_decoder.Image(shape=[1, 2, 3]).tensors_to_item(
    {'image/encoded': tf.constant('abcdef'), 'image/format': tf.constant('raw')}
  )


def _use_backup():
  handler, backup = (slim.tfexample_decoder.Tensor(key) for key in 'ab')
  return slim.tfexample_decoder.BackupHandler(handler, backup).tensors_to_item(
    {'a': tf.zeros([0]), 'b': tf.constant([3.0])}
  )


def _medoid_score():
  distances = [[0.0, 1.0, 9.0], [1.0, 0.0, 9.0], [9.0, 9.0, 0.0]]
  return slim.losses.metric_learning.compute_gt_cluster_score(
    tf.constant(distances), tf.constant([0, 0, 1])
  )


def _dense_of_cube():
  return slim.legacy_linear(
    tf.ones([2, 1, 3]), 1, weight_init=tf.compat.v1.ones_initializer()
  )


def _decode_with_shape():
  handler = slim.tfexample_decoder.Tensor('a', shape_keys=['h', 'w'])
  return handler.tensors_to_item(
    {'a': tf.constant([1.0, 2.0]), 'h': tf.constant(2), 'w': tf.constant(1)}
  )


def _doubled_sparse_gradient():
  table = tf.compat.v1.get_variable('table', [3, 1])
  loss = tf.reduce_sum(tf.gather(table, [1]))
  gradient = tf.gradients(loss, table)[0]
  return slim.learning.multiply_gradients([(gradient, table)], {table: 2.0})[0][
    0
  ].values


def _step_with_tensor_rate():
  weight = tf.compat.v1.get_variable('weight', initializer=2.0)
  step = slim.optimize_loss(
    3.0 * weight,
    slim.get_or_create_global_step(),
    learning_rate=tf.constant(0.5),
    optimizer='SGD',
    summaries=(),
  )
  with tf.control_dependencies([step]):
    return weight.read_value()


# name of the patch, what slim computes with it, the same by hand
_USES = (
  ('Tensor', _step_with_tensor_rate, 2.0 - 0.5 * 3.0),
  ('IndexedSlices', _doubled_sparse_gradient, [[2.0]]),
  ('stack', _decode_with_shape, [[1.0], [2.0]]),
  ('unstack', _dense_of_cube, [[[3.0]], [[3.0]]]),
  ('Assert', _auc, 1.0),
  ('case', _decode_raw, [[[97, 98, 99], [100, 101, 102]]]),
  ('cond', _use_backup, [3.0]),
  ('while_loop', _medoid_score, -1.0),
  ('variable', lambda: slim.local_variable(42), 42),
)


@contextlib.contextmanager
def _taken_back(name):
  """Leaves TensorFlow without our patch of that name."""
  (module,) = [m for m, patched, _ in tf_slim_compat.MOVED if patched == name]
  value = getattr(module, name)
  delattr(module, name)
  try:
    yield
  finally:
    setattr(module, name, value)


def _run(use):
  """Returns what the graph made by use() computes."""
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    result = use()
    session.run(
      [
        tf.compat.v1.global_variables_initializer(),
        tf.compat.v1.local_variables_initializer(),
      ]
    )
    session.run(tf.compat.v1.get_collection(tf.compat.v1.GraphKeys.UPDATE_OPS))
    return session.run(result)


class PatchTest(tf.test.TestCase, parameterized.TestCase):
  def test_each_patch_is_tested(self):
    self.assertCountEqual(
      [name for _, name, _ in tf_slim_compat.MOVED],
      [name for name, _, _ in _USES],
    )

  @parameterized.parameters(*_USES)
  def test_slim_needs(self, name, use, expected):
    with _taken_back(name):
      with self.assertRaisesRegex(AttributeError, f"attribute '{name}'"):
        _run(use)
    self.assertAllClose(expected, _run(use))

  def test_patches_only_what_is_missing(self):
    environment = os.environ | {
      'PYTHONPATH': os.pathsep.join(filter(None, sys.path))
    }
    run = subprocess.run(
      [sys.executable, '-c', _FRESH_PROCESS],
      env=environment,
      capture_output=True,
      text=True,
      check=False,
    )
    self.assertEqual(0, run.returncode, run.stderr[-2000:])

  def test_documented_path(self):
    self.assertIs(slim, documented.slim)

  def test_overwrites_nothing(self):
    for module, name, _ in tf_slim_compat.MOVED:
      with mock.patch.object(module, name) as existing:
        tf_slim_compat.restore_moved_names()
        self.assertIs(existing, getattr(module, name))
    existing = object()
    with mock.patch.dict(sys.modules, {tf_slim_compat.NORMALIZATION: existing}):
      tf_slim_compat.restore_normalization()
      self.assertIs(existing, sys.modules[tf_slim_compat.NORMALIZATION])


def _train_with_threads(folder):
  """Trains until a thread has saved a checkpoint; returns its steps."""
  with tf.Graph().as_default():
    weight = tf.compat.v1.get_variable('weight', initializer=2.0)
    train_op = slim.learning.create_train_op(
      weight**2, tf.compat.v1.train.GradientDescentOptimizer(0.01)
    )

    def train_step(session, *arguments):
      loss, _ = slim.learning.train_step(session, *arguments)
      time.sleep(0.01)
      step = session.run(tf.compat.v1.train.get_global_step())
      saved = tf.train.latest_checkpoint(folder)
      return loss, step >= 10 and bool(saved) or step == 1000

    slim.learning.train(train_op, folder, train_step, save_summaries_secs=1)
  state = tf.train.get_checkpoint_state(folder)
  return [
    int(path.rpartition('-')[2]) for path in state.all_model_checkpoint_paths
  ]


class ThreadsTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enterContext(tempfile.TemporaryDirectory())

  def test_training_needs_threads_in_its_graph(self):
    with mock.patch.object(slim.learning, 'supervisor', tf.compat.v1.train):
      with self.assertRaisesRegex(TypeError, 'global_step.*out of scope'):
        _train_with_threads(self.folder)

  def test_threads_save(self):
    steps = _train_with_threads(self.folder)
    self.assertLen(steps, 2)  # A thread's, and the last one.
    self.assertBetween(steps[-1], 10, 999)
    self.assertLess(steps[0], steps[1])

  def test_others_have_tensorflows_supervisor(self):
    self.assertIsNot(
      slim.learning.supervisor.Supervisor, tf.compat.v1.train.Supervisor
    )


if __name__ == '__main__':
  tf.test.main()
