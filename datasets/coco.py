"""COCO's object detection sets, as downloaded.

FOLDER/annotations/instances_SPLIT2017.json and the images in
FOLDER/SPLIT2017/, of any year. https://cocodataset.org/#format-data
"""

import glob
import json
import math
import os
from typing import Any
from typing import NamedTuple

from absl import logging

from base.errors import InputError
from datasets import annotations
from datasets import labels
from datasets.annotations import AnnotatedImage

_HELD_OUT = ('val', 'valid', 'validation')
_STORED = {
  'train': ('train',),
  'validation': _HELD_OUT,
  'val': _HELD_OUT,
  'test': ('test',),
}
_OVER_THE_EDGE = 1.0  # pixels that published boxes reach over an image's edge


class CocoSplit(NamedTuple):
  """The images of a split, and what their labels mean."""

  images: list[AnnotatedImage]  # by image id, also those with no object
  image_ids: list[int]
  label_names: tuple[str, ...]
  category_ids: tuple[int, ...]  # category_ids[label]: COCO's own number


def load(folder: str, split_name: str) -> CocoSplit:
  """Reads the annotations of a split; no image is opened.

  Annotations whose box has no width or no height, of which published files have
  some, are skipped with a warning, as by the published conversion.

  Args:
    folder: holds annotations/ and the folders of images.
    split_name: train, validation or val, or test.

  Raises:
    InputError: there is no such file, it is not of COCO's format, an
      annotation is of no image or category, or its box lies outside.
  """
  path = _find(folder, split_name)
  content = _read(path)
  try:
    return _parse(content, path, _image_folder(folder, path))
  except InputError:
    raise
  except (
    KeyError,
    TypeError,
    AttributeError,
    ValueError,
    OverflowError,  # a size that is infinite
  ) as error:
    raise InputError(
      f"{path}: not of COCO's format for instances "
      f'({type(error).__name__}: {error})'
    ) from error


def _find(folder, split_name):
  names = _STORED[split_name]
  for name in names:
    paths = sorted(
      glob.glob(
        os.path.join(
          glob.escape(folder), 'annotations', f'instances_{name}[0-9.]*json'
        )
      )
    )
    if len(paths) > 1:
      raise InputError(
        f'{folder}: several files for the split {split_name}: '
        f'{", ".join(map(os.path.basename, paths))}; leave one'
      )
    if paths:
      return paths[0]
  raise InputError(
    f'{folder}: no annotations/instances_{names[0]}*.json for the split '
    f'{split_name}'
  )


def _read(path):
  try:
    with open(path, encoding='utf-8') as file:
      return json.load(file)
  except OSError as error:
    raise InputError(f'{path}: {error.strerror}') from error
  except ValueError as error:
    raise InputError(f'{path}: not JSON ({error})') from error


def _image_folder(folder, path):
  """instances_val2017.json: val2017/, or images/val2017/."""
  name = os.path.basename(path)[len('instances_') : -len('.json')]
  for parts in ((name,), ('images', name), ('images',)):
    found = os.path.join(folder, *parts)
    if os.path.isdir(found):
      return found
  raise InputError(f'{folder}: no folder {name} with the images of {path}')


def _parse(content: dict[str, Any], path, image_folder):
  categories = sorted(content['categories'], key=lambda one: one['id'])
  label_names = tuple(str(one['name']) for one in categories)
  labels.check_unique(label_names, path)
  label_of = {one['id']: label for label, one in enumerate(categories)}
  sizes = {
    one['id']: (int(one['height']), int(one['width']))
    for one in content['images']
  }
  found = {image_id: ([], [], [], []) for image_id in sizes}
  without_area = []
  for one in content['annotations']:
    where = f'{path}: annotation {one.get("id")}'
    if one['image_id'] not in sizes:
      raise InputError(f'{where}: there is no image {one["image_id"]}')
    if one['category_id'] not in label_of:
      raise InputError(f'{where}: there is no category {one["category_id"]}')
    if min(one['bbox'][2:]) <= 0:
      without_area.append(one.get('id'))
      continue
    size = sizes[one['image_id']]
    corners, its_labels, is_crowd, areas = found[one['image_id']]
    corners.append(_corners(one['bbox'], size, where))
    its_labels.append(label_of[one['category_id']])
    is_crowd.append(bool(one.get('iscrowd', 0)))
    areas.append(_area(one.get('area'), size, where))
  if without_area:
    logging.warning(
      '%s: skipping %d annotations whose boxes have no area; the first is %s',
      path,
      len(without_area),
      without_area[0],
    )
  files = {one['id']: one['file_name'] for one in content['images']}
  image_ids = sorted(sizes)
  if not image_ids:
    raise InputError(f'{path}: no image is listed in it')
  return CocoSplit(
    [
      AnnotatedImage(
        os.path.join(image_folder, files[image_id]),
        annotations.make_boxes(*found[image_id]),
        sizes[image_id],
      )
      for image_id in image_ids
    ],
    image_ids,
    label_names,
    tuple(label_of),
  )


def _corners(bbox, size, where):
  """Returns corners of COCO's left, top, width, height, in pixels."""
  left, top, box_width, box_height = map(float, bbox)
  return annotations.parts_of_image(
    (top, left, top + box_height, left + box_width), size, where, _OVER_THE_EDGE
  )


def _area(area, size, where):
  """Returns COCO's area of an object, in pixels, as part of the image's."""
  if area is None:
    return None
  area = float(area)
  if not 0 <= area < math.inf:
    raise InputError(f'{where}: the area {area:g} is not at least 0')
  return area / (size[0] * size[1])
