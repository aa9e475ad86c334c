"""Exports that benchmark.py times, as their model.json has them."""

from collections.abc import Sequence
from typing import NamedTuple

from base.errors import InputError
from specs.networks import ARCHITECTURE


class Model(NamedTuple):
  """An export, as its model.json has it."""

  folder: str
  format: str
  precision: str
  network: str
  is_published: bool  # whether the name says all of its architecture
  image_size: int
  accuracy: float | None


def read_models(folders: Sequence[str]) -> list[Model]:
  """Returns the Models of folders; raises InputError if one is no export."""
  return [_read_model(folder) for folder in folders]


def _read_model(folder):
  # Only there is TensorFlow imported.
  from base import quiet_tensorflow as quiet_tensorflow
  from export import opened

  info = opened.find(folder)
  if info is None:
    raise InputError(f'--models: {folder} is not an export of export_model.py')
  evaluated = (info.get('evaluation') or {}).get('file') or {}
  return Model(
    folder,
    info['format'],
    info['precision'],
    info['model_name'],
    not any(info.get(name) for name in ARCHITECTURE),
    info['image_size'],
    next(iter(evaluated.values()), None),
  )
