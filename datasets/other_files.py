"""The files of a folder that are not read: said in a line, not passed over."""

from collections.abc import Sequence
import os

from base import errors
from datasets import images

_NAMED = 3


def tell(folder: str, paths: Sequence[str]) -> None:
  """Says on stderr which files of a folder are skipped, and what helps.

  Args:
    folder: as the user named it.
    paths: of files whose names do not end as those of readable images do.
  """
  unreadable = [path for path in paths if images.is_heif(path)]
  others = [path for path in paths if not images.is_heif(path)]
  if unreadable:
    errors.tell(
      f'{folder}: skipped {_count(unreadable, "HEIC image")}: '
      f'{_named(unreadable)}; {images.HEIF_REMEDY}'
    )
  if others:
    which = 'that is no image' if len(others) == 1 else 'that are no images'
    errors.tell(
      f'{folder}: skipped {_count(others, "file")} {which}: {_named(others)}'
    )


def remedy(paths: Sequence[str]) -> str:
  """Returns what to say of a folder's files where none is an image."""
  if any(map(images.is_heif, paths)):
    return f'; HEIC: {images.HEIF_REMEDY}'
  return ''


def _count(paths, noun):
  return f'{len(paths)} {noun}{"s" if len(paths) > 1 else ""}'


def _named(paths):
  names = [os.path.basename(path) for path in paths[:_NAMED]]
  return ', '.join(names + ['...'] * (len(paths) > _NAMED))
