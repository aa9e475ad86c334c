"""data.yaml, in which exports for YOLO name classes and folders of splits.

`names` is a list, or a mapping from 0, 1, 2, ...; `train`, `val` and `test` are
folders of images, within `path` if there is one.
https://docs.ultralytics.com/datasets/detect
"""

import os
from typing import Any
from typing import NamedTuple

import yaml

from base import files
from base.errors import InputError

FILE_NAME = 'data.yaml'


class DataYaml(NamedTuple):
  """What a data.yaml says."""

  label_names: tuple[str, ...]
  image_folders: dict[str, str]  # of the splits it has: train, val, test


def read(folder: str) -> DataYaml | None:
  """Returns what folder/data.yaml says, None if there is no such file.

  Raises:
    InputError: it cannot be read, classes are missing, or an entry is no folder
      in this one.
  """
  path = os.path.join(folder, FILE_NAME)
  if not os.path.isfile(path):
    return None
  try:
    content = yaml.safe_load(files.read_bytes(path))
  except (yaml.YAMLError, ValueError) as error:  # a date that is none
    reason = ' '.join(str(error).split())
    raise InputError(f'{path}: not YAML ({reason})') from error
  if not isinstance(content, dict) or 'names' not in content:
    raise InputError(f'{path}: want names, a list of the classes')
  return DataYaml(_names(content, path), _image_folders(content, path))


def _names(content, path):
  names = content['names']
  if isinstance(names, dict):
    if sorted(names, key=str) != sorted(range(len(names)), key=str):
      raise InputError(
        f'{path}: the numbers of names must be 0, 1, 2, ...; they are '
        f'{", ".join(map(str, names))}'
      )
    names = [names[label] for label in range(len(names))]
  if not isinstance(names, list) or not names:
    raise InputError(f'{path}: want names, a list of the classes')
  if content.get('nc', len(names)) != len(names):
    raise InputError(
      f'{path}: nc is {content["nc"]}, but there are {len(names)} names'
    )
  return tuple(map(str, names))


def _image_folders(content: dict[str, Any], path):
  folders = {}
  for split_name in ('train', 'val', 'test'):
    entry = content.get(split_name)
    if not entry:
      continue
    if not isinstance(entry, str):
      raise InputError(f'{path}: {split_name} must be one folder')
    found = _find(os.path.dirname(path), str(content.get('path', '')), entry)
    if found is None:
      raise InputError(
        f'{path}: {split_name} is {entry}, which is no folder in that of '
        f'{FILE_NAME}'
      )
    folders[split_name] = found
  return folders


def _find(folder, base, entry):
  """Returns the folder that an entry means, None if it is not in this one.

  Files are moved about after an export: `path` may be of another machine, and
  some exports write ../train/images for train/images.
  """
  for within in (os.path.join(base, entry), entry, entry.removeprefix('../')):
    found = os.path.normpath(os.path.join(folder, within))
    is_inside = os.path.relpath(found, folder).split(os.sep)[0] != os.pardir
    if is_inside and os.path.isdir(found):
      return found
  return None
