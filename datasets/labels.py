"""The names of classes, in files that people and slim keep them in."""

import collections
from collections.abc import Iterable
import os
import re

from base import files
from base.errors import InputError

FILE_NAME = 'labels.txt'
BACKGROUND = 'background'  # the class of what is of no other

_NUMBERED = re.compile(r'\s*(\d{1,9})\s*:(.*)')


def read_label_names(path: str) -> tuple[str, ...]:
  """Returns the names in a file.

  Its lines are `id:name`, the ids 0, 1, 2, ... in any order; or line n, from
  0, is the name of class n. Blank lines at the end do not count.

  Raises:
    InputError: the file cannot be read, ids are missing or there twice, or a
      name is blank.
  """
  lines = _read_lines(path)
  if all(_NUMBERED.fullmatch(line) for line in lines if line.strip()):
    return _numbered(path, lines)
  names = [line.strip() for line in lines]
  while not names[-1]:
    del names[-1]
  if '' in names:
    raise InputError(
      f'{path} line {names.index("") + 1}: blank, where the name of class '
      f'{names.index("")} should be'
    )
  return tuple(names)


def check_unique(names: Iterable[str], where: str) -> None:
  """Raises InputError if two classes have one name.

  Classes are told apart by it in results; ImageNet's, which never are, are not
  to be checked.
  """
  for name, count in collections.Counter(names).items():
    if count > 1:
      raise InputError(
        f'{where}: {count} classes are called {name!r}; each needs a name of '
        'its own'
      )


def check_lines(names: Iterable[str], where: str) -> None:
  """Raises InputError if labels.txt cannot hold the names, a line for each."""
  for name in names:
    if name.splitlines() != [name] or not name.strip():
      raise InputError(
        f'{where}: a class is called {name!r}, but {FILE_NAME} has the name of '
        'each class on a line; give it another name'
      )


def _read_lines(path):
  try:
    with open(path, encoding='utf-8', errors='replace') as file:
      return file.read().splitlines()
  except OSError as error:
    raise InputError(f'{path}: {error.strerror}') from error


def read_folder(folder: str) -> tuple[str, ...] | None:
  """Returns the names in folder/labels.txt, None if there is no such file.

  Its lines are `id:name`.

  Raises:
    InputError: they are not, or the file cannot be read.
  """
  path = os.path.join(folder, FILE_NAME)
  if not os.path.isfile(path):
    return None
  return _numbered(path, _read_lines(path))


def write_folder(folder: str, label_names: tuple[str, ...]) -> None:
  """Writes folder/labels.txt, whole or not at all."""
  with (
    files.write_whole(os.path.join(folder, FILE_NAME)) as partial,
    open(partial, 'w', encoding='utf-8', errors='replace') as file,
  ):
    file.writelines(
      f'{label}:{name}\n' for label, name in enumerate(label_names)
    )


def _numbered(path, lines):
  """Returns the names of lines `id:name`."""
  names = {}
  for number, line in enumerate(lines, 1):
    if not line.strip():
      continue
    match = _NUMBERED.fullmatch(line)
    if not match or int(match[1]) in names:
      raise InputError(f'{path} line {number}: want id:name, each id once')
    names[int(match[1])] = match[2].strip()
  if sorted(names) != list(range(len(names))) or not names:
    raise InputError(
      f'{path}: want id:name; ids must run from 0 to the number of classes'
    )
  return tuple(names[label] for label in range(len(names)))
