"""Wrong input from outside, and how a program reports it."""

from collections.abc import Callable
import logging
import os
import sys

from absl import app
from absl import flags


class InputError(ValueError):
  """A flag, file, record or checkpoint is wrong.

  Its message is one line: what is wrong, where, and what to do.
  """


def run(main: Callable[[list[str]], None]) -> None:
  """Runs main(argv) under absl.

  An InputError or a wrong flag becomes one line and status 1, Ctrl-C status
  130.
  """

  def reporting_main(argv):
    try:
      return main(argv)
    except InputError as error:
      status = _line(argv, error)
    except KeyboardInterrupt:
      status = 130
    # Not above, where the error keeps all of main's variables: a process that
    # ends while one of them reads a data set can hang.
    sys.exit(status)

  def parse_flags(argv):
    try:
      return flags.FLAGS(argv)
    except flags.Error as error:
      sys.exit(_line(argv, f'{error}; --help lists the flags'))

  # TensorFlow's notices about its own future are not for those who run this.
  logging.getLogger('tensorflow').setLevel(logging.ERROR)
  app.run(reporting_main, flags_parser=parse_flags)


def tell(message: str) -> None:
  """Says on stderr, in the program's name, what is wrong while it goes on."""
  print(_line(sys.argv, message), file=sys.stderr, flush=True)


def _line(argv, error):
  program = os.path.basename(argv[0])
  message = ' '.join(str(error).split())
  return f'{program}: {message}'
