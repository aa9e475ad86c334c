"""Small data sets in the formats that COCO, VOC and YOLO are exported in.

All show the same: images of noise with painted rectangles.
"""

import json
import os

import numpy as np
from PIL import Image

from tasks.segmentation import drawing
from tests.helpers import image_files

HEIGHT, WIDTH = 40, 60
# Of each image: (label, top, left, bottom, right) in pixels.
OBJECTS = (
  ((1, 5, 10, 25, 30), (0, 20, 35, 40, 60)),
  (),
  ((2, 0, 0, 8, 12),),
  ((0, 2, 2, 38, 58),),
)
NAMES = ('aeroplane', 'bicycle', 'bird')  # VOC's first three
CATEGORY_IDS = (4, 9, 90)
IMAGE_IDS = (3, 17, 18, 139)


def image(number):
  """Returns image number of a set: channel i is bright where label i is."""
  pixels = image_files.noise(number, HEIGHT, WIDTH) // 8
  for label, top, left, bottom, right in OBJECTS[number]:
    pixels[top:bottom, left:right] = np.eye(3)[label] * 240
  return pixels


def mask(number):
  """Returns its mask: label i is i + 1, with a border of 255 at its top."""
  values = np.zeros([HEIGHT, WIDTH], np.uint8)
  for label, top, left, bottom, right in OBJECTS[number]:
    values[top:bottom, left:right] = label + 1
    values[top, left:right] = 255
  return values


def corners(number):
  """Returns the boxes of image number, as parts of it."""
  sides = np.array([HEIGHT, WIDTH, HEIGHT, WIDTH])
  return np.array([box[1:] for box in OBJECTS[number]]).reshape(-1, 4) / sides


def palette_png(values):
  """Returns a mask as a PNG file with VOC's palette."""
  made = Image.fromarray(values, 'P')
  made.putpalette(np.ravel(drawing.palette()).tolist())
  return image_files.encode(made)


def write_coco(folder, split='val2017', numbers=range(4)):
  """Writes annotations/instances_SPLIT.json and SPLIT/; returns the content.

  The object's area is half of its box; the first is a crowd.
  """
  content = {
    'images': [
      {
        'id': IMAGE_IDS[number],
        'file_name': f'{IMAGE_IDS[number]:012d}.png',
        'height': HEIGHT,
        'width': WIDTH,
      }
      for number in numbers
    ],
    'categories': [
      {'id': category_id, 'name': name}
      for category_id, name in zip(CATEGORY_IDS, NAMES)
    ],
    'annotations': [],
  }
  for number in numbers:
    _write_image(folder, f'{split}/{IMAGE_IDS[number]:012d}.png', number)
    for label, top, left, bottom, right in OBJECTS[number]:
      content['annotations'].append(
        {
          'id': len(content['annotations']) + 1,
          'image_id': IMAGE_IDS[number],
          'category_id': CATEGORY_IDS[label],
          'bbox': [left, top, right - left, bottom - top],
          'area': (right - left) * (bottom - top) / 2,
          'iscrowd': int(not content['annotations']),
        }
      )
  text = json.dumps(content)
  image_files.write(
    folder, f'annotations/instances_{split}.json', text.encode()
  )
  return content


def write_voc(folder):
  """Writes the split val of VOCdevkit/VOC2012; returns its folder."""
  root = os.path.join(folder, 'VOCdevkit', 'VOC2012')
  names = [f'2007_{number:06d}' for number in range(4)]
  for kind in ('Main', 'Segmentation'):
    lines = '\n'.join(names).encode()
    image_files.write(root, f'ImageSets/{kind}/val.txt', lines)
  for number, name in enumerate(names):
    _write_image(root, f'JPEGImages/{name}.jpg', number)
    image_files.write(
      root, f'Annotations/{name}.xml', _voc_annotation(number).encode()
    )
    image_files.write(
      root, f'SegmentationClass/{name}.png', palette_png(mask(number))
    )
  return root


def write_yolo(folder, split='train', numbers=range(4)):
  """Writes SPLIT/images and SPLIT/labels, as exports with a data.yaml are."""
  for number in numbers:
    _write_image(folder, f'{split}/images/{number}.png', number)
    lines = [
      f'{box[0]} {(left + right) / 2} {(top + bottom) / 2} {right - left} '
      f'{bottom - top}\n'
      for box, (top, left, bottom, right) in zip(
        OBJECTS[number], corners(number)
      )
    ]
    image_files.write(
      folder, f'{split}/labels/{number}.txt', ''.join(lines).encode()
    )


def write_masks(folder):
  """Writes images/, masks/ and labels.txt."""
  names = ('background', *NAMES)
  image_files.write(folder, 'labels.txt', '\n'.join(names).encode())
  for number in range(4):
    _write_image(folder, f'images/{number}.png', number)
    encoded = (
      palette_png(mask(number))
      if number % 2
      else image_files.encode(Image.fromarray(mask(number)))
    )
    image_files.write(folder, f'masks/{number}.png', encoded)


def _write_image(folder, name, number):
  options = {'quality': 95} if name.endswith('.jpg') else {}
  image_format = 'JPEG' if name.endswith('.jpg') else 'PNG'
  image_files.write(
    folder, name, image_files.encode(image(number), image_format, **options)
  )


def _voc_annotation(number):
  objects = ''.join(
    f'<object><name>{NAMES[label]}</name><difficult>0</difficult><bndbox>'
    f'<xmin>{left + 1}</xmin><ymin>{top + 1}</ymin><xmax>{right}</xmax>'
    f'<ymax>{bottom}</ymax></bndbox></object>'
    for label, top, left, bottom, right in OBJECTS[number]
  )
  return (
    f'<annotation><size><width>{WIDTH}</width><height>{HEIGHT}</height>'
    f'<depth>3</depth></size>{objects}</annotation>'
  )
