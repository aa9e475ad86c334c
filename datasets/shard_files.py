"""Whether the files of a set of records are all there, and whole.

slim's names say how many files there are, NAME-00000-of-00005. How many records
each has is in records.json, which this project's conversions write: a file that
was cut between two records shows nothing itself.
"""

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
import itertools
import json
import os
import re

from base import errors
from base import files
from base.errors import InputError

COUNTS_FILE = 'records.json'

_NUMBERED = re.compile(
  r'(.*\D|)([0-9]+)([-_]of[-_]([0-9]+)(?:\D.*|))', re.DOTALL
)
_NAMED = 3
_AGAIN = 'copy the data set again, or convert it anew'


class NotWholeError(InputError):
  """Part of a set of records is missing: no number of bad images covers it."""


def check_names(folder: str, paths: Sequence[str]) -> None:
  """Raises NotWholeError if of files numbered N-of-M there are not M."""
  sets = {}
  for path in paths:
    match = _NUMBERED.fullmatch(os.path.basename(path))
    if match:
      stem, number, end, count = match.groups()
      found = sets.setdefault((stem, end, int(count)), {})
      found[int(number)] = path
  for (stem, end, count), found in sets.items():
    _check_numbers(folder, f'{stem}%s{end}', count, found)
  for stem, several in itertools.groupby(sorted(sets), lambda one: one[0]):
    ends = [f'{stem}*{end}' for _, end, _ in several]
    if len(ends) > 1:
      errors.tell(
        f'{folder}: {" and ".join(ends)} are all read; if some are of an '
        'earlier conversion, remove them'
      )


def _check_numbers(folder, form, count, found):
  """form: of the names, %s for the number. found: {number: path}."""
  beyond = [path for number, path in found.items() if number >= count]
  if beyond:
    raise NotWholeError(
      f'{beyond[0]}: none of {count} files, whose numbers begin at 0; {_AGAIN}'
    )
  num_missing = count - len(found)
  if not num_missing:
    return
  missing = (n for n in range(count) if n not in found)
  named = [form % f'{n:05}' for n in itertools.islice(missing, _NAMED)]
  raise NotWholeError(
    f'{folder}: {", ".join(named)}{", ..." * (num_missing > _NAMED)}: '
    f'{num_missing} of {count} files are missing; {_AGAIN}. (To take a part on '
    'purpose, give its files names without -of-)'
  )


def check_counts(paths: Iterable[str], counts: Iterable[int]) -> None:
  """Raises NotWholeError if a file has not the records it was written with."""
  written = {}
  for path, count in zip(paths, counts, strict=True):
    folder, name = os.path.split(path)
    if folder not in written:
      written[folder] = _read_counts(folder)
    expected = written[folder].get(name, count)
    if count != expected:
      raise NotWholeError(
        f'{path}: {count} records, but it was written with {expected}, says '
        f'{COUNTS_FILE}; {_AGAIN}, or delete {COUNTS_FILE} if this is meant'
      )


def write_counts(folder: str, counts: Mapping[str, int]) -> None:
  """Writes folder/records.json of {file name: number of records}."""
  files.write_json(os.path.join(folder, COUNTS_FILE), dict(counts))


def _read_counts(folder):
  """Returns {file name: number of records}, {} where nothing is known."""
  path = os.path.join(folder, COUNTS_FILE)
  try:
    with open(path, encoding='utf-8') as file:
      counts = json.load(file)
  except FileNotFoundError:
    return {}
  except OSError as error:
    raise InputError(f'{path}: {error.strerror}') from error
  except (ValueError, RecursionError):
    counts = None
  if not isinstance(counts, dict) or not all(
    type(count) is int for count in counts.values()
  ):
    raise InputError(
      f'{path} is damaged: want {{"FILE": number of its records, ...}}; '
      f'{_AGAIN}, or delete it'
    )
  return counts
