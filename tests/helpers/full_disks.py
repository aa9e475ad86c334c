"""Plays a disk on which no more than so much can be written."""

from collections.abc import Iterator
import contextlib
import resource


@contextlib.contextmanager
def largest_file(size: int) -> Iterator[None]:
  """This process writes no file of more bytes; Python ignores the signal."""
  soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
  resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
  try:
    yield
  finally:
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
