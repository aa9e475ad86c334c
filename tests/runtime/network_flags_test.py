"""What a program says of a network that it does not take."""

import itertools
import pathlib

from absl.testing import absltest

from base.errors import InputError
from runtime import network_flags
from specs import networks

_PROJECT = pathlib.Path(__file__).absolute().parents[2]
_CHOICES = (
  network_flags.CLASSIFIERS,
  network_flags.DETECTORS,
  network_flags.SEGMENTERS,
)


def _check(name, choice):
  network_flags.check(
    network_flags.NetworkOptions(name, None, None, 'auto', 'auto', 'auto'),
    choice,
  )


class CheckTest(absltest.TestCase):
  def test_every_network_is_of_one_choice(self):
    for name in networks.ALL:
      taken = [choice for choice in _CHOICES if name in choice.names]
      self.assertLen(taken, 1, name)
      _check(name, taken[0])

  def test_another_choice_has_programs_for_it(self):
    for own, other in itertools.permutations(_CHOICES, 2):
      with self.assertRaisesRegex(
        InputError,
        rf'^{other.default} is a {other.what}, which .*\.py takes; for this '
        rf'program there are {own.names[0]}, ',
      ):
        _check(other.default, own)

  def test_the_programs_are_there(self):
    for choice in _CHOICES:
      programs = choice.use.replace(' or', ',').split(', ')
      self.assertLen(programs, 3)
      for program in programs:
        source = (_PROJECT / program).read_text(encoding='utf-8')
        self.assertIn(f'network_flags.{choice.what.upper()}S', source)

  def test_unknown(self):
    with self.assertRaisesRegex(
      InputError, "^Unknown network 'mobilenet_v9' .did you mean mobilenet_v"
    ):
      _check('mobilenet_v9', network_flags.CLASSIFIERS)
    with self.assertRaisesRegex(InputError, "^Unknown network '';"):
      _check(None, network_flags.DETECTORS)


if __name__ == '__main__':
  absltest.main()
