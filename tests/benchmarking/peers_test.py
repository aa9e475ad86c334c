"""Other runtimes: what they compute is what TensorFlow does, or they go."""

import importlib.util
import os
import tempfile
import unittest
from unittest import mock

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from base.errors import InputError
from benchmarking import contestant
from benchmarking import exported
from benchmarking import peers
from benchmarking import runtimes
from benchmarking import timing
from benchmarking import weights
from benchmarking import workers
from benchmarking.configurations import Configuration

_NETWORK = 'mobilenet_v1_025'


class PeersTest(parameterized.TestCase, tf.test.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls._folder = cls.enterClassContext(tempfile.TemporaryDirectory())
    maker = exported.Maker(_NETWORK, 32, cls._folder)
    for name in ('litert', 'onnxruntime', 'openvino'):
      error = maker.make(runtimes.RUNTIMES[name].format)
      assert error is None, error

  def _configuration(self, name, drive, batch_size=2):
    return Configuration(
      'throughput',
      batch_size,
      32,
      _NETWORK,
      name,
      export=os.path.join(
        self._folder, str(runtimes.RUNTIMES.get(name, [name])[0])
      ),
      weights=self._folder,
      drive=drive,
      at_once=1 if drive == runtimes.ONE else 2,
    )

  @parameterized.parameters(
    ('litert', runtimes.SESSIONS, 3),
    ('litert', runtimes.ONE, 1),
    ('onnxruntime', runtimes.SESSIONS, 3),
    ('onnxruntime', runtimes.ONE, 1),
    ('openvino', runtimes.QUEUE, 3),
    ('openvino', runtimes.ONE, 1),
  )
  def test_runs(self, name, drive, batch_size):
    peer = peers.Peer(self._configuration(name, drive, batch_size))
    first_call, step = peer.warm_up(0.0)
    self.assertGreater(first_call, 0)
    self.assertGreater(step, 0)
    # Of ten requests, three before them, those under way after them.
    done = []
    serve = peer._opened.serve
    peer._opened = peer._opened._replace(
      serve=lambda batches: done.append(serve(batches)) or done[-1]
    )
    seconds = peer.time(10)
    ends = sorted(done[0])
    self.assertLen(ends, 3 + 10 + (1 if drive == runtimes.ONE else 2))
    self.assertAlmostEqual((ends[12] - ends[2]) / 10, seconds)

  @parameterized.parameters('litert', 'onnxruntime', 'openvino')
  def test_another_network_is_refused(self, name):
    """One value of the checkpoint's logits is another by a hundredth."""
    path = os.path.join(self._folder, weights.EXPECTED)
    logits = np.load(path)
    # Images are told apart.
    self.assertGreater(np.ptp(logits, 0).max(), 0.01 * np.abs(logits).max())
    changed = logits.copy()
    changed[1, 3] += 0.01 * np.abs(logits).max()
    np.save(path, changed)
    self.addCleanup(np.save, path, logits)
    with self.assertRaisesRegex(InputError, 'something else than TensorFlow'):
      peers.Peer(self._configuration(name, runtimes.ONE)).warm_up(0.0)

  @parameterized.parameters('slim', 'fast')
  def test_the_networks_have_the_same_weights(self, implementation):
    configuration = self._configuration(implementation, runtimes.ONE)
    configuration = configuration._replace(export=None)
    timed = contestant.Contestant(configuration)
    timed.warm_up(0.0)
    with self.assertRaisesRegex(InputError, 'something else than TensorFlow'):
      path = os.path.join(self._folder, weights.EXPECTED)
      logits = np.load(path)
      self.addCleanup(np.save, path, logits)
      np.save(path, logits[::-1])
      timed._check()

  @unittest.skipUnless(importlib.util.find_spec('torch'), 'no PyTorch')
  def test_pytorch(self):
    """timm's network, which pads otherwise, is ours told to pad so."""
    folder = self.enterContext(tempfile.TemporaryDirectory())
    maker = exported.Maker('mobilenet_v2_035', 64, folder)
    self.assertIsNone(maker.make(None))
    configuration = self._configuration('pytorch', runtimes.ONE)
    configuration = configuration._replace(
      network='mobilenet_v2_035', image_size=64, weights=folder
    )
    # In a process with TensorFlow it may crash.
    with workers.Worker(timing.make_contestant, configuration) as worker:
      _, step = worker.ask('warm_up', 0.0)
    self.assertGreater(step, 0)

  def test_missing(self):
    """It is said how to install what is not there."""
    absent = mock.patch.object(importlib.util, 'find_spec', lambda name: None)
    with absent:
      self.assertEqual('pip install torch timm', runtimes.missing('pytorch'))
      self.assertEqual(
        'make EXTRAS=export lint', runtimes.missing('onnxruntime')
      )
      self.assertIsNone(runtimes.missing('tensorflow'))
    self.assertIsNone(runtimes.missing('openvino'))


if __name__ == '__main__':
  tf.test.main()
