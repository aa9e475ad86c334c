"""The data sets with a mask for each image: the class of every pixel."""

import tensorflow as tf

from base.errors import InputError
from datasets import digits_scenes
from datasets import example as examples
from datasets.catalog import Dataset
from datasets.example import Example

BACKGROUND = 'background'


def dataset_names() -> list[str]:
  """The names that get_dataset takes, sorted."""
  return ['digits_scenes']


def get_dataset(name: str, split_name: str) -> Dataset:
  """Finds a split of a data set.

  Targets are uint8 [height, width], 0 for the background.

  Args:
    name: one of dataset_names().
    split_name: train, or validation under any name.

  Raises:
    InputError: the name is unknown.
  """
  if name not in dataset_names():
    raise InputError(
      f'unknown data set of masks {name}; there is {", ".join(dataset_names())}'
    )
  scans = digits_scenes.load(is_training=split_name == 'train')

  def read(index, choose_window=None):
    scene = digits_scenes.make_scene(scans, index)
    return examples.cut(Example(scene.image, scene.mask), choose_window)

  label_names = (BACKGROUND, *map(str, range(10)))
  return Dataset(
    name,
    split_name,
    scans.num_scenes,
    len(label_names),
    label_names,
    'lenet',
    read,
    tf.TensorSpec([digits_scenes.SIZE] * 2, tf.uint8),
  )
