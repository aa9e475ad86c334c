"""The images that an export is compared and calibrated on."""

import numpy as np
import tensorflow as tf

from base.errors import InputError
from datasets import image_files
from datasets import preparation
from datasets import preprocessing
from datasets.catalog import Dataset
from datasets.input_pipeline import InputOptions


def of_dataset(dataset: Dataset, count: int) -> list[np.ndarray]:
  """Returns up to count images as they are, spread evenly over a data set."""
  indices = np.linspace(
    0, dataset.num_examples, min(count, dataset.num_examples), endpoint=False
  )
  found = []
  for index in indices.astype(int).tolist():
    try:
      found.append(dataset.read(index, None).image)
    except InputError:
      continue  # A bad image: evaluation tells of it.
  if not found:
    raise InputError(
      f'{dataset.name}, {dataset.split_name}: no image of it can be read'
    )
  return found


def of_folder(path: str, count: int) -> list[np.ndarray]:
  """Returns the same of a folder of image files, at any depth.

  Raises:
    InputError: there is none, or one cannot be read.
  """
  paths = image_files.find_images([path])
  chosen = np.linspace(0, len(paths), min(count, len(paths)), endpoint=False)
  return [image_files.read(paths[int(place)]) for place in chosen]


def random(count: int, size: int) -> list[np.ndarray]:
  """Returns images of one seed: smooth, so that they keep what layers see."""
  generator = np.random.default_rng(0)
  side = size + size // 4
  return [
    np.uint8(
      tf.image.resize(generator.uniform(0, 255, [8, 8, 3]), [side, side])
    )
    for _ in range(count)
  ]


def prepare(images: list[np.ndarray], options: InputOptions) -> np.ndarray:
  """Returns float32 [images, image_size, image_size, 3] in [-1, 1]."""
  prepared = np.stack(
    [
      preparation.fit(image, options.image_size, options.preprocessing_name)[0]
      for image in images
    ]
  )
  if options.use_grayscale:
    prepared = preprocessing.to_grayscale(prepared).numpy()
  return prepared
