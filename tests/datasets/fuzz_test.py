"""Files damaged at random: a result, or an InputError; make soak tries more."""

from absl.testing import absltest
from absl.testing import parameterized

from tests.soak import fuzz

_CASES = 150
_MOST_MEMORY = 400_000_000  # bytes more than before
_MOST_SECONDS = 20  # of one case, on a machine that is busy


class FuzzTest(parameterized.TestCase):
  @parameterized.parameters(*fuzz.SUBJECTS)
  def test_a_result_or_a_line(self, name):
    before = fuzz.memory()
    outcome = fuzz.run(name, _CASES)
    self.assertLess(fuzz.memory() - before, _MOST_MEMORY)
    self.assertLess(outcome.slowest, _MOST_SECONDS)
    # Otherwise the damage is too little, or too much, to find anything.
    self.assertGreater(outcome.num_refused, _CASES // 20)


if __name__ == '__main__':
  absltest.main()
