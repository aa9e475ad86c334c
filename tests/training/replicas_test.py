"""Two replicas against one, in a process whose processor is two devices."""

import subprocess
import sys

from absl.testing import absltest

from tests.helpers import programs
from tests.helpers import soak


@soak.slow
class ReplicasTest(absltest.TestCase):
  def check(self, *cases):
    ran = subprocess.run(
      [sys.executable, '-m', 'tests.helpers.replicated_cases', *cases],
      env=programs.environment(),
      cwd=programs.PROJECT,
      stdout=subprocess.PIPE,
      stderr=subprocess.STDOUT,
      text=True,
      check=False,
    )
    self.assertEqual(0, ran.returncode, ran.stdout)

  def test_steps(self):
    self.check('StepsTest')

  def test_networks(self):
    self.check('NetworksTest')


if __name__ == '__main__':
  absltest.main()
