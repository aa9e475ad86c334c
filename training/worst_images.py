"""The images of an evaluation on which a network does worst, as pictures."""

from collections.abc import Callable
import heapq
import os
from typing import Any

import numpy as np
import tensorflow as tf

from base import files
from datasets import images as images_lib
from training import summaries


class WorstImages:
  """Keeps the examples of the largest errors, and draws them."""

  def __init__(
    self, draw: Callable[[np.ndarray, Any, Any], np.ndarray] | None, most: int
  ):
    """Keeps at most so many; draw: the task's, None shows images alone."""
    self._draw = draw or (lambda image, output, target: image)
    self._most = most
    self._kept = []  # a heap of (error, -number, image, outputs, target)
    self._number = 0

  def add(
    self, errors: np.ndarray, images: tf.Tensor, outputs: Any, targets: Any
  ) -> None:
    """Takes a batch: an evaluator's errors, float32 images in [-1, 1]."""
    if not self._most:
      return
    batch = tf.nest.map_structure(np.asarray, (outputs, targets))
    for row, error in enumerate(errors):
      item = (float(error), -self._number)
      self._number += 1
      if np.isnan(error):
        continue
      if len(self._kept) == self._most and item < self._kept[0][:2]:
        continue
      example = tf.nest.map_structure(lambda part, at=row: part[at], batch)
      # Of two equal errors the numbers differ: images are never compared.
      entry = (*item, _picture_of(images[row]), *example)
      if len(self._kept) < self._most:
        heapq.heappush(self._kept, entry)
      else:
        heapq.heapreplace(self._kept, entry)

  def draw(self) -> list[np.ndarray]:
    """Returns pictures, uint8 [height, width, 3], the worst first."""
    return [self._draw(*entry[2:]) for entry in self._worst_first()]

  def numbers(self) -> list[int]:
    """Returns the numbers of what draw returns, in the order of add, from 0."""
    return [-entry[1] for entry in self._worst_first()]

  def _worst_first(self):
    return sorted(self._kept, key=lambda entry: (-entry[0], -entry[1]))


def _picture_of(image):
  """Returns uint8 [height, width, 3], large enough to look at."""
  return images_lib.enlarge(
    np.uint8(np.round((np.clip(image, -1, 1) + 1) * 127.5))
  )


def write(folder: str, step: int, pictures: list[np.ndarray]) -> None:
  """Writes worst-1.png and so on into a folder, and for TensorBoard, if any.

  Raises:
    InputError: the folder cannot be written.
  """
  if not pictures:
    return
  with summaries.make_writer(folder).as_default(step):
    for number, picture in enumerate(pictures, start=1):
      name = os.path.join(folder, f'worst-{number}.png')
      files.write_bytes(name, images_lib.encode_png(picture))
      tf.summary.image(f'worst/{number}', picture[np.newaxis])
    tf.summary.flush()
