"""An export that is taken in a checkpoint's place."""

import os
from typing import Any
from typing import NamedTuple

from base.errors import InputError
from checkpoints import run_info
from export import formats
from export.network import Loaded
from runtime.network_flags import NetworkOptions


class Opened(NamedTuple):
  """A file that its runtime has loaded."""

  path: str  # of the file, in the export's folder
  run: Loaded
  info: dict[str, Any]  # what model.json says

  @property
  def format(self) -> str:
    """Name of the format."""
    return self.info['format']

  @property
  def computes_in(self) -> str:
    """Returns layout and precision in words, as RunnableModel has them."""
    return f'NHWC {self.info["precision"]}'


def find(path: str) -> dict[str, Any] | None:
  """Returns what model.json says of an export; None: the path is of none."""
  if not os.path.isdir(path):
    return None
  info = run_info.read_run_info(path)
  return info if info.get('format') in list(formats.FORMATS) else None


def open_export(
  folder: str, network: NetworkOptions | None = None, **given: Any
) -> Opened:
  """Loads an export.

  Args:
    folder: of which find returns something.
    network: as flags give it; a file takes none of that.
    **given: other flags that it does not take: name -> value, None where
      nothing is asked for.

  Raises:
    InputError: it cannot be loaded, lacks its runtime, or a flag is given.
  """
  info = find(folder)
  asked = {**(network._asdict() if network else {}), **given}
  for name, value in asked.items():
    if value and value not in ('auto', 'false'):
      raise InputError(
        f'--{name}={value}: {folder} is an export, which runs as it is; give '
        f'the checkpoint it was made of, {info.get("checkpoint")}'
      )
  for key, kind in (
    ('outputs', list),
    ('precision', str),
    ('num_classes', int),
    ('image_size', int),
  ):
    if not isinstance(info.get(key), kind):
      raise InputError(
        f'{os.path.join(folder, run_info.FILE_NAME)} is damaged: {key} is '
        f'{info.get(key)!r}; export again'
      )
  run = formats.load(folder, info['format'], info['outputs'])
  return Opened(
    os.path.join(folder, formats.FORMATS[info['format']].FILE), run, info
  )
