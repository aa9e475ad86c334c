"""The loop around steps that count and do nothing else."""

import os
import signal
from types import SimpleNamespace
from unittest import mock

import tensorflow as tf

from base.errors import InputError
from checkpoints import writer as writer_lib
from runtime.strategy import ALONE
from tests.helpers import checkpoints as checkpoint_testing
from training import loop
from training import state as training_state
from training.epochs import Epochs
from training.step import StepResult

NEVER = 3600


def result(step, **changes):
  """Of a step that counts from 1."""
  result = StepResult(
    loss=float(step),
    losses={'cross_entropy': step / 2},
    metrics={'accuracy': 0.25},
    learning_rate=1 / step,
    loss_scale=1.0,
    finite=True,
    diverged=False,
  )
  return result._replace(**changes)


class TestCase(checkpoint_testing.TestCase):
  """Runs it with a step that counts and does nothing else."""

  def setUp(self):
    super().setUp()
    # Shells have jobs in the background ignore Ctrl-C.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    self.addCleanup(signal.signal, signal.SIGINT, before)
    self.state = SimpleNamespace(global_step=training_state.make_global_step())
    self.weight = tf.Variable(0.0)
    self.changes = {}  # step -> metrics, or a signal that comes
    self.wrong_batch = None
    self.before_first_save = mock.Mock()
    self.settle = mock.Mock(return_value=False)
    self.num_examples, self.validate_every = 10**6, None
    self.validate = None
    self.workers = ALONE
    self.validated = []
    self.taken = 0
    self.now = 0.0  # seconds, for the tests that look at the clock

  def run_loop(self, last_step, log_every_n_steps=5, save_interval_secs=NEVER):
    epochs = Epochs(self.num_examples, 8, last_step, self.validate_every)
    variables = {'w': self.weight, 'global_step': self.state.global_step}
    return loop.run(
      self._step,
      self._batches(),
      self.state,
      writer_lib.make_writer(
        variables, self.folder, writes=self.workers.is_chief
      ),
      loop.Schedule(epochs, log_every_n_steps, save_interval_secs, NEVER),
      loop.Hooks(self.before_first_save, self.settle, validate=self.validate),
      self.workers,
    )

  def _batches(self):
    while True:
      self.taken += 1
      self.now += 3.0
      if self.taken == self.wrong_batch:
        raise InputError('a.jpg is damaged')
      yield 'images', 'labels'

  def _step(self, images, labels):
    self.assertEqual(('images', 'labels'), (images, labels))
    self.now += 1.0
    step = int(self.state.global_step.assign_add(1))
    self.weight.assign(10.0 * step)
    changes = self.changes.get(step, {})
    if isinstance(changes, signal.Signals):
      os.kill(os.getpid(), changes)
      return result(step)
    return result(step, **changes)

  def saved(self):
    """Returns the steps of the checkpoints, the newest last."""
    state = tf.train.get_checkpoint_state(self.folder)
    paths = state.all_model_checkpoint_paths if state else []
    steps = []
    for path in paths:
      reader = tf.train.load_checkpoint(path)
      steps.append(int(reader.get_tensor('global_step')))
      self.assertEqual(10.0 * steps[-1], reader.get_tensor('w'))
      self.assertEndsWith(path, f'model.ckpt-{steps[-1]}')
    return steps
