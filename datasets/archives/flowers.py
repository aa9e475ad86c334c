"""TensorFlow's photographs of flowers: a folder for each of five kinds."""

import os
import posixpath

import numpy as np

from base.errors import InputError
from datasets import images
from datasets.archives import tar_files
from datasets.archives.downloads import PublishedFile
from datasets.image_set import ImageSet
from datasets.image_set import LabelledImages

FLOWERS = PublishedFile(
  'flower_photos.tgz',
  'https://storage.googleapis.com/download.tensorflow.org/example_images/'
  'flower_photos.tgz',
)
_HELD_OUT = 350  # as slim does


def read(folder: str) -> ImageSet:
  """Reads the archive in a folder; raises InputError if it is wrong."""
  path = os.path.join(folder, FLOWERS.name)
  photos = tar_files.read_members(path, _is_photo)
  if not photos:
    raise InputError(f'{path}: no flower_photos/CLASS/NAME.jpg in it')
  names = sorted(photos)
  label_names = tuple(sorted({name.split('/')[-2] for name in names}))
  labels = [label_names.index(name.split('/')[-2]) for name in names]

  def read_photo(index):
    return photos[names[index]], f'{path}: {names[index]}'

  labelled = LabelledImages(np.array(labels, np.int64), read_photo)
  return ImageSet(label_names, label_names, {'train': labelled}, _HELD_OUT)


def _is_photo(name):
  """Whether it is TOP/CLASS/FILE, an image by its extension, and not hidden."""
  file = posixpath.basename(name)
  extension = posixpath.splitext(file)[1].lower()
  is_image = extension in images.extensions() and not file.startswith('.')
  return is_image and name.count('/') == 2
