"""Wrong input from outside, and how a program reports it."""

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import errno
import logging
import os
import re
import signal
import sys
from typing import Any

from absl import app
from absl import flags

from base import flag_numbers
from base import suggestions

# Of an OSError: nothing more can be written.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class InputError(ValueError):
  """A flag, file, record or checkpoint is wrong.

  Its message is one line: what is wrong, where, and what to do.
  """


@contextlib.contextmanager
def of_damage(
  name: str, what: str, damage: tuple[type[Exception], ...]
) -> Iterator[None]:
  """Makes an InputError of what is raised where a file is damaged.

  Args:
    name: of the file.
    what: it should be: 'tar archive'.
    damage: the errors that say so; InputErrors go on as they are.
  """
  try:
    yield
  except InputError:
    raise
  except damage as error:
    reason = getattr(error, 'strerror', None) or ' '.join(str(error).split())
    raise InputError(f'{name}: no whole {what} ({reason})') from error


class Stopped(KeyboardInterrupt):
  """A signal has ended what a program did, in good order."""

  def __init__(self, signal_number: int):
    super().__init__()
    self.signal_number = signal_number


def run(main: Callable[[list[str]], None]) -> None:
  """Runs main(argv) under absl.

  An InputError, a wrong flag, a full disk or memory becomes one line and status
  1, Ctrl-C status 130; SIGTERM, where it is Stopped, 143. Where nobody reads on
  (| head), it ends without a word, status 141, as other programs do. --help has
  status 0.
  """
  interrupts = _note_interrupts()
  # Names of files need not be text, and in that locale's letters.
  sys.stdout.reconfigure(errors='backslashreplace')
  # TensorFlow's notices about its own future are not for those who run this.
  logging.getLogger('tensorflow').setLevel(logging.ERROR)
  app.run(
    lambda argv: _status_of(main, argv, interrupts), flags_parser=_parse_flags
  )


def _status_of(main, argv, interrupts):
  """Returns what a program ends with: a status, or a line for status 1.

  It ends only where nothing is left of an error: that keeps all of main's
  variables, and a process that ends while one of them reads a data set can
  hang.
  """
  try:
    status = main(argv)
    sys.stdout.flush()
    return status
  except InputError as error:
    return _line(argv, error)
  except Stopped as stopped:
    return 128 + stopped.signal_number
  except KeyboardInterrupt:
    return 128 + signal.SIGINT
  except BrokenPipeError:
    return _leave_output()
  except Exception as error:
    if interrupts:
      return 128 + signal.SIGINT
    reason = _exhausted(error)
    if reason is None:
      raise
    return _line(argv, reason)


def _parse_flags(argv):
  try:
    arguments = flags.FLAGS(argv)
    flag_numbers.check(flags.FLAGS)
    return arguments
  except flags.Error as error:
    sys.exit(_line(argv, f'{_message(error)}; --help lists the flags'))
  except BrokenPipeError:
    sys.exit(_leave_output())
  except SystemExit:
    # Nothing but help ends here; absl has status 1 for it.
    sys.exit(0)


def tell(message: str) -> None:
  """Says on stderr, in the program's name, what is wrong while it goes on."""
  print(_line(sys.argv, message), file=sys.stderr, flush=True)


def reason_of(error: Any) -> str:
  """Returns what an error of TensorFlow says, without what it says beside."""
  first = error.message.partition('\n')[0]
  return re.sub(r'{{.*?}} | \[Op:.*', '', first)


def _note_interrupts():
  """Returns a list, into which each Ctrl-C goes before it is raised.

  What is raised while TensorFlow calls Python, it turns into errors of its own.
  """
  noted = []

  def note(number, frame):
    noted.append(number)
    signal.default_int_handler(number, frame)

  # Shells have jobs in the background ignore Ctrl-C.
  if callable(signal.getsignal(signal.SIGINT)):
    signal.signal(signal.SIGINT, note)
  return noted


def _exhausted(error):
  """Returns what is full, disk or memory; None: the error is another one."""
  if isinstance(error, OSError) and error.errno in _FULL:
    if not error.filename:  # Otherwise Python would try again at its end.
      _to_nowhere(sys.stdout)
    return (
      f'{error.filename or "the output"} cannot be written: {error.strerror}'
    )
  # TensorFlow's, which not all programs import.
  if type(error).__name__ == 'ResourceExhaustedError':
    reason = reason_of(error)
    if 'No space' in reason or 'quota' in reason:
      return f'what it makes cannot be written: {reason}'
  elif isinstance(error, MemoryError):
    reason = str(error)
  else:
    return None
  return f'out of memory: make batch, images or network smaller ({reason})'


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
  _to_nowhere(sys.stdout)
  _to_nowhere(sys.stderr)
  return 128 + signal.SIGPIPE


def _to_nowhere(stream):
  os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _line(argv, error):
  program = os.path.basename(argv[0])
  message = ' '.join(str(error).split())
  return f'{program}: {message}'
