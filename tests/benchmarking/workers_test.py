"""Objects in processes of their own, and what is told of their deaths."""

import importlib
import os

from absl.testing import absltest

from benchmarking import workers


class WorkerTest(absltest.TestCase):
  def _fails(self, message, *question):
    with workers.Worker(importlib.import_module, 'os') as worker:
      with self.assertRaisesRegex(workers.WorkerError, message):
        worker.ask(*question)
      # And is not waited for.
      with self.assertRaises(workers.WorkerError):
        worker.ask('getpid')

  def test_a_process_of_its_own(self):
    with workers.Worker(importlib.import_module, 'os') as worker:
      process = worker.ask('getpid')
      self.assertNotEqual(os.getpid(), process)
      self.assertEqual(process, worker.ask('getpid'))
    with self.assertRaises(ProcessLookupError):
      os.kill(process, 0)

  def test_crashes(self):
    self._fails(r'crashed \(SIGABRT\)', 'abort')
    self._fails('status 3', '_exit', 3)

  def test_errors(self):
    self._fails("^FileNotFoundError: .*'/nowhere'$", 'listdir', '/nowhere')
    with workers.Worker(importlib.import_module, 'nowhere') as worker:
      with self.assertRaisesRegex(workers.WorkerError, '^ModuleNotFoundError'):
        worker.ask('getpid')


if __name__ == '__main__':
  absltest.main()
