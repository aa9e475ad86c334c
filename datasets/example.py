"""What every source of images returns for one example."""

from collections.abc import Callable
from typing import Any
from typing import NamedTuple

import numpy as np

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
  """An image and what it shows, of any source and for any task."""

  image: np.ndarray  # RGB, uint8 [height, width, 3]
  target: Any  # the truth about it: for classification a label
  name: str = ''  # for messages
  fate: int = KEPT


class Encoded(NamedTuple):
  """An image file, its target as stored, and a name for messages."""

  encoded: bytes
  target: Any
  name: str


class TargetError(InputError):
  """The truth about an image cannot be true, however good the image is."""


def decode(
  encoded: Encoded, choose_window: ChooseWindow | None = None
) -> Example:
  """Returns the Example of an image file, or a window of it.

  Raises:
    InputError: the image is damaged; see images.read_image.
  """
  image = images.read_image(
    encoded.encoded,
    encoded.name,
    choose_window=choose_window
    and (lambda height, width: choose_window(height, width, encoded.target)),
  )
  return Example(image, encoded.target, encoded.name)


def cut(example: Example, choose_window: ChooseWindow | None) -> Example:
  """Returns the window of an example that has been decoded whole."""
  if choose_window is None:
    return example
  top, left, height, width = choose_window(
    *example.image.shape[:2], example.target
  )
  return example._replace(
    image=example.image[top : top + height, left : left + width]
  )
