"""Packages that only some formats need: those of requirements-export.txt."""

import importlib
import types

from base.errors import InputError


def load(module: str) -> types.ModuleType:
  """Imports a module of a package that need not be installed.

  Raises:
    InputError: it is not.
  """
  try:
    return importlib.import_module(module)
  except ImportError as error:
    raise InputError(
      f'{module.partition(".")[0]} is not installed: make EXTRAS=export lint, '
      'or pip install -r requirements-export.lock --require-hashes, installs it'
    ) from error
