"""Wrong input from outside, and how a program reports it."""

from collections.abc import Callable
import logging
import os
import signal
import sys

from absl import app
from absl import flags

from base import suggestions


class InputError(ValueError):
  """A flag, file, record or checkpoint is wrong.

  Its message is one line: what is wrong, where, and what to do.
  """


class Stopped(KeyboardInterrupt):
  """A signal has ended what a program did, in good order."""

  def __init__(self, signal_number: int):
    super().__init__()
    self.signal_number = signal_number


def run(main: Callable[[list[str]], None]) -> None:
  """Runs main(argv) under absl.

  An InputError or a wrong flag becomes one line and status 1, Ctrl-C status
  130; SIGTERM, where it is Stopped, 143. Where nobody reads on (| head), it
  ends without a word, status 141, as other programs do. --help has status 0.
  """

  def reporting_main(argv):
    try:
      status = main(argv)
      sys.stdout.flush()
      return status
    except InputError as error:
      status = _line(argv, error)
    except Stopped as stopped:
      status = 128 + stopped.signal_number
    except KeyboardInterrupt:
      status = 128 + signal.SIGINT
    except BrokenPipeError:
      status = _leave_output()
    # Not above, where the error keeps all of main's variables: a process that
    # ends while one of them reads a data set can hang.
    sys.exit(status)

  def parse_flags(argv):
    try:
      return flags.FLAGS(argv)
    except flags.Error as error:
      sys.exit(_line(argv, f'{_message(error)}; --help lists the flags'))
    except BrokenPipeError:
      sys.exit(_leave_output())
    except SystemExit:
      # Nothing but help ends here; absl has status 1 for it.
      sys.exit(0)

  # Names of files need not be text, and in that locale's letters.
  sys.stdout.reconfigure(errors='backslashreplace')
  # TensorFlow's notices about its own future are not for those who run this.
  logging.getLogger('tensorflow').setLevel(logging.ERROR)
  app.run(reporting_main, flags_parser=parse_flags)


def tell(message: str) -> None:
  """Says on stderr, in the program's name, what is wrong while it goes on."""
  print(_line(sys.argv, message), file=sys.stderr, flush=True)


def _message(error):
  """Returns what absl says of a wrong flag, with what it may have been."""
  if not isinstance(error, flags.UnrecognizedFlagError):
    return str(error)
  name = error.flagname
  meant = suggestions.did_you_mean(name, list(flags.FLAGS), '--')
  return f"Unknown command line flag '{name}'{meant}"


def _leave_output():
  """Returns the status that a broken pipe has in shells.

  What is still to be written goes nowhere: Python would try again at its end.
  """
  null = os.open(os.devnull, os.O_WRONLY)
  os.dup2(null, sys.stdout.fileno())
  os.dup2(null, sys.stderr.fileno())
  return 128 + signal.SIGPIPE


def _line(argv, error):
  program = os.path.basename(argv[0])
  message = ' '.join(str(error).split())
  return f'{program}: {message}'
