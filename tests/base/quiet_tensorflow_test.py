"""TensorFlow as the programs import it, in a process that starts so."""

import os
import signal
import subprocess
import sys
import tempfile

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


# In TensorFlow's place: Ctrl-C comes while it is imported, or afterwards.
_INTERRUPTED = """
import os, signal, time
os.kill(os.getpid(), signal.SIGINT)
time.sleep(60)
"""


class QuietTensorFlowTest(absltest.TestCase):
  def test_ctrl_c(self):
    """Ends it by the signal, without a word: shells have status 130."""
    for in_tensorflow, afterwards in ((_INTERRUPTED, ''), ('', _INTERRUPTED)):
      with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, 'tensorflow.py'), 'w') as file:
          file.write(in_tensorflow)
        environment = programs.environment()
        environment['PYTHONPATH'] = f'{folder}:{environment["PYTHONPATH"]}'
        run = subprocess.run(
          [
            sys.executable,
            '-c',
            'import signal\n'
            # Shells have jobs in the background ignore it.
            'signal.signal(signal.SIGINT, signal.default_int_handler)\n'
            f'from base import quiet_tensorflow\n{afterwards}',
          ],
          env=environment,
          capture_output=True,
          text=True,
          timeout=60,
          check=False,
        )
      self.assertEqual((-signal.SIGINT, ''), (run.returncode, run.stderr))

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
