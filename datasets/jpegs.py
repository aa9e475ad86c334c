"""Decodes a part of a JPEG, without the rest of it."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf


def decode_window(
  encoded: bytes,
  size: tuple[int, int],
  choose_window: Callable[[int, int], tuple[int, int, int, int]],
  ratio: int,
) -> np.ndarray:
  """Returns a window of an upright JPEG, as in the whole, RGB, uint8.

  Args:
    encoded: bytes of the file.
    size: its width and height.
    choose_window: (height, width) -> (top, left, height, width), of the image
      as it is shrunk.
    ratio: 1, 2, 4 or 8, by which height and width are divided, rounded up.
  Raises:
    tf.errors.OpError: this decoder cannot do it, another one may.
  """
  image_width, image_height = (-(-side // ratio) for side in size)
  top, left, height, width = choose_window(image_height, image_width)
  # With a column more on either side. Otherwise the colours of the outermost
  # columns would not be those of the whole image.
  start, stop = max(left - 1, 0), min(left + width + 1, image_width)
  # Given tensors, TensorFlow takes a shorter way to the operation.
  pixels = tf.raw_ops.DecodeAndCropJpeg(
    contents=tf.constant(encoded),
    crop_window=tf.constant([top, start, height, stop - start]),
    channels=3,
    ratio=ratio,
    dct_method='INTEGER_ACCURATE',
  ).numpy()
  return pixels[:, left - start : left - start + width]
