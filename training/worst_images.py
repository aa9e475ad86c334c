"""The images of an evaluation on which a network does worst, as pictures."""

import heapq
import os
from typing import Any

import numpy as np
import tensorflow as tf

from base import files
from datasets import images as images_lib
from tasks.task import Pictures

_SMALLEST_SIDE = 300  # of a picture, in pixels


class WorstImages:
  """Keeps the examples of the largest errors, and draws them."""

  def __init__(self, pictures: Pictures | None, most: int):
    """Keeps at most so many; none of a task that has no pictures."""
    self._pictures = pictures
    self._most = most if pictures else 0
    self._kept = []  # a heap of (error, -number, image, outputs, target)
    self._number = 0

  def add(self, images: tf.Tensor, outputs: Any, targets: Any) -> None:
    """Takes a batch: float32 images in [-1, 1], outputs and targets."""
    if not self._most:
      return
    batch = tf.nest.map_structure(np.asarray, (outputs, targets))
    for row, error in enumerate(self._pictures.errors(*batch)):
      item = (float(error), -self._number)
      self._number += 1
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
    return [
      self._pictures.draw(*entry[2:])
      for entry in sorted(self._kept, key=lambda entry: (-entry[0], -entry[1]))
    ]


def _picture_of(image):
  """Returns uint8 [height, width, 3], enlarged where it is hard to look at."""
  pixels = np.uint8(np.round((np.clip(image, -1, 1) + 1) * 127.5))
  times = -(-_SMALLEST_SIDE // min(pixels.shape[:2]))
  return pixels.repeat(times, axis=0).repeat(times, axis=1)


def write(folder: str, step: int, pictures: list[np.ndarray]) -> None:
  """Writes worst-1.png and so on into a folder, and for TensorBoard, if any.

  Raises:
    InputError: the folder cannot be written.
  """
  if not pictures:
    return
  with tf.summary.create_file_writer(folder).as_default(step):
    for number, picture in enumerate(pictures, start=1):
      name = os.path.join(folder, f'worst-{number}.png')
      files.write_bytes(name, images_lib.encode_png(picture))
      tf.summary.image(f'worst/{number}', picture[np.newaxis])
    tf.summary.flush()
