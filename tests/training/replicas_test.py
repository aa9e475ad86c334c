"""Two replicas against one, in a process whose processor is two devices."""

import subprocess
import sys

from absl.testing import absltest

from tests.helpers import programs


class ReplicasTest(absltest.TestCase):
  def test_cases(self):
    ran = subprocess.run(
      [sys.executable, '-m', 'tests.helpers.replicated_cases'],
      env=programs.environment(),
      cwd=programs.PROJECT,
      stdout=subprocess.PIPE,
      stderr=subprocess.STDOUT,
      text=True,
      check=False,
    )
    self.assertEqual(0, ran.returncode, ran.stdout)


if __name__ == '__main__':
  absltest.main()
