"""Folders that can be written, and files that are there whole or not at all."""

from collections.abc import Iterator
import contextlib
import json
import os
import tempfile
from typing import Any

from base.errors import InputError


def make_folder(path: str, what: str) -> str:
  """Makes a folder, and sees that it can be written; returns its path.

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
  return path


@contextlib.contextmanager
def write_whole(path: str) -> Iterator[str]:
  """Yields the path of a file to write, which replaces `path` afterwards.

  If anything is raised meanwhile, `path` stays as it was.

  Raises:
    InputError: the folder cannot be written, or the disk is full.
  """
  folder, name = os.path.split(path)
  try:
    with tempfile.TemporaryDirectory(dir=folder or '.') as partial:
      yield os.path.join(partial, name)
      os.replace(os.path.join(partial, name), path)
  except OSError as error:
    raise InputError(f'{path} cannot be written: {error.strerror}') from error


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
