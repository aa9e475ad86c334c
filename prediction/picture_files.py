"""Where programs that draw on images write, and in COCO's way number them."""

from collections.abc import Sequence
import os
from typing import Any
from typing import NamedTuple

from absl import flags
import numpy as np

from base import files
from base import program_flags
from base.errors import InputError
from datasets import images as images_lib

# The flags belong to the program that has them defined.
flags.disclaim_key_flags()


class PictureOptions(NamedTuple):
  """Where pictures and results go."""

  output_dir: str
  json: bool


def define(results: str) -> None:
  """Defines the flags; results: the name of the file of all results."""
  program_flags.define_path(
    'output_dir',
    'predictions',
    'Folder for the pictures, a PNG for each image, and for '
    f"{results}, all results in COCO's format.",
  )
  flags.DEFINE_bool(
    'json', False, "Prints all results as JSON, in COCO's format, not as text."
  )


def read() -> PictureOptions:
  """Returns what these flags say."""
  return PictureOptions(flags.FLAGS.output_dir, flags.FLAGS.json)


def name_pictures(paths: Sequence[str], folder: str) -> dict[str, str]:
  """Returns {path of image: file name of its picture}, each another one.

  Args:
    paths: each once, as image_files.find_images returns them.
    folder: where the pictures are to be.

  Raises:
    InputError: a picture would take the place of an image.
  """
  names, taken = {}, set()
  for path in paths:
    stem = os.path.splitext(os.path.basename(path))[0]
    name, number = f'{stem}.png', 1
    while name in taken:
      number += 1
      name = f'{stem}-{number}.png'
    taken.add(name)
    names[path] = name
  images = set(map(os.path.realpath, paths))
  for path, name in names.items():
    picture = os.path.join(folder, name)
    if os.path.realpath(picture) in images:
      raise InputError(
        f'{picture}: the picture of {path} would take the place of an image; '
        'choose another --output_dir'
      )
  return names


def image_ids(paths: Sequence[str]) -> dict[str, int]:
  """Returns {path: COCO's image id}.

  COCO's files are named by it; where one file is not, all count from 1.
  """
  stems = [os.path.splitext(os.path.basename(path))[0] for path in paths]
  if all(stem.isdecimal() for stem in stems):
    numbers = [int(stem) for stem in stems]
    if len(set(numbers)) == len(numbers):
      return dict(zip(paths, numbers))
  return {path: number for number, path in enumerate(paths, start=1)}


def write(folder: str, name: str, picture: np.ndarray) -> str:
  """Writes a picture, uint8 [height, width, 3]; returns its path."""
  path = os.path.join(folder, name)
  files.write_bytes(path, images_lib.encode_png(picture))
  return path


def write_results(
  folder: str, name: str, results: list[dict[str, Any]]
) -> None:
  """Writes all results as JSON, whole or not at all."""
  files.write_json(os.path.join(folder, name), results)
