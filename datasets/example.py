"""What every source of images returns for one example."""

from collections.abc import Callable
from typing import Any
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from base.errors import InputError
from datasets import images

# (height, width, target) -> (top, left, height, width) of the part to return,
# the same whenever it is asked.
ChooseWindow = Callable[[int, int, Any], images.Window]

# What becomes of an example: its fate.
KEPT = 0
SKIPPED = 1  # It cannot be read, as some others may not.
END = 2  # Of all examples: something is wrong that no limit covers.


class Example(NamedTuple):
  """An image, or a window of one, and what the whole image shows."""

  image: np.ndarray  # RGB, uint8 [height, width, 3]
  target: Any  # the truth about it: for classification a label
  name: str = ''  # for messages
  fate: int = KEPT
  # Height and width of the image as it is stored, where it has been shrunk.
  size: tuple[int, int] | None = None


class Encoded(NamedTuple):
  """An image file, its target as stored, and a name for messages."""

  encoded: bytes
  target: Any
  name: str


class TargetError(InputError):
  """The truth about an image cannot be true, however good the image is."""


def empty(target_spec: Any, fate: int) -> Example:
  """Returns an Example of the right shapes in place of one that is not."""

  def values(spec):
    dtype = 'S' if spec.dtype == tf.string else spec.dtype.as_numpy_dtype
    # Of an unknown size, as small as the image.
    return np.zeros([size or 1 for size in spec.shape], dtype)

  target = tf.nest.map_structure(values, target_spec)
  return Example(np.zeros([1, 1, 3], np.uint8), target, fate=fate)


def decode(
  encoded: Encoded,
  choose_window: ChooseWindow | None = None,
  smallest_side: int | None = None,
) -> Example:
  """Returns the Example of an image file, or a window of it.

  Args:
    encoded: an Encoded.
    choose_window: None reads all.
    smallest_side: shrinks the image first, as images.read_image does.

  Raises:
    InputError: the image is damaged; see images.read_image.
  """
  example = decode_sized(
    encoded.encoded,
    lambda height, width: encoded.target,
    encoded.name,
    choose_window,
    smallest_side,
  )
  if choose_window or not smallest_side:
    return example
  return example._replace(size=images.read_size(encoded.encoded, encoded.name))


def decode_sized(
  encoded: bytes,
  make_target: Callable[[int, int], Any],
  name: str,
  choose_window: ChooseWindow | None = None,
  smallest_side: int | None = None,
) -> Example:
  """Returns the Example of an image file, or a window of it.

  Args:
    encoded: bytes of the file.
    make_target: (height, width) -> target, of the whole image turned upright,
      and shrunk.
    name: of the file, for messages.
    choose_window: None reads all.
    smallest_side: shrinks the image first, as images.read_image does.

  Raises:
    InputError: the image is damaged; see images.read_image.
  """
  if choose_window is None:
    image = images.read_image(encoded, name, smallest_side=smallest_side)
    return Example(image, make_target(*image.shape[:2]), name)
  target = None

  def choose(height, width):
    nonlocal target
    target = make_target(height, width)
    return choose_window(height, width, target)

  image = images.read_image(
    encoded, name, choose_window=choose, smallest_side=smallest_side
  )
  return Example(image, target, name)


def cut(example: Example, choose_window: ChooseWindow | None) -> Example:
  """Returns the window of an example that has been decoded whole.

  The target stays that of the whole image.
  """
  if choose_window is None:
    return example
  top, left, height, width = choose_window(
    *example.image.shape[:2], example.target
  )
  return example._replace(
    image=example.image[top : top + height, left : left + width]
  )
