"""Flags of slim's programs that have no meaning any more: still accepted."""

from absl import flags

_DEFINE = {bool: flags.DEFINE_bool, int: flags.DEFINE_integer,
           str: flags.DEFINE_string}


def define(rows):
  """Defines flags; rows: (name, slim's default, what takes its place)."""
  for name, default, instead in rows:
    _DEFINE[type(default)](name, default, f'Has no effect: {instead}.')


def notices(rows):
  """Returns a line for each of these flags that is set."""
  return [f'--{name} has no effect: {instead}.' for name, default, instead
          in rows if flags.FLAGS[name].value != default]
