"""Batches of image files, and how far a program is with them."""

from concurrent import futures
import io
import os
import tempfile
import threading
import types
from unittest import mock

import tensorflow as tf

from datasets import image_files as image_files_lib
from datasets.input_pipeline import InputOptions
from prediction import predictor as predictor_lib
from prediction.predictor import Predictor
from tests.helpers import image_files


class _Terminal(io.StringIO):
  def isatty(self):
    return True


class PredictTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    folder = self.enterContext(tempfile.TemporaryDirectory())
    self.arrays = [image_files.noise(number, 8, 8) for number in range(5)]
    self.paths = [
      image_files.write(folder, f'{number}.png', image_files.encode(array))
      for number, array in enumerate(self.arrays)
    ]
    self.bad = os.path.join(folder, 'nowhere.png')
    self.batches = []

  def predict(self, stderr, patience):
    """Returns [(path, error, mean)]; a mean is all that the network says."""

    def outputs_fn(images):
      self.batches.append(len(images))
      return tf.reduce_mean(images, [1, 2, 3])

    with (
      mock.patch('sys.stderr', stderr),
      mock.patch.object(predictor_lib, '_PATIENCE', patience),
    ):
      return [
        (found.path, found.error, found.outputs)
        for found in self.predictions(outputs_fn, [self.bad, *self.paths])
      ]

  def predictions(self, outputs_fn, paths):
    predictor = Predictor(
      outputs_fn, None, InputOptions(2, 8, 'lenet'), 1, None, None, 'checkpoint'
    )
    return predictor_lib.predict(predictor, lambda outputs: outputs, paths)

  def test_each_file_in_order(self):
    stderr = io.StringIO()
    bad, *good = self.predict(stderr, patience=0)
    self.assertEqual(
      (self.bad, f'{self.bad}: No such file or directory'), bad[:2]
    )
    self.assertEqual([1, 2, 2], self.batches)
    for (path, error, mean), expected, array in zip(
      good, self.paths, self.arrays, strict=True
    ):
      self.assertEqual((expected, None), (path, error))
      self.assertAllClose(array.mean() / 127.5 - 1, mean, atol=1e-5)
    # No bar where nobody looks, only what is wrong.
    self.assertEqual(1, stderr.getvalue().count('\n'))
    self.assertNotIn('6/6', stderr.getvalue())

  def test_images_are_opened_ahead_while_the_network_runs(self):
    """The network waits for the next batch, but for no more than that."""
    opened, enough = [], threading.Event()

    def open_image(path, options):
      opened.append(path)
      if len(opened) == 4:
        enough.set()
      return image_files_lib.open_image(path, options)

    def outputs_fn(images):
      self.assertTrue(enough.wait(60))
      if not self.batches:
        self.assertLen(opened, 4)
      self.batches.append(len(images))
      return tf.reduce_mean(images, [1, 2, 3])

    opening = types.SimpleNamespace(open_image=open_image)
    with mock.patch.object(predictor_lib, 'image_files', opening):
      found = list(self.predictions(outputs_fn, self.paths))
    self.assertEqual([2, 2, 1], self.batches)
    self.assertEqual(self.paths, [one.path for one in found])

  def test_those_who_leave_early_wait_for_no_image(self):
    """But for the one that the only reader has begun when they leave."""
    opened, before = [], threading.enumerate()
    leaving, shutdown = threading.Event(), futures.ThreadPoolExecutor.shutdown

    def open_image(path, options):
      opened.append(path)
      if len(opened) > 2:  # It is of the next batch.
        leaving.wait(60)
      return image_files_lib.open_image(path, options)

    def leave(pool, **options):
      shutdown(pool, wait=False, **options)
      leaving.set()
      shutdown(pool)

    opening = types.SimpleNamespace(open_image=open_image)
    with (
      mock.patch.object(predictor_lib, 'image_files', opening),
      mock.patch.object(predictor_lib.device, 'num_cores', return_value=1),
      mock.patch.object(futures.ThreadPoolExecutor, 'shutdown', leave),
    ):
      found = self.predictions(lambda images: images[:, 0, 0, 0], self.paths)
      next(found)
      found.close()
    self.assertLessEqual(len(opened), 3)
    threads = [
      thread.name for thread in threading.enumerate() if thread not in before
    ]
    self.assertNotIn('ThreadPoolExecutor', ' '.join(threads))

  def test_a_bar_on_a_terminal_that_waits(self):
    shown, soon = _Terminal(), _Terminal()
    self.predict(shown, patience=0)
    self.assertRegex(shown.getvalue(), '[0-6]/6')
    self.predict(soon, patience=60)
    self.assertNotIn('/6', soon.getvalue())


if __name__ == '__main__':
  tf.test.main()
