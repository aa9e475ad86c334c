"""Image files that a user names, as a network takes them."""

from collections.abc import Iterable
import os
import re
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from base import files
from base.errors import InputError
from datasets import image_folder
from datasets import images
from datasets import other_files
from datasets import preparation
from datasets import preprocessing
from datasets import shrinking
from datasets.input_pipeline import InputOptions


class OpenedImage(NamedTuple):
  """An image as it is, and as a network takes it."""

  pixels: np.ndarray  # RGB, uint8 [height, width, 3]; it may be shrunk
  prepared: tf.Tensor  # float32 [image_size, image_size, 3] in [-1, 1]
  # The rows and columns of `prepared` that show the image: its first ones.
  content: tuple[int, int]


def find_images(paths: Iterable[str]) -> list[str]:
  """Returns files as they are, and the images of folders at any depth, sorted.

  A path that is there twice is returned once. What else is in the folders is
  told on stderr.

  Raises:
    InputError: a folder has no file whose name ends as an image's does, or a
      path is an address of the web.
  """
  found = []
  for path in paths:
    if re.match(r'https?://', path):
      raise InputError(
        f'{path} is not on this machine: download it first (curl -O {path})'
      )
    found += _within(path) if os.path.isdir(path) else [path]
  return list(dict.fromkeys(found))


def _within(path):
  """Returns the images of a folder."""
  files = sorted(
    os.path.join(folder, file)
    for folder, _, files in os.walk(path, onerror=_cannot_be_read)
    for file in files
    if not file.startswith('.')
  )
  is_image = [
    os.path.splitext(file)[1].lower() in images.extensions()
    and not image_folder.is_special(file)
    for file in files
  ]
  if not any(is_image):
    raise InputError(
      f'{path}: no images in this folder ({", ".join(images.extensions())})'
      f'{other_files.remedy(files)}'
    )
  other_files.tell(path, [f for f, known in zip(files, is_image) if not known])
  return [file for file, known in zip(files, is_image) if known]


def _cannot_be_read(error):
  """os.walk would pass over a folder."""
  raise InputError(f'{error.filename}: {error.strerror}') from error


def read(path: str, smallest_side: int | None = None) -> np.ndarray:
  """Returns an image, RGB, uint8; raises InputError if it is bad.

  smallest_side: see images.read_image; None leaves it as it is.
  """
  return images.read_image(
    files.read_bytes(path), path, smallest_side=smallest_side
  )


def read_for(path: str, options: InputOptions) -> np.ndarray:
  """Returns an image as read does, shrunk where the options say so."""
  smallest_side = None
  if options.shrink_images:
    smallest_side = shrinking.smallest_side(options.image_size)
  return read(path, smallest_side)


def open_image(path: str, options: InputOptions) -> OpenedImage:
  """Reads and prepares an image; raises InputError if it cannot be read."""
  pixels = read_for(path, options)
  prepared, content = preparation.fit(
    pixels, options.image_size, options.preprocessing_name
  )
  if options.use_grayscale:
    prepared = preprocessing.to_grayscale(prepared)
  return OpenedImage(pixels, prepared, content)
