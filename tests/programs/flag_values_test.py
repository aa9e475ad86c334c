"""Values that nobody means are refused by every flag, in one line."""

import os
import pathlib

from absl.testing import absltest

from tests.helpers import flag_values
from tests.helpers import programs

# Of each program; make soak tries more.
_COUNT = 200 if 'TWINSLIM_SOAK' in os.environ else 20


class FlagValuesTest(absltest.TestCase):
  def test_every_program(self):
    names = sorted(
      path.stem for path in pathlib.Path(programs.PROJECT).glob('*.py')
    )
    num_floats = 0
    for name, results in flag_values.try_all(names, _COUNT).items():
      for given, is_float, status, stderr in results:
        num_floats += is_float
        self.check(name, given, is_float, status, stderr)
    self.assertGreater(num_floats, 400)

  def check(self, name, given, is_float, status, stderr):
    """Either all is well or one line says what is not; floats are numbers."""
    said = f'{name} {given[:80]!r}: {stderr}'
    self.assertIn(status, (0, 1), said)
    self.assertNotIn('Traceback', stderr, said)
    self.assertEqual(status, stderr.count('\n'), said)
    self.assertTrue(not status or stderr.startswith(f'{name}.py: '), said)
    if is_float:
      self.assertEqual(1, status, said)
      self.assertIn(given.partition('=')[0].removeprefix('--'), stderr)


if __name__ == '__main__':
  absltest.main()
