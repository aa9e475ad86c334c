"""Training over devices and machines: programs, each in a process of its own.

Two processes on this machine stand for two machines.
"""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess

from absl.testing import absltest
import numpy as np

from tests.helpers import checkpoints as checkpoint_testing
from tests.helpers import programs
from tests.helpers import soak
from tests.helpers import training_runs

_LONGEST = 400  # seconds until a worker ends, on a busy machine
_FLAGS = (
  '--model_name=mobilenet_v1_025',
  '--train_image_size=32',
  '--dataset_name=digits',
  '--batch_size=8',
  '--dropout_keep_prob=1.0',
  '--implementation=fast',
  # Hardly any: rounding would grow from step to step, in batches of 8.
  '--learning_rate=1e-7',
  '--log_every_n_steps=2',
  '--sync_batch_norm',
)
_WEIGHTS = 'MobilenetV1/Logits/Conv2d_1c_1x1/weights'


def _free_ports(count):
  sockets = [socket.socket() for _ in range(count)]
  for one in sockets:
    one.bind(('localhost', 0))
  ports = [one.getsockname()[1] for one in sockets]
  for one in sockets:
    one.close()
  return ports


@soak.slow
class DistributedTest(training_runs.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.straight = os.path.join(cls.folder, 'straight')
    cls.train('--max_number_of_steps=6', f'--train_dir={cls.straight}')

  @classmethod
  def train(cls, *flags):
    """Returns the Result of one process."""
    process = cls.start(*flags)
    out, err = process.communicate(timeout=programs.LONGEST)
    assert process.returncode == 0, err
    return out

  @staticmethod
  def start(*flags):
    return programs.start(
      training_runs.PROGRAM,
      *_FLAGS,
      *flags,
      stdout=subprocess.PIPE,
      stderr=subprocess.PIPE,
      text=True,
    )

  @staticmethod
  def start_evaluation(*flags):
    return programs.start(
      'eval_image_classifier',
      *flags,
      stdout=subprocess.PIPE,
      stderr=subprocess.PIPE,
      text=True,
    )

  def start_two(self, *flags, start=None):
    hosts = ','.join(f'localhost:{port}' for port in _free_ports(2))
    processes = [
      (start or self.start)(*flags, f'--worker_hosts={hosts}', f'--task={task}')
      for task in range(2)
    ]
    for process in processes:
      self.addCleanup(process.kill)
    return processes

  def finish(self, process):
    """Returns (status, stdout, stderr)."""
    out, err = process.communicate(timeout=_LONGEST)
    return process.returncode, out, err

  def check_follows_straight(self, train_dir):
    """It has trained on the same batches: others would lead elsewhere.

    Gradients differ by a hundredth, where rounding moves values over a kink.
    """
    expected = checkpoint_testing.values(self.straight)
    found = checkpoint_testing.values(self.path(train_dir))
    self.assertEqual(set(expected), set(found))
    self.assertEqual(6, found['global_step'])
    slot = f'{_WEIGHTS}/RMSProp_1'  # The momentum: what the last steps did.
    difference = np.linalg.norm(found[slot] - expected[slot])
    self.assertLess(difference, 0.05 * np.linalg.norm(expected[slot]))

  def test_another_number_of_devices(self):
    """From two devices to one, and back."""
    for steps, clones in ((2, 2), (4, 1), (6, 2)):
      out = self.train(
        f'--num_clones={clones}',
        f'--max_number_of_steps={steps}',
        f'--train_dir={self.path("elastic")}',
      )
      self.assertIn(f'steps {steps - 2} to {steps}\n', out)
    self.check_follows_straight('elastic')

  def test_two_workers(self):
    """They train as one; only the first writes."""
    flags = ('--max_number_of_steps=6', f'--train_dir={self.path("two")}')
    first, second = self.start_two(*flags, '--validate_every_epochs=0.03')
    status, first_out, err = self.finish(first)
    self.assertEqual(0, status, err)
    status, second_out, err = self.finish(second)
    self.assertEqual(0, status, err)
    self.check_follows_straight('two')
    self.assertIn('Worker 0 of 2, with localhost:', first_out)
    told = [
      re.findall(r'^step .*(?=  rate)', out, re.MULTILINE)
      for out in (first_out, second_out)
    ]
    self.assertLen(told[0], 3)
    self.assertEqual(*told)
    self.assertIn('Best: Accuracy', first_out)
    self.assertNotIn('Best: ', second_out)
    names = os.listdir(self.path('two'))
    self.assertNotIn('training.lock', names)
    for name in names:
      if name.startswith('events.'):
        self.assertIn(f'.{first.pid}.', name)

  def test_two_workers_evaluate(self):
    """They find what one finds: every example counts once."""
    flags = (f'--checkpoint_path={self.straight}', '--report')
    one = f'--eval_dir={self.path("one")}'
    two = f'--eval_dir={self.path("both")}'
    process = self.start_evaluation(*flags, one)
    self.assertEqual(0, self.finish(process)[0])
    outs = []
    for process in self.start_two(*flags, two, start=self.start_evaluation):
      status, out, err = self.finish(process)
      self.assertEqual(0, status, err)
      outs.append(out)
    self.assertIn('Accuracy', outs[0])
    self.assertNotIn('Accuracy', outs[1])
    metrics = [
      json.loads(
        pathlib.Path(
          self.path(folder), 'evaluation-model.ckpt-6.json'
        ).read_text(encoding='utf-8')
      )['metrics']
      for folder in ('one', 'both')
    ]
    self.assertEqual(360, metrics[0]['num_examples'])
    for found in metrics:
      del found['images_per_second']
    self.assertEqual(*metrics)
    for name in ('confusion.csv', 'worst.png'):
      contents = [
        pathlib.Path(self.path(folder), name).read_bytes()
        for folder in ('one', 'both')
      ]
      self.assertEqual(*contents)

  def _wait_for_lines(self, count, process):
    """Waits for so many of the log; before each but the first, it has saved."""
    while count:
      self.assertIsNone(process.poll())
      count -= process.stdout.readline().startswith('step ')

  def test_a_worker_is_killed(self):
    """The other one says so, status 1; the same commands go on."""
    flags = ('--save_interval_secs=0', f'--train_dir={self.path("killed")}')
    for victim in (0, 1):
      processes = self.start_two(*flags, '--max_number_of_steps=1000000')
      killed, other = processes[victim], processes[1 - victim]
      self._wait_for_lines(2, other)
      killed.kill()
      status, _, err = self.finish(other)
      self.assertEqual(1, status, err)
      self.assertRegex(
        err,
        r'^train_image_classifier.py: another of the 2 workers has ended.*'
        r'training begins at .*model.ckpt-\d+\n$',
      )
    done = int(checkpoint_testing.values(self.path('killed'))['global_step'])
    self.assertGreaterEqual(done, 2)
    ended = self.start_two(*flags, f'--max_number_of_steps={done + 2}')
    for process in ended:
      status, out, err = self.finish(process)
      self.assertEqual(0, status, err)
      self.assertIn(f'steps {done} to {done + 2}\n', out)

  def test_signal_to_one(self):
    """Both save at the same step, and have the signal's status."""
    flags = (
      '--max_number_of_steps=1000000',
      f'--train_dir={self.path("term")}',
    )
    first, second = self.start_two(*flags)
    self._wait_for_lines(1, second)
    second.send_signal(signal.SIGTERM)
    for process in (first, second):
      status, out, err = self.finish(process)
      self.assertEqual(143, status, err)
      self.assertRegex(out, r'(?m)^Saved .*model.ckpt-\d+\n')

  def test_other_flags(self):
    """Workers that do not fit each other say so, instead of waiting."""
    hosts = ','.join(f'localhost:{port}' for port in _free_ports(2))
    processes = [
      self.start(
        f'--worker_hosts={hosts}',
        f'--task={task}',
        f'--seed={task}',
        f'--train_dir={self.path("other")}',
      )
      for task in range(2)
    ]
    for process in processes:
      self.addCleanup(process.kill)
    _, second = [self.finish(process) for process in processes]
    self.assertEqual(1, second[0])
    self.assertIn('seed is 0 for the first worker, 1 here', second[2])


if __name__ == '__main__':
  absltest.main()
