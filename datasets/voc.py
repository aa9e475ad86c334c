"""Pascal VOC's sets in the devkit's folders: boxes and segmentation masks.

FOLDER (a VOC2012, or a folder with VOCdevkit/VOC2012 in it) holds ImageSets/,
JPEGImages/, Annotations/ and SegmentationClass/.
http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/
"""

import glob
import os
from xml.etree import ElementTree

from base.errors import InputError
from datasets import annotations
from datasets.annotations import AnnotatedImage

LABEL_NAMES = (
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

_SIDES = ('height', 'width')


def load_boxes(folder: str, split_name: str) -> list[AnnotatedImage]:
  """Reads a split's boxes; no image is opened.

  An object marked as difficult is a crowd: found or not, it does not count.

  Raises:
    InputError: a file is missing or damaged, a class unknown, a box lies
      outside of its image or has no area.
  """
  root = _root(folder)
  return [
    AnnotatedImage(
      os.path.join(root, 'JPEGImages', f'{name}.jpg'),
      *_read_boxes(os.path.join(root, 'Annotations', f'{name}.xml')),
    )
    for name in _names(root, 'Main', split_name)
  ]


def load_masks(folder: str, split_name: str) -> list[tuple[str, str]]:
  """Returns a split's (path of image, path of mask); neither is opened.

  Raises:
    InputError: the split's list of names is missing or empty.
  """
  root = _root(folder)
  return [
    (
      os.path.join(root, 'JPEGImages', f'{name}.jpg'),
      os.path.join(root, 'SegmentationClass', f'{name}.png'),
    )
    for name in _names(root, 'Segmentation', split_name)
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


def _read_boxes(path):
  """Returns (Boxes, size of the image) that a file tells."""
  try:
    root = ElementTree.parse(path).getroot()
    size = tuple(int(root.find(f'size/{side}').text) for side in _SIDES)
    corners, labels, is_difficult = [], [], []
    for number, item in enumerate(root.iter('object'), 1):
      where = f'{path}: object {number}'
      name = item.findtext('name', '').strip()
      if name not in LABEL_NAMES:
        raise InputError(f'{where}: unknown class {name!r}')
      labels.append(LABEL_NAMES.index(name))
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
  return annotations.make_boxes(corners, labels, is_difficult), size


def _corners(box, size, where):
  """Returns corners of VOC's: pixels counted from 1, the last one included."""
  left, top, right, bottom = (
    float(box.find(side).text) for side in ('xmin', 'ymin', 'xmax', 'ymax')
  )
  return annotations.parts_of_image(
    (top - 1, left - 1, bottom, right), size, where
  )
