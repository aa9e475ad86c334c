"""Image files that a user names, as a network takes them."""

from collections.abc import Iterable
import os
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from base.errors import InputError
from datasets import image_folder
from datasets import images
from datasets import preparation
from datasets import preprocessing
from datasets.input_pipeline import InputOptions


class OpenedImage(NamedTuple):
  """An image as it is, and as a network takes it."""

  pixels: np.ndarray  # RGB, uint8 [height, width, 3]
  prepared: tf.Tensor  # float32 [image_size, image_size, 3] in [-1, 1]
  # The rows and columns of `prepared` that show the image: its first ones.
  content: tuple[int, int]


def find_images(paths: Iterable[str]) -> list[str]:
  """Returns files as they are, and the images of folders at any depth, sorted.

  A path that is there twice is returned once.

  Raises:
    InputError: a folder has no file whose name ends as an image's does.
  """
  found = []
  for path in paths:
    if not os.path.isdir(path):
      found.append(path)
      continue
    within = sorted(
      os.path.join(folder, file)
      for folder, _, files in os.walk(path)
      for file in files
      if not file.startswith('.')
      and os.path.splitext(file)[1].lower() in image_folder.EXTENSIONS
    )
    if not within:
      raise InputError(
        f'{path}: no images in this folder '
        f'({", ".join(image_folder.EXTENSIONS)})'
      )
    found += within
  return list(dict.fromkeys(found))


def open_images(
  paths: Iterable[str], options: InputOptions
) -> tuple[dict[str, OpenedImage], dict[str, str]]:
  """Returns ({path: OpenedImage}, {path: why it cannot be read})."""
  readable, unreadable = {}, {}
  for path in paths:
    try:
      pixels = images.read_image(image_folder.read_file(path), path)
    except InputError as error:
      unreadable[path] = str(error)
      continue
    prepared, content = preparation.fit(
      pixels, options.image_size, options.preprocessing_name
    )
    if options.use_grayscale:
      prepared = preprocessing.to_grayscale(prepared)
    readable[path] = OpenedImage(pixels, prepared, content)
  return readable, unreadable
