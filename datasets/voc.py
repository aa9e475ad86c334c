"""Pascal VOC's sets in the devkit's folders: boxes and segmentation masks.

FOLDER (a VOC2012, or a folder with VOCdevkit/VOC2012 in it) holds ImageSets/,
JPEGImages/, Annotations/ and SegmentationClass/. Where the classes are not
VOC's, as in what labelling tools export, a labels.txt in FOLDER names them, one
a line, without the background that masks have as class 0.
http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/
"""

import glob
import os
from typing import NamedTuple
from xml.etree import ElementTree

from base import errors
from base.errors import InputError
from datasets import annotations
from datasets import labels
from datasets.annotations import AnnotatedImage

_LABEL_NAMES = (
  'aeroplane',
  'bicycle',
  'bird',
  'boat',
  'bottle',
  'bus',
  'car',
  'cat',
  'chair',
  'cow',
  'diningtable',
  'dog',
  'horse',
  'motorbike',
  'person',
  'pottedplant',
  'sheep',
  'sofa',
  'train',
  'tvmonitor',
)
IGNORED = 255  # in a mask: the border of an object, or what is hard to tell

# Of masks, annotations are read to learn whether the classes are VOC's.
_READ_FOR_NAMES = 100
_SIDES = ('height', 'width')


class Classes(NamedTuple):
  """What the classes are called."""

  names: tuple[str, ...]  # without a background
  remedy: str  # what to do about another one


def read_classes(folder: str) -> Classes:
  """Returns labels.txt's classes, or VOC's 20 where there is none.

  A background, if it comes first, is left out: one file is for boxes and masks.

  Raises:
    InputError: the file is damaged, or there is no VOCdevkit.
  """
  root = _root(folder)
  # All in FOLDER: a root ends in / where it is FOLDER itself.
  for place in (root, os.path.dirname(root), folder):
    path = os.path.join(place, labels.FILE_NAME)
    if os.path.isfile(path):
      names = labels.read_label_names(path)
      names = names[names[0] == labels.BACKGROUND :]
      labels.check_unique(names, path)
      return Classes(names, f'{path} has {", ".join(names)}')
  return Classes(
    _LABEL_NAMES,
    f'voc has these {len(_LABEL_NAMES)} classes: {", ".join(_LABEL_NAMES)}; '
    f'put a {labels.FILE_NAME} with your own, one a line, into {folder}, or '
    'use yolo_folder, coco or mask_folder',
  )


def load_boxes(folder: str, split_name: str) -> list[AnnotatedImage]:
  """Reads a split's boxes; no image is opened.

  An object marked as difficult is a crowd: found or not, it does not count.

  Raises:
    InputError: a file is missing or damaged, a class unknown, a box lies
      outside of its image or has no area.
  """
  root, classes = _root(folder), read_classes(folder)
  return [
    AnnotatedImage(
      os.path.join(root, 'JPEGImages', f'{name}.jpg'),
      *_read_boxes(_annotation(root, name), classes),
    )
    for name in _names(root, 'Main', split_name)
  ]


def load_masks(folder: str, split_name: str) -> list[tuple[str, str]]:
  """Returns a split's (path of image, path of mask); neither is opened.

  Without a labels.txt annotations of the first images, if there are some, must
  be of VOC's classes: a mask has nothing but their numbers.

  Raises:
    InputError: the split's list of names is missing or empty, or the classes
      are others.
  """
  root, classes = _root(folder), read_classes(folder)
  names = _names(root, 'Segmentation', split_name)
  if classes.names is _LABEL_NAMES:
    _check_classes(root, names[:_READ_FOR_NAMES], classes)
  return [
    (
      os.path.join(root, 'JPEGImages', f'{name}.jpg'),
      os.path.join(root, 'SegmentationClass', f'{name}.png'),
    )
    for name in names
  ]


def _root(folder):
  escaped = glob.escape(folder)
  for pattern in ('', 'VOC[0-9]*', 'VOCdevkit/VOC[0-9]*'):
    found = [
      path
      for path in sorted(glob.glob(os.path.join(escaped, pattern)))
      if os.path.isdir(os.path.join(path, 'ImageSets'))
    ]
    if len(found) > 1:
      raise InputError(
        f'{folder}: several years ({", ".join(map(os.path.basename, found))});'
        ' name the folder of one'
      )
    if found:
      return found[0]
  raise InputError(f'{folder}: no ImageSets in it, nor in VOCdevkit/VOC*')


def _annotation(root, name):
  return os.path.join(root, 'Annotations', f'{name}.xml')


def _check_classes(root, names, classes):
  """Raises InputError if annotations are of other classes; tells of none."""
  paths = [_annotation(root, name) for name in names]
  paths = [path for path in paths if os.path.isfile(path)]
  if not paths:
    errors.tell(
      f'{root}: no {labels.FILE_NAME}, so the classes of its masks are taken '
      f'for the {len(classes.names)} of VOC'
    )
  for path in paths:
    try:
      objects = list(ElementTree.parse(path).getroot().iter('object'))
    except (OSError, ElementTree.ParseError, LookupError):
      continue  # Boxes are not asked for.
    for number, item in enumerate(objects, 1):
      _label(item, classes, f'{path}: object {number}')


def _label(item, classes, where):
  """Returns the number of an object's class."""
  name = item.findtext('name', '').strip()
  if name not in classes.names:
    raise InputError(f'{where}: unknown class {name!r}; {classes.remedy}')
  return classes.names.index(name)


def _names(root, kind, split_name):
  """Returns the images' names in ImageSets/KIND/SPLIT.txt."""
  stored = 'val' if split_name == 'validation' else split_name
  path = os.path.join(root, 'ImageSets', kind, f'{stored}.txt')
  try:
    with open(path, encoding='utf-8') as file:
      names = [line.split()[0] for line in file if line.strip()]
  except OSError as error:
    raise InputError(f'{path}: {error.strerror}') from error
  except UnicodeDecodeError as error:
    raise InputError(f'{path}: not text in UTF-8 ({error})') from error
  if not names:
    raise InputError(f'{path}: no image is named in it')
  return names


def _read_boxes(path, classes):
  """Returns (Boxes, size of the image) that a file tells."""
  try:
    root = ElementTree.parse(path).getroot()
    size = tuple(int(root.find(f'size/{side}').text) for side in _SIDES)
    corners, its_labels, is_difficult = [], [], []
    for number, item in enumerate(root.iter('object'), 1):
      where = f'{path}: object {number}'
      its_labels.append(_label(item, classes, where))
      corners.append(_corners(item.find('bndbox'), size, where))
      is_difficult.append(item.findtext('difficult', '0').strip() == '1')
  except InputError:
    raise
  except OSError as error:
    raise InputError(f'{path}: {error.strerror}') from error
  except (
    ElementTree.ParseError,
    AttributeError,  # an element is missing
    TypeError,  # or empty
    ValueError,
    LookupError,  # an encoding that is none
  ) as error:
    raise InputError(f'{path}: not an annotation of VOC ({error})') from error
  return annotations.make_boxes(corners, its_labels, is_difficult), size


def _corners(box, size, where):
  """Returns corners of VOC's: pixels counted from 1, the last one included."""
  left, top, right, bottom = (
    float(box.find(side).text) for side in ('xmin', 'ymin', 'xmax', 'ymax')
  )
  return annotations.parts_of_image(
    (top - 1, left - 1, bottom, right), size, where
  )
