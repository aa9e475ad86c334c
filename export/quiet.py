"""What converters and runtimes print is not for those who run a program."""

from collections.abc import Iterator
import contextlib
import logging
import os
import sys
import warnings


@contextlib.contextmanager
def silence() -> Iterator[None]:
  """Keeps all that is printed, by C++ too, from the terminal; errors go on."""
  sys.stdout.flush()
  sys.stderr.flush()
  former, level = [os.dup(1), os.dup(2)], logging.root.manager.disable
  null = os.open(os.devnull, os.O_WRONLY)
  for number in (1, 2):
    os.dup2(null, number)
  logging.disable(logging.CRITICAL)
  try:
    with warnings.catch_warnings():
      warnings.simplefilter('ignore')
      yield
  finally:
    logging.disable(level)
    for number, kept in zip((1, 2), former):
      os.dup2(kept, number)
      os.close(kept)
    os.close(null)
