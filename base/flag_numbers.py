"""Numbers that no flag takes, whatever its bounds."""

from absl import flags

from base import limits


def check(values: flags.FlagValues) -> None:
  """Refuses what float32 or int64 cannot hold: NaN, too, which passes bounds.

  Raises:
    flags.IllegalFlagValueError: a flag has such a value.
  """
  for name in values:
    value = values[name].value
    if isinstance(value, float) and not abs(value) <= limits.FLOAT:
      _refuse(name, value, f'a number, at most {limits.FLOAT:g}')
    # bool is an int.
    if isinstance(value, int) and abs(value) > limits.INTEGER:
      _refuse(name, value, f'at most {limits.INTEGER}')


def _refuse(name, value, wanted):
  raise flags.IllegalFlagValueError(f'flag --{name}={value}: must be {wanted}')
