"""A graph that would do more than compute is refused, and not run."""

import os
import tempfile

from absl.testing import parameterized
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from base.errors import InputError
from export import formats
from tasks import classification_export
from tests.helpers import exports

_NAMES = ('ant', 'bee')


def _hostile(kind, victim):
  """Returns a GraphDef with input:0, and an output that touches a file."""
  with tf.Graph().as_default() as graph:
    images = tf.compat.v1.placeholder(tf.float32, [None, 8, 8, 3], 'input')
    total = tf.reduce_sum(images, axis=[1, 2])
    if kind == 'WriteFile':
      with tf.control_dependencies([tf.io.write_file(victim, 'x')]):
        total = tf.identity(total)
    elif kind == 'ReadFile':
      total += tf.cast(tf.strings.length(tf.io.read_file(victim)), tf.float32)
    else:  # in a function, which the graph calls
      total += tf.function(_count_lines)(tf.constant(victim))
    tf.identity(total, 'probabilities')
  return graph.as_graph_def()


def _count_lines(path):
  lines = tf.data.TextLineDataset(path).reduce(0.0, lambda so_far, line: 1.0)
  return lines


class HostileGraphsTest(parameterized.TestCase, tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enterContext(tempfile.TemporaryDirectory())
    self.victim = os.path.join(self.folder, 'victim')

  def check(self, folder, name, operation):
    with self.assertRaisesRegex(
      InputError, f'does more than compute, by the operation {operation}, and'
    ):
      formats.load(folder, name, ['probabilities'])(tf.zeros([1, 8, 8, 3]))
    self.assertFalse(os.path.exists(self.victim))

  @parameterized.parameters(
    ('WriteFile', 'WriteFile'),
    ('ReadFile', 'ReadFile'),
    ('function', r'\w*Dataset'),
  )
  def test_frozen_graph(self, kind, operation):
    path = os.path.join(self.folder, 'frozen_graph.pb')
    with open(path, 'wb') as file:
      file.write(_hostile(kind, self.victim).SerializeToString())
    self.check(self.folder, 'frozen_graph', operation)

  def test_saved_model(self):
    network = exports.network(
      exports.classifier(2), classification_export.EXPORTED, 32, 'lenet', _NAMES
    )
    folder = os.path.join(self.folder, 'export')
    exports.write(network, folder, 'saved_model')
    path = os.path.join(folder, 'saved_model.pb')
    with open(path, 'rb') as file:
      stored = saved_model_pb2.SavedModel.FromString(file.read())
    stored.meta_graphs[0].graph_def.MergeFrom(
      _hostile('WriteFile', self.victim)
    )
    with open(path, 'wb') as file:
      file.write(stored.SerializeToString())
    self.check(folder, 'saved_model', 'WriteFile')


if __name__ == '__main__':
  tf.test.main()
