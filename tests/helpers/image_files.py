"""Small image files for the tests of the input."""

import io
import os

import numpy as np
from PIL import Image

from base import files


def encode(image, image_format='PNG', **options):
  """Returns an array or Pillow image as bytes of a file."""
  if isinstance(image, np.ndarray):
    image = Image.fromarray(image)
  file = io.BytesIO()
  image.save(file, image_format, **options)
  return file.getvalue()


def noise(seed, height=16, width=24):
  """Returns an image that no other seed gives, uint8 [height, width, 3]."""
  return (
    np.random.RandomState(seed)
    .randint(0, 256, [height, width, 3])
    .astype(np.uint8)
  )


def write(folder, name, data):
  """Writes bytes to folder/name, making folders; returns the path.

  Whoever reads it meanwhile, as training does, finds what was there before.
  """
  path = os.path.join(folder, name)
  os.makedirs(os.path.dirname(path), exist_ok=True)
  with files.write_whole(path) as partial, open(partial, 'wb') as file:
    file.write(data)
  return path


def write_folder(folder, class_names, count):
  """Writes folder/CLASS/NN.png, `count` to a class; returns the folder."""
  for i, class_name in enumerate(class_names):
    for j in range(count):
      write(folder, f'{class_name}/{j:02d}.png', encode(noise(i * count + j)))
  return folder
