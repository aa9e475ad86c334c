"""Folders that can be written, and files that are there whole or not at all."""

from collections.abc import Iterator
import contextlib
import glob
import json
import os
import shutil
import socket
import tempfile
from typing import Any

from base.errors import InputError

# Folders in which files are until they are whole, by machine and process.
_PARTIAL = f'.partial-{socket.gethostname()}-'


def make_folder(path: str, what: str) -> str:
  """Makes a folder, and sees that it can be written; returns its path.

  What killed processes of this machine have left half-written there goes.

  Args:
    path: of the folder, which may exist.
    what: the flag that names it, for the message.

  Raises:
    InputError: it cannot be made or written.
  """
  try:
    os.makedirs(path, exist_ok=True)
    tempfile.TemporaryFile(dir=path).close()
  except OSError as error:
    raise InputError(
      f'{what} {path} cannot be written: {error.strerror}'
    ) from error
  for partial in glob.glob(os.path.join(glob.escape(path), f'{_PARTIAL}*-*')):
    if not _is_running(partial.split('-')[-2]):
      shutil.rmtree(partial, ignore_errors=True)
  return path


def _is_running(number):
  """Whether there is a process of a number, which is text."""
  try:
    os.kill(int(number), 0)
  except ProcessLookupError:
    return False
  except (OSError, OverflowError, ValueError):
    pass  # Somebody else's, or no number.
  return True


def check_room(folder: str, size: int, what: str) -> None:
  """Sees that so many bytes can be written into a folder; leaves nothing there.

  Unlike the number of bytes that are free, this knows of quotas and limits.

  Raises:
    InputError: they cannot.
  """
  try:
    with tempfile.TemporaryFile(dir=folder) as file:
      os.posix_fallocate(file.fileno(), 0, size)
  except OSError as error:
    raise InputError(
      f'{folder} has no room for {what} of {size / 1e6:.1f} MB: '
      f'{error.strerror}'
    ) from error


@contextlib.contextmanager
def write_whole(path: str) -> Iterator[str]:
  """Yields the path of a file to write, which replaces `path` afterwards.

  If anything is raised meanwhile, `path` stays as it was.

  Raises:
    InputError: the folder cannot be written, or the disk is full.
  """
  folder, name = os.path.split(path)
  try:
    with tempfile.TemporaryDirectory(
      prefix=f'{_PARTIAL}{os.getpid()}-', dir=folder or '.'
    ) as partial:
      yield os.path.join(partial, name)
      os.replace(os.path.join(partial, name), path)
  except OSError as error:
    raise InputError(f'{path} cannot be written: {error.strerror}') from error


@contextlib.contextmanager
def write_together(folder: str, last: str) -> Iterator[str]:
  """Yields the path of a folder whose files go into `folder` afterwards.

  If anything is raised meanwhile, none does.

  Args:
    folder: is there.
    last: how the names of those end without which the others are nothing.

  Raises:
    InputError: the folder cannot be written, or the disk is full.
  """
  try:
    with tempfile.TemporaryDirectory(
      prefix=f'{_PARTIAL}{os.getpid()}-', dir=folder
    ) as partial:
      yield partial
      for name in sorted(
        os.listdir(partial), key=lambda name: name.endswith(last)
      ):
        os.replace(os.path.join(partial, name), os.path.join(folder, name))
  except OSError as error:
    raise InputError(f'{folder} cannot be written: {error.strerror}') from error


@contextlib.contextmanager
def write_whole_folder(path: str) -> Iterator[str]:
  """Yields an empty folder, which takes the place of `path` afterwards.

  What `path` held goes then. If anything is raised meanwhile, it stays as it
  was.

  Raises:
    InputError: a folder cannot be written, or the disk is full.
  """
  path = os.path.abspath(path)
  parent = make_folder(os.path.dirname(path), 'the folder')
  try:
    with tempfile.TemporaryDirectory(
      prefix=f'{_PARTIAL}{os.getpid()}-', dir=parent
    ) as partial:
      new, former = (os.path.join(partial, name) for name in ('new', 'former'))
      os.mkdir(new)
      yield new
      if os.path.isdir(path):
        os.rename(path, former)
      os.rename(new, path)
  except OSError as error:
    raise InputError(f'{path} cannot be written: {error.strerror}') from error


def read_bytes(path: str) -> bytes:
  """Returns the bytes of a file; InputError if it is unreadable."""
  try:
    with open(path, 'rb') as file:
      return file.read()
  except OSError as error:
    raise InputError(f'{path}: {error.strerror}') from error


def write_bytes(path: str, content: bytes) -> None:
  """Writes a file, whole or not at all; raises write_whole's error."""
  with write_whole(path) as partial, open(partial, 'wb') as file:
    file.write(content)


def write_json(path: str, value: Any) -> None:
  """Writes indented JSON, whole or not at all; raises write_whole's error."""
  with (
    write_whole(path) as partial,
    open(partial, 'w', encoding='utf-8') as file,
  ):
    json.dump(value, file, indent=2)
    file.write('\n')
