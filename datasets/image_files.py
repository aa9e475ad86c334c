"""Image files that a user names, as a network takes them."""

from collections.abc import Iterable
import os

import tensorflow as tf

from base.errors import InputError
from datasets import image_folder
from datasets import images
from datasets import preprocessing
from datasets.input_pipeline import InputOptions


def find_images(paths: Iterable[str]) -> list[str]:
  """Returns files as they are, and the images of folders at any depth, sorted.

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
  return found


def read_images(
  paths: Iterable[str], options: InputOptions
) -> tuple[dict[str, tf.Tensor], dict[str, str]]:
  """Returns ({path: image}, {path: why it cannot be read}).

  Images are float32 [image_size, image_size, 3] in [-1, 1].
  """
  readable, unreadable = {}, {}
  for path in paths:
    try:
      image = images.read_image(image_folder.read_file(path), path)
    except InputError as error:
      unreadable[path] = str(error)
      continue
    image = preprocessing.preprocess_for_eval(
      image, options.image_size, options.preprocessing_name
    )
    if options.use_grayscale:
      image = preprocessing.to_grayscale(image)
    readable[path] = image
  return readable, unreadable
