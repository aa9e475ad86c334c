"""Folders of images and text files of boxes, as labelling tools export them.

FOLDER/images/NAME.jpg with FOLDER/labels/NAME.txt; where there are splits,
images/train/, labels/train/ and images/val/, labels/val/. A line is
`class x y width height`: of the box's centre and size, as parts of the image;
or `class x y x y x y ...`: of a polygon's corners, whose box is taken.
FOLDER/classes.txt or, as labelImg has it, FOLDER/labels/classes.txt has the
classes' names, a line each; where there is a data.yaml it has them, and may
name other folders of images: labels are then in the folder whose path has
labels for the last images.
"""

import math
import os
from typing import NamedTuple

from base import files
from base.errors import InputError
from datasets import annotations
from datasets import data_yaml
from datasets import image_folder
from datasets import labels
from datasets.annotations import AnnotatedImage

_NAMES = 'classes.txt'
_ROUNDING = 1e-3  # of an image: how far rounded boxes reach over its edge


class _Folders(NamedTuple):
  """Where a split is."""

  images: str
  labels: str
  is_divided: bool  # whether these hold one split alone


def load(
  folder: str,
  split_name: str,
  validation_fraction: float = image_folder.VALIDATION_FRACTION,
) -> tuple[list[AnnotatedImage], tuple[str, ...]]:
  """Returns (images with boxes, label_names) of a split; opens no image.

  An image without a text file has no objects. Without folders for splits,
  a part of the images is held out, chosen by name.

  Raises:
    InputError: something is missing or damaged, a text file has no image, a
      class no name or that of another, a box lies outside of its image or has
      no area.
  """
  told = data_yaml.read(folder)
  named_in = (
    os.path.join(folder, data_yaml.FILE_NAME) if told else _find_names(folder)
  )
  label_names = told.label_names if told else labels.read_label_names(named_in)
  labels.check_unique(label_names, named_in)
  where = _find(folder, split_name, told.image_folders if told else {})
  paths = image_folder.paths_by_name(where.images)
  _check_all_have_images(where.labels, paths)
  if not where.is_divided:
    paths = {
      name: path
      for name, path in paths.items()
      if (split_name != 'train')
      == image_folder.is_held_out(path, validation_fraction)
    }
  if not paths:
    raise InputError(f'{folder}: no image in the split {split_name}')
  return (
    [
      AnnotatedImage(
        path, _read(os.path.join(where.labels, f'{name}.txt'), len(label_names))
      )
      for name, path in paths.items()
    ],
    label_names,
  )


def _find_names(folder):
  """Returns the path of the file that names the classes."""
  places = (_NAMES, os.path.join('labels', _NAMES))
  for place in places:
    path = os.path.join(folder, place)
    if os.path.isfile(path):
      return path
  raise InputError(
    f'{folder}: no {", ".join(places)} or {data_yaml.FILE_NAME} in it; write '
    f'the names of the classes into {os.path.join(folder, _NAMES)}, one a '
    'line, that of class 0 first'
  )


def _find(folder, split_name, told: dict[str, str]) -> _Folders:
  """told: the folders of images that data.yaml names, by split."""
  root = os.path.join(folder, 'images')
  folders = told or {
    name: os.path.join(root, name)
    for name in ('train', *image_folder.split_candidates('validation'))
    if os.path.isdir(os.path.join(root, name))
  }
  for name in image_folder.split_candidates(split_name):
    if name in folders:
      path = folders[name]
      return _Folders(path, _labels_folder(path, folder), is_divided=True)
  others = sorted(folders)
  if others:
    raise InputError(
      f'{folder}: no folder for the split {split_name}; there is '
      f'{", ".join(others)}'
    )
  image_folder.choose_split(split_name, image_folder.UNDIVIDED, folder)
  return _Folders(root, os.path.join(folder, 'labels'), is_divided=False)


def _labels_folder(images_folder, folder):
  """Returns train/labels for train/images, within a folder."""
  parts = os.path.relpath(images_folder, folder).split(os.sep)
  if 'images' not in parts:
    raise InputError(f'{images_folder}: no images/ in this path')
  last = len(parts) - 1 - parts[::-1].index('images')
  return os.path.join(folder, *parts[:last], 'labels', *parts[last + 1 :])


def _check_all_have_images(folder, paths):
  try:
    files = sorted(os.listdir(folder))
  except OSError as error:
    raise InputError(f'{folder}: {error.strerror}') from error
  alone = [
    os.path.join(folder, file)
    for file in files
    if file.endswith('.txt') and file != _NAMES and file[:-4] not in paths
  ]
  if alone:
    raise InputError(f'{image_folder.first_of(alone)}: there is no such image')


def _read(path, num_classes):
  corners, its_labels = [], []
  for number, line in enumerate(_read_lines(path), 1):
    if line.strip():
      label, box = _parse(line, f'{path}: line {number}', num_classes)
      its_labels.append(label)
      corners.append(box)
  return annotations.make_boxes(corners, its_labels)


def _read_lines(path):
  """Returns the lines of an image's label file; none if it has no such file."""
  if not os.path.lexists(path):
    return []
  try:
    return files.read_bytes(path).decode().splitlines()
  except UnicodeDecodeError as error:
    raise InputError(f'{path}: {error}') from error


def _parse(line, where, num_classes):
  """Returns (label, corners) of a line."""
  try:
    label, *numbers = line.split()
    label = int(label)
    numbers = [float(number) for number in numbers]
    box = _box(numbers)
  except ValueError as error:
    raise InputError(
      f'{where}: want class, x, y, width, height; it is {line.strip()!r}'
    ) from error
  if not 0 <= label < num_classes:
    raise InputError(
      f'{where}: class {label} is none of the {num_classes} that are named'
    )
  if not all(map(math.isfinite, numbers)):
    raise InputError(f'{where}: not finite: {line.strip()!r}')
  return label, annotations.parts_of_image(box, (1, 1), where, _ROUNDING)


def _box(numbers):
  """Returns top, left, bottom, right of a box or around a polygon.

  Raises:
    ValueError: the numbers are neither.
  """
  if len(numbers) >= 6 and len(numbers) % 2 == 0:
    x, y = numbers[::2], numbers[1::2]
    return min(y), min(x), max(y), max(x)
  x, y, width, height = numbers
  return y - height / 2, x - width / 2, y + height / 2, x + width / 2
