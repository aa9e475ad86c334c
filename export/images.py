"""The images that an export is compared and calibrated on."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from base.errors import InputError
from datasets import catalog
from datasets import image_files
from datasets import preparation
from datasets import preprocessing
from datasets.catalog import Dataset
from datasets.input_pipeline import InputOptions

_COMPARED = 16


class ImageFolder(NamedTuple):
  """A folder, and the image files in it, at any depth."""

  path: str
  files: list[str]


def find(path: str | None) -> ImageFolder | None:
  """Returns the folder of a flag, None where there is none.

  Raises:
    InputError: it is not there, or has no images.
  """
  return ImageFolder(path, image_files.find_images([path])) if path else None


def require(images: Dataset | ImageFolder | None) -> None:
  """Raises InputError if there are no images to measure ranges on."""
  if not images:
    raise InputError(
      '--precision=int8 needs images to measure ranges on: give a folder of '
      'them by --calibration, or the data set by --dataset_name'
    )


def to_calibrate(
  images: Dataset | ImageFolder, count: int, options: InputOptions
) -> np.ndarray:
  """Returns what to measure ranges on, float32 in [-1, 1].

  Args:
    images: where they are taken from.
    count: how many to take, at most.
    options: how the network takes them.

  Raises:
    InputError: none can be read.
  """
  return prepare(_take(images, count, options), options)


def to_compare(
  images: Dataset | ImageFolder | None, options: InputOptions
) -> tuple[list[np.ndarray], str]:
  """Returns images to be prepared, and in words what they are.

  Args:
    images: where they are taken from; None: they are random ones.
    options: how the network takes them.
  """
  if images is None:
    return (
      random(_COMPARED, options.image_size),
      f'{_COMPARED} random images (no data set is at hand)',
    )
  found = _take(images, _COMPARED, options)
  if isinstance(images, ImageFolder):
    return found, f'{len(found)} images of {images.path}'
  return found, f'{len(found)} images of {images.name}, {images.split_name}'


def _take(images, count, options):
  if isinstance(images, ImageFolder):
    return of_folder(images, count, options)
  return of_dataset(images, count, options)


def of_dataset(
  dataset: Dataset, count: int, options: InputOptions
) -> list[np.ndarray]:
  """Returns up to count images, spread evenly over a data set.

  They are as they are, but for those that the options shrink.
  """
  if options.shrink_images:
    dataset = catalog.shrunk(dataset, options.image_size)
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


def of_folder(
  folder: ImageFolder, count: int, options: InputOptions
) -> list[np.ndarray]:
  """Returns the same of a folder; raises InputError if one cannot be read."""
  paths = folder.files
  chosen = np.linspace(0, len(paths), min(count, len(paths)), endpoint=False)
  return [image_files.read_for(paths[int(place)], options) for place in chosen]


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
