"""A folder of images, and of masks of the same names.

FOLDER/images/NAME.jpg (or .png, ...) and FOLDER/masks/NAME.png, whose values
are classes; 255 does not count. FOLDER/labels.txt has the classes' names, the
background first. FOLDER/train.txt and FOLDER/val.txt name the images of the
splits; without them a part is held out, chosen by name.
"""

import os

from base import files
from base.errors import InputError
from datasets import image_folder
from datasets import labels

_SPLITS = ('train', 'validation', 'val', 'test')


def load(
  folder: str,
  split_name: str,
  validation_fraction: float = image_folder.VALIDATION_FRACTION,
) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
  """Returns ((path of image, path of mask) of a split, label_names).

  Neither images nor masks are opened.

  Raises:
    InputError: labels.txt, a folder or a list is missing, a mask has no image
      or an image no mask, or nothing is in the split.
  """
  label_names = _label_names(os.path.join(folder, labels.FILE_NAME))
  paths = image_folder.paths_by_name(os.path.join(folder, 'images'))
  masks = _masks(os.path.join(folder, 'masks'), paths)
  names = _listed(folder, split_name)
  if names is None:
    names = [
      name
      for name, path in paths.items()
      if (split_name != 'train')
      == image_folder.is_held_out(path, validation_fraction)
    ]
  _check_all_are_there(folder, split_name, names, paths, masks)
  return [(paths[name], masks[name]) for name in names], label_names


def _label_names(path):
  if not os.path.exists(path):
    raise InputError(
      f'{path}: No such file; write the names of the classes into it, one a '
      'line, the background first'
    )
  label_names = labels.read_label_names(path)
  labels.check_unique(label_names, path)
  return label_names


def _check_all_are_there(folder, split_name, names, paths, masks):
  """Raises InputError if an image of a split, or its mask, is missing."""
  if not names:
    raise InputError(f'{folder}: no image in the split {split_name}')
  missing = [name for name in names if name not in paths]
  if missing:
    raise InputError(
      f'{folder}: no image {image_folder.first_of(missing)} in images/, which '
      f'the list of {split_name} names'
    )
  missing = [name for name in names if name not in masks]
  if missing:
    where = image_folder.first_of([paths[name] for name in missing])
    raise InputError(f'{where}: there is no mask masks/{missing[0]}.png')


def _masks(folder, paths):
  """Returns {name: path} of the masks, each of which has an image."""
  masks = image_folder.paths_by_name(folder, ('.png',))
  alone = [path for name, path in masks.items() if name not in paths]
  if alone:
    raise InputError(f'{image_folder.first_of(alone)}: there is no such image')
  return masks


def _listed(folder, split_name):
  """Returns the names in the list of a split; None if there are no lists."""
  there_are = [
    name
    for name in _SPLITS
    if os.path.isfile(os.path.join(folder, f'{name}.txt'))
  ]
  if not there_are:
    image_folder.choose_split(split_name, image_folder.UNDIVIDED, folder)
    return None
  for stored in image_folder.split_candidates(split_name):
    if stored in there_are:
      path = os.path.join(folder, f'{stored}.txt')
      lines = files.read_bytes(path).decode(errors='replace').splitlines()
      return [line.strip() for line in lines if line.strip()]
  raise InputError(
    f'{folder}: no list of the split {split_name}; there is '
    f'{", ".join(f"{name}.txt" for name in there_are)}'
  )
