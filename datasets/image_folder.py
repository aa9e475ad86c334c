"""A folder of images: one subfolder per class.

Either the folder holds train/ and validation/ (or val/, or test/), each with
the classes' folders in it, or it holds the classes' folders itself; then a
part of the images, chosen by their names, is held out for validation.
"""

from collections.abc import Sequence
import hashlib
import os
import unicodedata

import numpy as np

from base import errors
from base import files
from base.errors import InputError
from datasets import images
from datasets import other_files
from datasets.example import Encoded

VALIDATION_FRACTION = 0.2  # held out by default
UNDIVIDED = ('train', 'validation')  # splits of what is divided by names
_SPLIT_FOLDERS = ('train', 'validation', 'val', 'test')


def split_candidates(split_name: str) -> tuple[str, ...]:
  """Names under which a split may be stored, the best one first.

  validation, or val, is whatever was held out; test is nothing but test.
  """
  candidates = {
    'validation': ('validation', 'val', 'test'),
    'val': ('val', 'validation', 'test'),
  }
  return candidates.get(split_name, (split_name,))


def is_divided(folder: str) -> bool:
  """Whether a folder has folders for splits."""
  return bool(_split_folders(folder))


def split_names(folder: str, validation_fraction: float) -> tuple[str, ...]:
  """Names of the splits that a folder has, in either layout."""
  undivided = UNDIVIDED if validation_fraction else ('train',)
  return _split_folders(folder) or undivided


def choose_split(split_name: str, there_are: Sequence[str], where: str) -> str:
  """Returns which of the splits that there are is meant.

  Args:
    where: what has them, for the message.
  Raises:
    InputError: none of them.
  """
  for stored in split_candidates(split_name):
    if stored in there_are:
      return stored
  raise InputError(
    f'{where}: no split {split_name} in it; there is {", ".join(there_are)}'
  )


def find_split(folder: str, split_name: str) -> str:
  """Returns under which name a folder of either layout has a split.

  Raises:
    InputError: it has no such split.
  """
  there_are = _split_folders(folder) or UNDIVIDED
  return choose_split(split_name, there_are, folder)


def load(
  folder: str, split_name: str, validation_fraction: float
) -> tuple[tuple[str, ...], np.ndarray, tuple[str, ...]]:
  """Lists a split without opening any file.

  Returns:
    (paths, labels int64 [n], label_names): the paths sorted within each class,
    the classes by name, the same for every split of a folder.
  Raises:
    InputError: there is no such folder or split, no class, a class without
      images, or nothing in the split.
  """
  stored = find_split(folder, split_name)
  divided = _split_folders(folder)
  if divided:
    where = os.path.join(folder, stored)
    label_names = _subfolders(os.path.join(folder, divided[0]))
    examples = _list_examples(where, label_names)
  else:
    where = folder
    label_names = _subfolders(folder)
    is_training = stored == 'train'
    examples = [
      (path, label)
      for path, label in _list_examples(folder, label_names)
      if is_training != is_held_out(path, validation_fraction)
    ]
  if not examples:
    raise InputError(
      f'{where}: no image is left for the split {split_name}; '
      f'validation_fraction is {validation_fraction:g}'
    )
  paths, labels = zip(*examples)
  if not divided and is_training:
    _tell_of_untrained(folder, label_names, labels)
  return paths, np.array(labels, np.int64), label_names


def read_encoded(
  paths: Sequence[str], labels: np.ndarray, index: int
) -> Encoded:
  """Returns the Encoded image at an index; InputError if unreadable."""
  return Encoded(
    files.read_bytes(paths[index]), int(labels[index]), paths[index]
  )


def first_of(paths: Sequence[str]) -> str:
  """Returns a line's name for what is wrong with these: the first, how many."""
  more = len(paths) - 1
  return f'{paths[0]} (and {more} more)' if more else paths[0]


def image_paths(folder: str) -> tuple[list[str], list[str]]:
  """Returns sorted paths of a folder's images, and of its other files.

  A link that leads nowhere is an image by its name: one that cannot be read.

  Raises:
    InputError: the folder cannot be read.
  """
  paths, others = [], []
  for entry in _entries(folder):
    if _is_folder(entry):
      continue
    extension = os.path.splitext(entry.name)[1].lower()
    is_image = extension in images.extensions() and (
      entry.is_file(follow_symlinks=False) or not is_special(entry.path)
    )
    (paths if is_image else others).append(entry.path)
  return sorted(paths), sorted(others)


