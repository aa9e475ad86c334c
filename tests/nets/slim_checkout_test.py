"""The networks copied into a checkout of slim: trained there, read here."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from absl.testing import absltest
import numpy as np
import tensorflow as tf

from checkpoints import reader
from checkpoints import restore
from datasets import tfrecord
from runtime.model import Model
from tests.helpers import image_files
from tests.helpers import networks as testing
from tests.helpers import programs
from tests.helpers import soak

# README names these: nets/ and what it imports.
_FOLDERS = ('nets', 'fast', 'specs', 'base')
_PROGRAM = 'slim_checkout.py'
_CLASSES = 5
_COUNT = 12


def _images(split):
  """Returns a dark image to a class, a light one to the next, and so on."""
  levels = [40 * (i % _CLASSES) for i in range(_COUNT)]
  noise = [image_files.noise(i + len(split), 32, 32) // 4 for i in levels]
  return [pixels + np.uint8(level) for pixels, level in zip(noise, levels)]


def _write(folder, split):
  path = os.path.join(folder, f'{split}.tfrecord')
  with tf.io.TFRecordWriter(path) as file:
    for i, image in enumerate(_images(split)):
      example = tfrecord.make_example(
        image_files.encode(image), 'png', i % _CLASSES, 32, 32
      )
      file.write(example.SerializeToString())


def _paths_without_this_project():
  """Returns where installed packages are."""
  return [
    path
    for path in sys.path
    if path and not (pathlib.Path(path) / 'nets').is_dir()
  ]


class SlimCheckoutTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enter_context(tempfile.TemporaryDirectory())
    self.checkout = os.path.join(self.folder, 'slim')
    for name in _FOLDERS:
      shutil.copytree(
        os.path.join(programs.PROJECT, name),
        os.path.join(self.checkout, name),
        ignore=shutil.ignore_patterns('__pycache__'),
      )
    helpers = os.path.join(programs.PROJECT, 'tests', 'helpers')
    shutil.copy(os.path.join(helpers, _PROGRAM), self.checkout)
    for split in 'train', 'test':
      _write(self.folder, split)

  def run_program(self, *arguments):
    """Returns what it printed last, with nothing but the checkout on its path.

    As when somebody runs it there: a name that is not copied is missing.
    """
    run = subprocess.run(
      [sys.executable, _PROGRAM, *arguments],
      cwd=self.checkout,
      env={
        **os.environ,
        'PYTHONPATH': os.pathsep.join(_paths_without_this_project()),
        'TF_CPP_MIN_LOG_LEVEL': '3',
      },
      capture_output=True,
      text=True,
      check=False,
    )
    self.assertEqual(0, run.returncode, run.stderr[-3000:])
    return json.loads(run.stdout.splitlines()[-1])

  @soak.slow
  def test_trains_there_and_reads_here(self):
    train_dir = os.path.join(self.folder, 'run')
    metrics = self.run_program(
      f'--dataset_dir={self.folder}', f'--train_dir={train_dir}'
    )
    images = np.stack(_images('test'))
    labels = np.arange(_COUNT) % _CLASSES
    checkpoint = reader.open_checkpoint(train_dir)
    for implementation in 'slim', 'fast':
      model = Model('mobilenet_v1_025', _CLASSES, implementation).build(32)
      report = restore.for_evaluation(
        model, checkpoint, moving_average_decay=0.9999
      )
      self.assertEqual(20, report.step)
      logits, _ = testing.run_eagerly(model, images)
      there = metrics[implementation]
      self.assertAlmostEqual(
        np.mean(logits.argmax(1) == labels), there['Accuracy'], places=5
      )
      losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
      np.testing.assert_allclose(np.mean(losses), there['Loss'], rtol=1e-4)
      self.assertGreater(np.ptp(logits), 0.1)


if __name__ == '__main__':
  absltest.main()
