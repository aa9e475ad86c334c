"""Libraries that only some formats need, and how to install what is missing."""

import importlib
import os
import types

from base.errors import InputError

# Otherwise ONNX Runtime tells its makers what it runs, and keeps a data base of
# that in ~/.cache.
os.environ.setdefault('ORT_DISABLE_TELEMETRY', '1')


def load(module: str) -> types.ModuleType:
  """Imports a module of requirements-export.txt, or a submodule.

  Raises:
    InputError: it is not installed; says how to install it.
  """
  try:
    return importlib.import_module(module)
  except ImportError as error:
    raise InputError(
      f'{module.partition(".")[0]} is not installed: make EXTRAS=export lint '
      'installs it, or pip install --require-hashes -r requirements-export.lock'
    ) from error
