"""The images that an export is compared and calibrated on."""

import numpy as np
import tensorflow as tf

from base.errors import InputError
from datasets import image_files
from datasets import preparation
from datasets import preprocessing
from datasets.catalog import Dataset
from datasets.input_pipeline import InputOptions

_COMPARED = 16


def to_calibrate(
  dataset: Dataset | None, folder: str | None, count: int, options: InputOptions
) -> np.ndarray:
  """Returns what to measure ranges on, float32 in [-1, 1].

  Args:
    dataset: which trained; None: it is not at hand.
    folder: of images to take in its place, or None.
    count: how many to take, at most.
    options: how the network takes them.

  Raises:
    InputError: there is none.
  """
  if folder:
    return prepare(of_folder(folder, count), options)
  if dataset:
    return prepare(of_dataset(dataset, count), options)
  raise InputError(
    '--precision=int8 needs images to measure ranges on: give a folder of '
    'them by --calibration, or the data set by --dataset_name'
  )


def to_compare(
  dataset: Dataset | None, folder: str | None, image_size: int
) -> tuple[list[np.ndarray], str]:
  """Returns images as they are, and in words what they are.

  Those of the data set, otherwise of the folder, otherwise random ones.
  """
  if dataset:
    found = of_dataset(dataset, _COMPARED)
    return found, f'{len(found)} images of {dataset.name}, {dataset.split_name}'
  if folder:
    found = of_folder(folder, _COMPARED)
    return found, f'{len(found)} images of {folder}'
  return (
    random(_COMPARED, image_size),
    f'{_COMPARED} random images (no data set is at hand)',
  )


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
