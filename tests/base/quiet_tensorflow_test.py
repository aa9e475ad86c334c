"""TensorFlow as the programs import it, in a process that starts so."""

import subprocess
import sys

from absl.testing import absltest

from tests.helpers import programs

# What takes a second and more to import, and most programs do not use.
_FRESH_PROCESS = """
import sys
from base import quiet_tensorflow
from nets.tf_slim_compat import slim
slow = {'keras', 'keras.src', 'matplotlib', 'sklearn', 'sklearn.metrics'}
assert not slow & set(sys.modules), slow & set(sys.modules)
from tensorflow.keras import losses
import tensorflow as tf
assert losses.Huber is tf.keras.losses.Huber is tf.losses.Huber
scores = slim.losses.metric_learning.metrics
assert scores.v_measure_score([0, 1], [1, 0]) == 1.0
import sklearn.metrics
assert sklearn.metrics.v_measure_score is scores.v_measure_score
"""


class QuietTensorFlowTest(absltest.TestCase):
  def test_imports_and_says_no_more_than_is_used(self):
    run = subprocess.run(
      [sys.executable, '-c', _FRESH_PROCESS],
      env=programs.environment(),
      capture_output=True,
      text=True,
      check=False,
    )
    self.assertEqual((0, ''), (run.returncode, run.stderr[-2000:]))


if __name__ == '__main__':
  absltest.main()
