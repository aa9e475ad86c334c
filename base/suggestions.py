"""What somebody may have meant by a name that does not exist."""

from collections.abc import Iterable
import difflib

_SHOWN = 3
_ALIKE = 0.75  # of difflib's ratio, from 0 to 1


def similar(name: str, known: Iterable[str]) -> list[str]:
  """Returns at most three of the known names, the likeliest first.

  mobilenetv2 finds mobilenet_v2; num_epoch, epochs and lr find num_epochs,
  num_epochs and learning_rate: by spelling, as a part, and by initials.
  """
  wanted = _letters(name)
  if not wanted:
    return []
  by_letters = {_letters(one): one for one in known if _letters(one)}
  if wanted in by_letters:
    return [by_letters[wanted]]
  found = difflib.get_close_matches(wanted, by_letters, _SHOWN, _ALIKE)
  # One or two letters are a part of anything.
  if len(wanted) > 2:
    parts = (one for one in by_letters if wanted in one or one in wanted)
    found += sorted(parts, key=len)
  names = [by_letters[one] for one in found]
  names += [one for one in by_letters.values() if _initials(one) == wanted]
  return list(dict.fromkeys(names))[:_SHOWN]


def did_you_mean(name: str, known: Iterable[str], prefix: str = '') -> str:
  """Returns ' (did you mean A or B?)', or '' if nothing is similar.

  prefix: before each, the -- of flags.
  """
  names = [prefix + one for one in similar(name, known)]
  return f' (did you mean {" or ".join(names)}?)' if names else ''


def _letters(name):
  return ''.join(letter for letter in name.lower() if letter.isalnum())


def _initials(name):
  return ''.join(part[:1] for part in name.split('_'))
