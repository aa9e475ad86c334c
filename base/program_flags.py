"""What the flags of all programs have in common."""

from collections.abc import Iterable
from collections.abc import Iterator
import math
import os
from typing import Any
from typing import TypeVar

from absl import flags

from base.errors import InputError

Options = TypeVar('Options', bound=tuple)  # a NamedTuple

RUN_FOLDER = '/tmp/tfmodel/'  # slim's default, where runs and results go

# Flags belong to the program that has them defined, whose --help tells of them.
flags.disclaim_key_flags()


class _PathParser(flags.ArgumentParser):
  """Expands the ~ that shells leave in --train_dir=~/run."""

  def parse(self, argument):
    return os.path.expanduser(argument)


def define_path(name: str, default: str | None, help_text: str) -> None:
  """Defines a flag whose value is a path."""
  flags.DEFINE(
    _PathParser(),
    name,
    default,
    help_text,
    serializer=flags.ArgumentSerializer(),
  )


def read(options: type[Options]) -> Options:
  """Returns a NamedTuple of the flags named as its fields.

  A field of which no flag is defined has its default.
  """
  return options(
    **{
      name: flags.FLAGS[name].value
      for name in options._fields
      if name in flags.FLAGS
    }
  )


def require_utf8(*names: str) -> None:
  """Refuses paths that TensorFlow cannot take, for it writes or reads there."""

  def is_utf8(path):
    try:
      (path or '').encode()
    except UnicodeEncodeError:
      return False
    return True

  for name in names:
    flags.register_validator(
      name, is_utf8, 'must be UTF-8: TensorFlow takes no other path'
    )


def tell_default(name: str) -> None:
  """Says that a folder is the default, which others may use, too."""
  if flags.FLAGS[name].using_default_value:
    print(
      f"--{name} is not given: {flags.FLAGS[name].value} is slim's default, "
      'which all runs without the flag share.',
      flush=True,
    )


def require_above_zero(*names: str) -> None:
  """Refuses 0 for flags, which their lower bound of 0 allows."""
  for name in names:
    flags.register_validator(
      name, lambda value: value is None or value > 0, 'must be above 0'
    )


def require_numbers(name: str, most: float = math.inf) -> None:
  """Refuses a comma-separated flag of none, or of other than numbers above 0.

  most: the largest that is allowed.
  """

  def are_numbers(values):
    if values is None:
      return True
    try:
      numbers = [float(one) for one in values]
    except ValueError:
      return False
    return bool(numbers) and all(
      0 < one <= most and one < math.inf for one in numbers
    )

  limit = '' if most == math.inf else f' and at most {most:g}'
  flags.register_validator(name, are_numbers, f'must be numbers above 0{limit}')


def given() -> dict[str, Any]:
  """Returns the flags that have not their default value, by name."""
  return {
    flag.name: flag.value for flag in ours() if not flag.using_default_value
  }


def all_but(names: Iterable[str]) -> dict[str, Any]:
  """Returns the values of all flags, by name, but for some."""
  left_out = set(names)
  return {flag.name: flag.value for flag in ours() if flag.name not in left_out}


def ours() -> Iterator[flags.Flag]:
  """Yields all flags but absl's own, which say how to log and the like."""
  of_modules = flags.FLAGS.flags_by_module_dict()
  for module, of_module in sorted(of_modules.items()):
    if not module.startswith('absl.'):
      yield from of_module


def reject_arguments(argv: list[str]) -> None:
  """Raises InputError if a command line has more than flags."""
  if len(argv) > 1:
    raise InputError(f'What is {argv[1]!r}? All arguments are flags.')
