"""Files in tar archives, read where they lie: nothing is ever unpacked.

So no name in an archive can lead anywhere, and links in it mean nothing.
"""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
import contextlib
import lzma
import os
import posixpath
import tarfile
from typing import NamedTuple
import zlib

import tqdm

from base import errors
from base.errors import InputError

_CHUNK = 1 << 20  # bytes
_MOST_BYTES = (
  1 << 30
)  # of what is in memory at a time: published ones have less

# Headers that name the file which comes next; more than any name needs.
_ABOUT_THE_NEXT = (
  *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
  *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
)
_MOST_ABOUT_ONE = 1 << 14  # bytes

_DAMAGE = (
  *(tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError),
  *(ValueError, OverflowError, RecursionError),  # headers that tarfile believes
)


class _Member(tarfile.TarInfo):
  """A header whose damage is an error.

  tarfile takes it for the end of the archive, and says nothing. It also reads
  whatever one header says of the next into memory, and goes back where a size
  is below 0, for ever.
  """

  @classmethod
  def frombuf(cls, buf, encoding, errors):
    """As TarInfo's, but raises ReadError where something is wrong."""
    try:
      member = super().frombuf(buf, encoding, errors)
    except tarfile.EOFHeaderError:
      raise
    except tarfile.HeaderError as error:
      raise tarfile.ReadError(f'{error}, where a file should begin') from error
    if member.size < 0 or (
      member.type in _ABOUT_THE_NEXT and member.size > _MOST_ABOUT_ONE
    ):
      raise tarfile.ReadError(f'a header of {member.size} bytes')
    return member


class Part(NamedTuple):
  """Where an image lies in a file, or a file that is one."""

  path: str
  name: str  # for messages
  offset: int = 0
  size: int | None = None  # in bytes; None: all of the file


def read_members(
  path: str, is_wanted: Callable[[str], bool]
) -> dict[str, bytes]:
  """Returns {name: content} of the files in an archive that are wanted.

  Those whose names lead out of the archive are not.

  Args:
    path: of a tar archive, compressed by gzip or not.
    is_wanted: name, with / between its parts -> whether to read it.
  Raises:
    InputError: the archive cannot be read, is damaged, or holds more than any
      that is published.
  """
  found, size = {}, 0
  with _opened(path) as archive:
    for member in _checked(archive):
      name = posixpath.normpath(member.name)
      is_inside = name.split('/')[0] not in ('', '..')
      if member.isreg() and is_inside and is_wanted(name):
        size += member.size
        _check_size(size, f'{path}: {name}')
        found[name] = archive.extractfile(member).read()
    # gzip's checksum is at the end, after what tar reads.
    while archive.fileobj.read(_CHUNK):
      pass
  return found


def find_parts(path: str) -> list[Part]:
  """Returns the Parts of an uncompressed archive, in its order; reads none.

  Raises:
    InputError: the archive cannot be read, or is damaged.
  """
  with _opened(path, 'r:') as archive:
    members = tqdm.tqdm(archive, path, unit='image', delay=1, disable=None)
    return _parts(members, path)


def find_nested_parts(path: str) -> dict[str, list[Part]]:
  """Returns {name of an archive: its Parts} of the archives in an archive.

  Args:
    path: of an uncompressed archive of uncompressed archives, NAME.tar each.
  Raises:
    InputError: one of them cannot be read, or is damaged.
  """
  found = {}
  with _opened(path, 'r:') as archive:
    archives = tqdm.tqdm(archive, path, unit='archive', disable=None)
    for member in _checked(archives):
      name, extension = posixpath.splitext(posixpath.basename(member.name))
      if not member.isreg() or extension != '.tar':
        continue
      with (
        errors.of_damage(f'{path}: {member.name}', 'tar archive', _DAMAGE),
        _open_tar(archive.extractfile(member), 'r:') as one,
      ):
        found[name] = _parts(one, path, member.offset_data)
  return found


def read_part(part: Part) -> bytes:
  """Returns what a Part holds; InputError if it cannot be read."""
  try:
    with open(part.path, 'rb') as file:
      file.seek(part.offset)
      content = file.read(-1 if part.size is None else part.size)
  except OSError as error:
    raise InputError(f'{part.name}: {error.strerror}') from error
  if part.size not in (None, len(content)):
    raise InputError(f'{part.name}: the archive is truncated')
  return content


def _parts(members: Iterable[tarfile.TarInfo], path, begin=0):
  """begin: where their archive begins in the file."""
  parts = []
  for member in _checked(members):
    if member.isreg() and not member.issparse():
      name = f'{path}: {member.name}'
      _check_size(member.size, name)
      begins = begin + member.offset_data
      parts.append(Part(path, name, begins, member.size))
  return parts


def _checked(members: Iterable[tarfile.TarInfo]) -> Iterator[tarfile.TarInfo]:
  """Yields them; tarfile would go back, for ever, after a size below 0."""
  for member in members:
    if member.size < 0:
      raise tarfile.ReadError(f'{member.name} has {member.size} bytes')
    yield member


def _check_size(size, name):
  """Raises InputError before memory is filled; size: of name and before it."""
  if size > _MOST_BYTES:
    raise InputError(
      f'{name}: {size} bytes up to here, more than {_MOST_BYTES}: this is no '
      'archive of images as it is published'
    )


@contextlib.contextmanager
def _opened(path, mode='r:*') -> Iterator[tarfile.TarFile]:
  """An archive whose errors name it, with progress where it is read whole."""
  with (
    errors.of_damage(path, 'tar archive', _DAMAGE),
    open(path, 'rb') as file,
    tqdm.tqdm.wrapattr(
      file,
      'read',
      total=os.path.getsize(path),
      desc=os.path.basename(path),
      delay=1,
      disable=None if mode == 'r:*' else True,
    ) as watched,
    _open_tar(watched, mode) as archive,
  ):
    yield archive


def _open_tar(file, mode):
  return tarfile.open(fileobj=file, mode=mode, tarinfo=_Member)
