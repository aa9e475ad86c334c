"""What planted bugs replace stands in the code, once each."""

import pathlib

from absl.testing import absltest

from tests.helpers import planted_bugs
from tests.helpers import programs


class PlantedBugsTest(absltest.TestCase):
  def test_each_can_be_planted(self):
    for bug in planted_bugs.BUGS:
      source = pathlib.Path(programs.PROJECT, bug.path).read_text('utf-8')
      self.assertEqual(1, source.count(bug.old), f'{bug.name}: {bug.path}')
      self.assertNotEqual(bug.old, bug.new, bug.name)


if __name__ == '__main__':
  absltest.main()
