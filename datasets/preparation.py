"""Prepares images and their targets for a network, by a preprocessing's name.

Positions, threads and batches are the input pipeline's; what a flip does to a
box is box_preprocessing's. This is what the one knows of the other.
"""

from collections.abc import Callable
from collections.abc import Sequence
import functools
from typing import Any
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from datasets import box_preprocessing
from datasets import images
from datasets import mask_preprocessing
from datasets import preprocessing

Seed = Sequence[int]  # integers of at least 0


class Preparation(NamedTuple):
  """How an example becomes an image of the network's size, and its target.

  The first two are for training, in numpy; what is random in them follows from
  the seed. The last two are for graphs, too.
  """

  # height, width, target, seed -> the part of the image to train on.
  choose_window: Callable[[int, int, Any, Seed], images.Window]
  # target, seed -> the target of that part, changed as the image will be by
  # the numbers that come with it: float32, one dimension.
  draw: Callable[[Any, Seed], tuple[Any, np.ndarray]]
  # window, target, numbers, image_size -> float32 in [0, 1], target.
  for_training: Callable
  # image, target, image_size -> float32 in [-1, 1], target.
  for_evaluation: Callable


def make_preparation(
  name: str,
  kind: str = preprocessing.LABELS,
  scales: mask_preprocessing.Scales = mask_preprocessing.PUBLISHED,
) -> Preparation:
  """Returns the Preparation of a name for targets of a kind.

  Args:
    name: one of preprocessing.names(kind).
    kind: one of preprocessing.KINDS.
    scales: of deeplab in training.

  Raises:
    InputError: the name is unknown, or is for other targets; scales that cannot
      be.
  """
  preprocessing.check_name(name, kind)
  if name in ('ssd', 'ssd_color'):
    return Preparation(
      box_preprocessing.choose_window,
      box_preprocessing.draw,
      functools.partial(
        box_preprocessing.for_training, with_color=name == 'ssd_color'
      ),
      _of_image('lenet').for_evaluation,
    )
  if name == 'deeplab':
    mask_preprocessing.check_scales(scales)
    return Preparation(
      _choose_all,
      functools.partial(mask_preprocessing.draw, scales=scales),
      mask_preprocessing.for_training,
      mask_preprocessing.for_evaluation,
    )
  return _of_image(name)


def fit(
  image: np.ndarray, image_size: int, name: str
) -> tuple[tf.Tensor, tuple[int, int]]:
  """Prepares an image as in evaluation.

  Args:
    image: RGB, uint8 [height, width, 3].
    image_size: height and width of the result.
    name: a preprocessing of any kind.
  Returns:
    (float32 [image_size, image_size, 3] in [-1, 1], (rows, columns)): so many
    of its first rows and columns show the image; what follows is padding.
  Raises:
    InputError: the name is unknown.
  """
  if name == 'deeplab':
    return mask_preprocessing.fit(image, image_size)
  if name in preprocessing.names(preprocessing.BOXES):
    name = 'lenet'
  image = preprocessing.preprocess_for_eval(image, image_size, name)
  return image, (image_size, image_size)


def in_words(name: str) -> str:
  """Returns what fit does to images, for people."""
  if name == 'deeplab':
    return (
      'images filled up with grey (127.5) at the bottom and the right, and, '
      'where they are too large, shrunk before'
    )
  top, *_ = (
    preprocessing.evaluation_window(1000, 1000, name)
    if name in preprocessing.names()
    else (0,)
  )
  part = 'the middle, 87.5 % of each side, of ' if top else ''
  return f'{part}images resized to a square'


def fit_batch(images: tf.Tensor, image_size: int, name: str) -> tf.Tensor:
  """Prepares uint8 [batch, height, width, 3] as fit does, in a graph.

  Returns float32 [batch, image_size, image_size, 3] in [-1, 1].
  """
  if name == 'deeplab':
    return mask_preprocessing.fit_batch(images, image_size)
  if name in preprocessing.names(preprocessing.BOXES):
    name = 'lenet'
  return preprocessing.preprocess_for_eval(images, image_size, name)


def _of_image(name):
  """What changes nothing but the image: 'inception' and 'lenet'."""

  def choose_window(height, width, target, seed):
    del target  # Whatever is on an image, any part of it will do.
    return preprocessing.random_window(height, width, name, seed)

  def draw(target, seed):
    return target, preprocessing.random_changes(name, seed)

  def for_training(window, target, changes, image_size):
    return preprocessing.preprocess_for_train(
      window, image_size, name, changes
    ), target

  def for_evaluation(image, target, image_size):
    return preprocessing.preprocess_for_eval(image, image_size, name), target

  return Preparation(choose_window, draw, for_training, for_evaluation)


def _choose_all(height, width, target, seed):
  del target, seed
  return 0, 0, height, width
