"""DeepLab's changes of images with masks, as published.

In training both are scaled, padded, cut and flipped at random; in evaluation
padded at the bottom and right, and made smaller first only if too large.
Resizing puts corners on corners; a mask takes the nearest values.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from base.errors import InputError
from datasets import preprocessing

IGNORED = 255  # of a mask: pixels that neither train nor count

_PADDING = 0.5  # of an image in [0, 1]: published as 127.5 of 255


class Scales(NamedTuple):
  """What training scales images by, at random."""

  least: float = 0.5
  most: float = 2.0
  step: float = 0.25  # from one to the next; 0: anything in between


PUBLISHED = Scales()


def check_scales(scales: Scales) -> None:
  """Raises InputError if these cannot be."""
  if not 0 < scales.least <= scales.most:
    raise InputError(
      f'min_scale_factor is {scales.least}, max_scale_factor {scales.most}; '
      'want the first above 0, and not above the second'
    )


def draw(
  mask: np.ndarray, seed: Sequence[int], scales: Scales = PUBLISHED
) -> tuple[np.ndarray, np.ndarray]:
  """Returns the mask as it is, and the numbers that for_training takes.

  These are float32 [4]: the scale; where the square begins, top and left, from
  0 to 1 of where it may; and the flip, if positive.
  """
  random = np.random.default_rng([*seed, 1])
  scale = _random_scale(random, scales)
  return mask, np.float32([scale, *random.uniform(size=2), random.uniform(-1)])


def _random_scale(random, scales):
  least, most, step = scales
  if not step:
    return random.uniform(least, most)
  return random.choice(np.linspace(least, most, int((most - least) / step + 1)))


def for_training(
  image: tf.Tensor, mask: tf.Tensor, numbers: tf.Tensor, image_size: int
) -> tuple[tf.Tensor, tf.Tensor]:
  """Scales, pads, cuts and flips an image and its mask.

  Args:
    image: uint8 [height, width, 3].
    mask: uint8 [height, width].
    numbers: of draw.
    image_size: height and width of the result.
  Returns:
    (float32 [image_size, image_size, 3] in [0, 1], uint8 [image_size,
    image_size]).
  """
  scale, top, left, flips = tf.unstack(tf.ensure_shape(numbers, [4]))
  size = tf.cast(tf.shape(mask), tf.float32) * scale
  image, mask = resize(image, mask, tf.maximum(tf.cast(size, tf.int32), 1))
  image, mask = pad(image, mask, image_size)
  free = tf.shape(mask) - image_size
  begin = tf.cast(
    tf.stack([top, left]) * tf.cast(free + 1, tf.float32), tf.int32
  )
  begin = tf.minimum(begin, free)  # where float32 rounds up
  image = tf.slice(image, [*tf.unstack(begin), 0], [image_size, image_size, 3])
  mask = tf.slice(mask, begin, [image_size, image_size])
  return preprocessing.flip(image, flips > 0), preprocessing.flip(
    mask, flips > 0
  )


def for_evaluation(
  image: tf.Tensor, mask: tf.Tensor, image_size: int
) -> tuple[tf.Tensor, tf.Tensor]:
  """Pads an image and its mask, after making them smaller if they are larger.

  Returns (float32 [image_size, image_size, 3] in [-1, 1], uint8 [image_size,
  image_size]); the padding is 0 and IGNORED.
  """
  size = _fitting_size(tf.unstack(tf.shape(mask)), image_size)
  image, mask = pad(*resize(image, mask, tf.stack(size)), image_size)
  return (
    tf.ensure_shape(preprocessing.to_signed(image), [image_size] * 2 + [3]),
    tf.ensure_shape(mask, [image_size] * 2),
  )


def fit(
  image: np.ndarray, image_size: int
) -> tuple[tf.Tensor, tuple[int, int]]:
  """Returns for_evaluation's image, and how much of it is not padding."""
  rows, columns = _fitting_size(image.shape[:2], image_size)
  mask = np.zeros(image.shape[:2], np.uint8)
  prepared, _ = for_evaluation(image, mask, image_size)
  return prepared, (int(rows), int(columns))


def fit_batch(images: tf.Tensor, image_size: int) -> tf.Tensor:
  """Returns for_evaluation's image of each of a batch, in a graph.

  images: uint8 [batch, height, width, 3].
  """
  size = tf.stack(_fitting_size(tf.unstack(tf.shape(images)[1:3]), image_size))
  resized = tf.raw_ops.ResizeBilinear(
    images=images, size=size, align_corners=True
  )
  missing = tf.pad(image_size - size, [[1, 1]])
  padded = tf.pad(
    resized / 255,
    tf.stack([tf.zeros_like(missing), missing], 1),
    constant_values=_PADDING,
  )
  return tf.ensure_shape(
    preprocessing.to_signed(padded), [None, image_size, image_size, 3]
  )


def resize(
  image: tf.Tensor, mask: tf.Tensor, size: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns both at another size, int32 [2]; the image as floats in [0, 1]."""
  image = tf.raw_ops.ResizeBilinear(
    images=image[tf.newaxis], size=size, align_corners=True
  )
  mask = tf.raw_ops.ResizeNearestNeighbor(
    images=mask[tf.newaxis, ..., tf.newaxis], size=size, align_corners=True
  )
  return image[0] / 255, mask[0, ..., 0]


def pad(
  image: tf.Tensor, mask: tf.Tensor, image_size: int
) -> tuple[tf.Tensor, tf.Tensor]:
  """Adds rows and columns up to a size; what is larger stays so.

  image: floats in [0, 1].
  """
  missing = tf.maximum(image_size - tf.shape(mask), 0)
  paddings = tf.stack([tf.zeros_like(missing), missing], 1)
  mask = tf.pad(mask, paddings, constant_values=IGNORED)
  paddings = tf.pad(paddings, [[0, 1], [0, 0]])
  return tf.pad(image, paddings, constant_values=_PADDING), mask


def _fitting_size(size, image_size):
  """Returns [height, width], of integers or tensors, not above image_size."""
  height, width = size
  longest = tf.maximum(tf.maximum(height, width), image_size)
  return [tf.maximum(side * image_size // longest, 1) for side in size]
