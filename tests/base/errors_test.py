"""How a program ends: help, wrong flags, nobody who reads, Ctrl-C."""

import subprocess
import sys

from absl.testing import absltest
from absl.testing import parameterized

from tests.helpers import programs

_PROGRAM = '''"""Does what its flag says."""
import sys
from absl import flags
from base import errors
flags.DEFINE_enum('what', 'write', ['write', 'refuse', 'stop'], 'What to do.')
def main(argv):
  if flags.FLAGS.what == 'refuse':
    raise errors.InputError('no such\\n  photograph')
  if flags.FLAGS.what == 'stop':
    raise KeyboardInterrupt
  for number in range(100_000):
    print(number)
errors.run(main)
'''


def _run(arguments, after='', program=_PROGRAM):
  """Returns what came of the program, in bash."""
  return subprocess.run(
    [
      'bash',
      '-c',
      f'"$0" -c "$1" {arguments} {after}',
      sys.executable,
      program,
    ],
    env=programs.environment(),
    capture_output=True,
    text=True,
    check=False,
  )


class ErrorsTest(parameterized.TestCase):
  @parameterized.parameters('--what=write', '--helpfull')
  def test_nobody_reads_on(self, flag):
    ran = _run(flag, '| head -n 1; exit ${PIPESTATUS[0]}')
    self.assertEqual('', ran.stderr)
    self.assertLen(ran.stdout.splitlines(), 1)
    # absl itself ends its help where the pipe does.
    self.assertEqual(0 if 'help' in flag else 141, ran.returncode)

  def test_nobody_reads_the_last_lines(self):
    """They leave Python's buffer when the program ends."""
    program = _PROGRAM.replace('100_000', '3')
    ran = subprocess.run(
      ['bash', '-c', '"$0" -c "$1" | true', sys.executable, program],
      env={**programs.environment(), 'PYTHONUNBUFFERED': ''},
      capture_output=True,
      text=True,
      check=False,
    )
    self.assertEqual(('', ''), (ran.stdout, ran.stderr))

  @parameterized.parameters('--help', '--helpfull', '--helpshort', '-?')
  def test_help_is_no_error(self, flag):
    ran = _run(flag)
    self.assertEqual((0, ''), (ran.returncode, ran.stderr))
    self.assertIn('Does what its flag says.', ran.stdout)
    self.assertIn('--what: <write|refuse|stop>: What to do.', ran.stdout)

  @parameterized.parameters(
    ('--wat=stop', "Unknown command line flag 'wat' (did you mean --what?)"),
    ('--foobar', "Unknown command line flag 'foobar'"),
    ('--what=x', 'flag --what=x: value should be one of <write|refuse|stop>'),
  )
  def test_wrong_flags(self, flag, message):
    ran = _run(flag)
    self.assertEqual((1, ''), (ran.returncode, ran.stdout))
    self.assertEqual(f'-c: {message}; --help lists the flags\n', ran.stderr)

  def test_wrong_input_is_one_line(self):
    ran = _run('--what=refuse')
    self.assertEqual((1, ''), (ran.returncode, ran.stdout))
    self.assertEqual('-c: no such photograph\n', ran.stderr)

  def test_a_number_that_is_none(self):
    program = _PROGRAM.replace(
      "'What to do.')",
      "'What to do.')\nflags.DEFINE_float('part', 0.0, 'Part.', 0.0, 1.0)"
      "\nflags.DEFINE_integer('count', 0, 'Count.')",
    )
    for flag, message in (
      ('--part=nan', 'part=nan: must be a number, at most 3.4e'),
      ('--count=9999999999999999999', 'count=9999999999999999999: must be at'),
    ):
      ran = _run(flag, program=program)
      self.assertEqual((1, ''), (ran.returncode, ran.stdout))
      self.assertStartsWith(ran.stderr, f'-c: flag --{message}')

  def test_ctrl_c_that_comes_out_as_another_error(self):
    """As it does where TensorFlow has called Python."""
    ran = _run(
      '--what=stop',
      program=_PROGRAM.replace(
        '    raise KeyboardInterrupt',
        """    import signal
    try:
      signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
      raise RuntimeError('UnknownError: KeyboardInterrupt') from None""",
      ).replace(
        'import sys',
        # Shells have jobs in the background ignore Ctrl-C.
        'import sys, signal\n'
        'signal.signal(signal.SIGINT, signal.default_int_handler)',
        1,
      ),
    )
    self.assertEqual((130, '', ''), (ran.returncode, ran.stdout, ran.stderr))

  @parameterized.parameters(
    ('MemoryError("for 3 TiB")', 'out of memory: .*smaller .for 3 TiB'),
    ('OSError(28, "No space", "a.png")', 'a.png cannot be written: No space'),
  )
  def test_nothing_left(self, error, message):
    ran = _run(
      '--what=stop', program=_PROGRAM.replace('KeyboardInterrupt', error)
    )
    self.assertEqual((1, ''), (ran.returncode, ran.stdout))
    self.assertRegex(ran.stderr, f'^-c: {message}.*\n$')

  def test_the_output_goes_to_a_full_disk(self):
    ran = _run('--what=write', '> /dev/full')
    self.assertEqual(
      (1, '-c: the output cannot be written: No space left on device\n'),
      (ran.returncode, ran.stderr),
    )

  def test_signals(self):
    stopped = _PROGRAM.replace('raise Keyb', 'raise errors.Stopped(15) #')
    for program, status in ((_PROGRAM, 130), (stopped, 143)):
      ran = _run('--what=stop', program=program)
      self.assertEqual(
        (status, '', ''), (ran.returncode, ran.stdout, ran.stderr)
      )


if __name__ == '__main__':
  absltest.main()
