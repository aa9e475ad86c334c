"""One trainer to a folder: who holds it, until it ends or is killed."""

from collections.abc import Iterator
import contextlib
import fcntl
import os
import socket

from base import files
from base.errors import InputError

FILE_NAME = 'training.lock'


@contextlib.contextmanager
def hold(train_dir: str) -> Iterator[None]:
  """Holds a folder, which is made, for this process.

  The system gives it back when the process ends, however it ends: a file that
  is left there does not stand in the way. A folder that was made for this, and
  in which nothing came to be, goes.

  Raises:
    InputError: another process trains there, or it cannot be written.
  """
  is_new = not os.path.isdir(train_dir)
  files.make_folder(train_dir, 'train_dir')
  path = os.path.join(train_dir, FILE_NAME)
  with _locked(path, train_dir):
    try:
      yield
    finally:
      os.unlink(path)
      if is_new and not os.listdir(train_dir):
        os.rmdir(train_dir)


def _locked(path, train_dir):
  """Returns the file that says who holds the folder, open and locked."""
  try:
    file = open(path, 'a+', encoding='utf-8')
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    if not os.path.exists(path) or not os.path.samestat(
      os.fstat(file.fileno()), os.stat(path)
    ):
      # The first trainer ended, and took its file, between these two lines.
      file.close()
      return _locked(path, train_dir)
    file.truncate(0)
    file.write(f'process {os.getpid()} on {socket.gethostname()}')
    file.flush()
    return file
  except BlockingIOError as error:
    file.seek(0)
    holder = file.read() or 'another process'
    file.close()
    raise InputError(
      f'{holder} is training in {train_dir}: wait until it ends, stop it, or '
      'give another --train_dir'
    ) from error
  except OSError as error:
    raise InputError(f'{path} cannot be locked: {error.strerror}') from error
