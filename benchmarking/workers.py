"""Objects that live in a process of their own, and may die there."""

from collections.abc import Callable
import contextlib
import multiprocessing
import re
import signal
from typing import Any

from base.errors import InputError

_LONGEST_ANSWER = 1800  # seconds; XLA compiles some networks for minutes
# XLA, CUDA and C++ say it in errors of other types, too.
_OUT_OF_MEMORY = re.compile(
  r'RESOURCE_EXHAUSTED|CUDA_ERROR_OUT_OF_MEMORY|[Oo]ut of memory|bad_alloc|'
  r'\bOOM\b|_ALLOC_FAILED'
)


class WorkerError(Exception):
  """The worker cannot do it, or died; its message says why, in one line."""


class Worker:
  """An object in another process; use it in a with statement.

  A new process, not a fork: threads, memory and compiled code are its own. It
  lives until its first error, and no longer than its parent.
  """

  def __init__(self, make: Callable, *arguments: Any):
    """Starts a process with make(*arguments); make is found by its name."""
    context = multiprocessing.get_context('spawn')
    self._connection, other = context.Pipe()
    self._process = context.Process(
      target=_serve, args=(other, make, arguments), daemon=True
    )
    self._process.start()
    other.close()  # Or else the worker's death would not end what it sends.

  def ask(self, method: str, *arguments: Any) -> Any:
    """Returns what the object's method returns.

    Raises:
      WorkerError: there was an error there.
    """
    self.begin(method, *arguments)
    return self.finish()

  def begin(self, method: str, *arguments: Any) -> None:
    """Asks, and does not wait: finish does, and tells of all errors."""
    with contextlib.suppress(OSError):
      self._connection.send((method, arguments))

  def finish(self) -> Any:
    """Returns the answer to begin, and raises as ask does."""
    try:
      if not self._connection.poll(_LONGEST_ANSWER):
        raise WorkerError(f'no answer within {_LONGEST_ANSWER} seconds')
      error, answer = self._connection.recv()
    except (EOFError, OSError):
      self._process.join()
      raise WorkerError(_cause_of_death(self._process.exitcode)) from None
    if error:
      raise WorkerError(error)
    return answer

  def __enter__(self):
    return self

  def __exit__(self, *unused):
    self._connection.close()
    self._process.kill()
    self._process.join()


def _cause_of_death(exitcode):
  if exitcode == -signal.SIGKILL:
    return 'killed: out of memory?'
  if exitcode < 0:
    return f'the process crashed ({signal.Signals(-exitcode).name})'
  return f'the process ended with status {exitcode}'


def _serve(connection, make, arguments):
  """Answers until there is an error, or nobody left to ask."""
  signal.signal(signal.SIGINT, signal.SIG_IGN)  # The parent ends us.
  try:
    served = make(*arguments)
    while True:
      method, method_arguments = connection.recv()
      connection.send((None, getattr(served, method)(*method_arguments)))
  except (EOFError, BrokenPipeError):
    pass
  except Exception as error:
    with contextlib.suppress(BrokenPipeError):
      connection.send((_one_line(error), None))


def _one_line(error):
  """Returns what happened; TensorFlow's messages go on for pages."""
  if isinstance(error, InputError):
    return str(error)
  name = type(error).__name__
  if (
    isinstance(error, MemoryError)
    or name == 'ResourceExhaustedError'
    or _OUT_OF_MEMORY.search(str(error))
  ):
    return 'out of memory: take smaller --batch_sizes'
  lines = str(error).strip().splitlines()
  return f'{name}: {lines[0][:200]}' if lines else name
