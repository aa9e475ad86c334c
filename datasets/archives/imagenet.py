"""ImageNet's ILSVRC2012 from its own archives, or from folders of synsets.

A synset is a class, called n01440764 and the like. Labels are the synsets in
the order of these names, from 0, which is slim's order without its background.
"""

from collections.abc import Iterable
from collections.abc import Sequence
import io
import os
import posixpath
import re
from typing import NamedTuple

import numpy as np

from base import files
from base.errors import InputError
from datasets import image_folder
from datasets.archives import downloads
from datasets.archives import tar_files
from datasets.archives.downloads import PublishedFile
from datasets.archives.tar_files import Part
from datasets.image_set import ImageSet
from datasets.image_set import LabelledImages

NUM_CLASSES = 1000

_PAGE = 'https://image-net.org/challenges/LSVRC/2012/'
_TRAIN = 'ILSVRC2012_img_train.tar'
_VALIDATION = 'ILSVRC2012_img_val.tar'
_KIT = PublishedFile(
  'ILSVRC2012_devkit_t12.tar.gz', _PAGE, 'fa75699e90414af021442c21a62c3abf'
)
_WORDS = 'LOC_synset_mapping.txt'
_SYNSET = re.compile(r'n\d{8}')


class _Kit(NamedTuple):
  """What the development kit says."""

  words: dict[str, str]  # of each synset
  truth: list[str]  # the synset of each validation image, by its number


def read(folder: str, check_md5: bool = True) -> ImageSet:
  """Finds the images in a folder; opens none.

  The folder holds ILSVRC2012_img_train.tar, an archive of an archive for each
  synset, or train/ with a folder for each; and ILSVRC2012_img_val.tar, or val/
  with a folder for each. One split will do. Validation's archive needs the
  development kit, which also has the synsets' words; otherwise these are taken
  from LOC_synset_mapping.txt, if it is there.

  Args:
    check_md5: whether to compare the development kit with the published one.
  Raises:
    InputError: nothing is there, a file is damaged, or there are not 1,000
      synsets.
  """
  kit = _read_kit(os.path.join(folder, _KIT.name), check_md5)
  found = {
    'train': _find_train(folder),
    'validation': _find_validation(folder, kit),
  }
  found = {name: synsets for name, synsets in found.items() if synsets}
  if not found:
    raise InputError(
      f'{folder}: put {_TRAIN} (or train/ with a folder for each synset) '
      f'there, and {_VALIDATION} with {_KIT.name} (or val/ with such folders), '
      f'from {_PAGE}, which wants an account'
    )
  words = kit.words if kit else _read_words(folder, found)
  synsets = tuple(sorted(words))
  if len(synsets) != NUM_CLASSES:
    raise InputError(
      f'{folder}: {len(synsets)} synsets, ILSVRC2012 has {NUM_CLASSES}; for '
      'others take --dataset_name=image_folder'
    )
  return ImageSet(
    synsets,
    tuple(words[synset] for synset in synsets),
    {name: _label(parts, synsets, folder) for name, parts in found.items()},
  )


def _read_kit(path, check_md5):
  """Returns the _Kit in an archive; None if there is no such archive."""
  if not os.path.isfile(path):
    return None
  if check_md5:
    downloads.check(_KIT, path)
  members = {
    posixpath.basename(name): content
    for name, content in tar_files.read_members(
      path, lambda name: '/data/' in name
    ).items()
  }
  try:
    numbered = _read_meta(members['meta.mat'])
    truth = members['ILSVRC2012_validation_ground_truth.txt'].split()
    return _Kit(
      dict(numbered.values()), [numbered[int(number)][0] for number in truth]
    )
  except (KeyError, ValueError, TypeError, IndexError) as error:
    raise InputError(
      f"{path}: not ILSVRC2012's development kit "
      f'({type(error).__name__}: {error})'
    ) from error


def _read_meta(content: bytes) -> dict[int, tuple[str, str]]:
  """Returns {the kit's number: (synset, its words)} of the classes."""
  # Takes half a second to import.
  from scipy import io as scipy_io

  try:
    rows = scipy_io.loadmat(io.BytesIO(content), squeeze_me=True)['synsets']
  except Exception as error:  # Whatever scipy makes of damage.
    raise ValueError(str(error)) from error
  # The others are groups of classes.
  return {
    int(row['ILSVRC2012_ID']): (str(row['WNID']), str(row['words']))
    for row in rows
    if not row['num_children']
  }


def _read_words(folder, found):
  """Returns {synset: its words}, or its name again where no words are known."""
  path = os.path.join(folder, _WORDS)
  if os.path.isfile(path):
    lines = files.read_bytes(path).decode('utf-8', 'replace').splitlines()
    pairs = (line.strip().partition(' ') for line in lines if line.strip())
    return {synset: words or synset for synset, _, words in pairs}
  return {synset: synset for parts in found.values() for synset in parts}


def _find_train(folder):
  """Returns {synset: its Parts}, {} if there are none."""
  path = os.path.join(folder, _TRAIN)
  if os.path.isfile(path):
    return tar_files.find_nested_parts(path)
  return _find_folders(os.path.join(folder, 'train'))


def _find_validation(folder, kit):
  """Returns {synset: its Parts}, {} if there are none."""
  path = os.path.join(folder, _VALIDATION)
  if not os.path.isfile(path):
    return _find_folders(os.path.join(folder, 'val'))
  if kit is None:
    raise InputError(
      f'{path}: its labels are in {_KIT.name}; put that beside it, from {_PAGE}'
    )
  parts = sorted(tar_files.find_parts(path), key=lambda part: part.name)
  if len(parts) != len(kit.truth):
    raise InputError(
      f'{path}: {len(parts)} images, but {_KIT.name} has labels of '
      f'{len(kit.truth)}'
    )
  return _by_synset(zip(kit.truth, parts))


def _find_folders(folder):
  """Returns {synset: Parts} of the folders of synsets in a folder."""
  if not os.path.isdir(folder):
    return {}
  return _by_synset(
    (synset, Part(path, path))
    for synset in sorted(os.listdir(folder))
    if _SYNSET.fullmatch(synset)
    for path in image_folder.image_paths(os.path.join(folder, synset))[0]
  )


def _by_synset(pairs: Iterable[tuple[str, Part]]) -> dict[str, list[Part]]:
  found = {}
  for synset, part in pairs:
    found.setdefault(synset, []).append(part)
  return found


def _label(found, synsets: Sequence[str], folder) -> LabelledImages:
  """Returns the images of all synsets, one synset after the other."""
  unknown = sorted(set(found) - set(synsets))
  if unknown:
    raise InputError(
      f'{folder}: {unknown[0]} is none of the {len(synsets)} synsets'
    )
  parts, labels = [], []
  for label, synset in enumerate(synsets):
    parts += found.get(synset, [])
    labels += [label] * len(found.get(synset, []))
  return LabelledImages(
    np.array(labels, np.int64),
    lambda index: (tar_files.read_part(parts[index]), parts[index].name),
  )