def is_special(path: str) -> bool:
  """Whether it is a pipe, a socket or a device: reading it may never end."""
  return os.path.exists(path) and not (
    os.path.isfile(path) or os.path.isdir(path)
  )


def paths_by_name(
  folder: str, extensions: tuple[str, ...] | None = None
) -> dict[str, str]:
  """Returns {name without extension: path} of a folder's images, in order.

  extensions: of the files, in lower case; None: of all images.

  Raises:
    InputError: the folder cannot be read, or two images differ in nothing but
      their extension.
  """
  extensions = extensions or images.extensions()
  paths = {}
  for entry in sorted(_entries(folder), key=lambda entry: entry.name):
    name, extension = os.path.splitext(entry.name)
    if extension.lower() in extensions:
      if name in paths:
        raise InputError(
          f'{folder}: {entry.name} and {os.path.basename(paths[name])} would '
          'have the same text file or mask; rename one'
        )
      paths[name] = entry.path
  return paths


def is_held_out(path: str, validation_fraction: float) -> bool:
  """Whether an image of an undivided folder belongs to its validation part.

  Depends on nothing but the last two parts of the path, class and file name:
  other files, their order and the machine do not matter.
  """
  name = '/'.join(os.path.normpath(path).split(os.sep)[-2:])
  # Some file systems decompose accented letters.
  name = unicodedata.normalize('NFC', name)
  digest = hashlib.sha256(name.encode('utf-8', 'surrogateescape')).digest()
  return int.from_bytes(digest[:8], 'big') < validation_fraction * 2**64


def _entries(folder):
  """Returns what is in a folder and not hidden, as os.DirEntry's."""
  try:
    with os.scandir(folder) as entries:
      return [entry for entry in entries if not entry.name.startswith('.')]
  except OSError as error:
    raise InputError(f'{folder}: {error.strerror}') from error


def _is_folder(entry):
  """Whether an os.DirEntry is a folder, or leads to one."""
  try:
    return entry.is_dir()
  except OSError:  # A link to itself.
    return False


def _subfolders(folder):
  return tuple(
    sorted(entry.name for entry in _entries(folder) if _is_folder(entry))
  )


def _split_folders(folder):
  """Splits with a folder of their own: one that has folders in it."""
  names = _subfolders(folder)
  return tuple(
    name
    for name in _SPLIT_FOLDERS
    if name in names and _subfolders(os.path.join(folder, name))
  )


def _list_examples(folder, label_names):
  """Returns [(path, label)] of the classes in a folder, in order."""
  examples = []
  ignored = []
  _check_links(folder)
  for name in _subfolders(folder):
    class_folder = os.path.join(folder, name)
    if name not in label_names:
      raise InputError(
        f'{class_folder}: not one of the classes '
        f'({len(label_names)}: {label_names[0]}, ...)'
      )
    paths, others = image_paths(class_folder)
    if not paths:
      raise InputError(_no_images(class_folder) + other_files.remedy(others))
    ignored += others
    label = label_names.index(name)
    examples.extend((path, label) for path in paths)
  if not examples:
    raise InputError(_no_folders(folder))
  other_files.tell(folder, ignored)
  return examples


def _tell_of_untrained(folder, label_names, labels):
  """Says which classes have no image in the training part."""
  names = [
    label_names[i] for i in sorted({*range(len(label_names))} - {*labels})
  ]
  if names:
    errors.tell(
      f'{folder}: no image of {first_of(names)} is left for training, as all '
      'are held out for validation; add some, or lower --validation_fraction'
    )


def _check_links(folder):
  """Raises InputError if a link leads nowhere: a class may be missing."""
  for entry in _entries(folder):
    if entry.is_symlink() and not os.path.exists(entry.path):
      raise InputError(
        f'{entry.path}: this link leads nowhere, where a class may be; mend or '
        'remove it'
      )


def _no_images(class_folder):
  """Returns what is wrong with a class: often the folder is not that of one."""
  inner = _subfolders(class_folder)
  if inner:
    return (
      f'{class_folder}: no images in it but folders ({inner[0]}, ...), so it '
      'is no class: folders are nested. If these are the classes, or the '
      f'splits, take {class_folder} as the folder of the data set'
    )
  return (
    f'{class_folder}: no images in this class '
    f'({", ".join(images.extensions())}); add some or remove it'
  )


def _no_folders(folder):
  message = f'{folder}: no folders in it; each class needs one, with its images'
  if image_paths(folder)[0]:
    message += '. It has images itself: is it one level too low?'
  return message
