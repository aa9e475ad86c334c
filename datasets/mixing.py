"""Mixup and cutmix: images of a batch mixed with its others, and their labels.

Zhang et al. 2017, arXiv 1710.09412; Yun et al. 2019, arXiv 1905.04899. Each
image is mixed with the one before it: batches have a random order already.
"""

from collections.abc import Sequence
import math

import numpy as np
import tensorflow as tf

from datasets.augmentation import Augmentation


def mix(
  batches: tf.data.Dataset,
  num_classes: int,
  augmentation: Augmentation,
  seed: int,
  first_step: int,
) -> tf.data.Dataset:
  """Returns the batches, each of them mixed.

  Args:
    batches: of (images uint8 [batch, height, width, 3], labels int64 [batch]).
    num_classes: of the labels.
    augmentation: Augmentation, which says how; see random_mask.
    seed: with a batch's step it decides how much is mixed, and where.
    first_step: the first batch's.
  Returns:
    A tf.data.Dataset of (images, rounded to uint8 again; labels float32 [batch,
    num_classes], whose rows add up to 1).
  """

  def mix_batch(step, batch):
    images, labels = batch
    mask = tf.numpy_function(
      lambda size, step: random_mask(
        size,
        augmentation.mixup_alpha,
        augmentation.cutmix_alpha,
        [seed % 2**64, step],
      ),
      [tf.shape(images)[1:3], step],
      tf.float32,
      stateful=False,
    )
    mask = tf.ensure_shape(mask, images.shape[1:3])
    return (
      _mixed_images(images, mask[..., tf.newaxis]),
      _mixed(tf.one_hot(labels, num_classes), tf.reduce_mean(mask)),
    )

  return batches.enumerate(first_step).map(
    mix_batch, num_parallel_calls=tf.data.AUTOTUNE
  )


def random_mask(
  size: Sequence[int],
  mixup_alpha: float,
  cutmix_alpha: float,
  seed: Sequence[int],
) -> np.ndarray:
  """Draws how much of each pixel an image keeps: float32 [height, width].

  For mixup it is the same everywhere, for cutmix 0 in a rectangle and 1
  elsewhere. Where both are on, either comes in half of the batches.

  Args:
    size: height and width.
    mixup_alpha, cutmix_alpha: both parameters of the beta distribution of the
      part to keep; 0 turns that one off, but not both.
    seed: integers of at least 0; the mask follows from them.
  """
  random = np.random.default_rng([*seed, 4])
  is_cutmix = cutmix_alpha and (not mixup_alpha or random.uniform() < 0.5)
  alpha = cutmix_alpha if is_cutmix else mixup_alpha
  kept = random.beta(alpha, alpha)
  if not is_cutmix:
    return np.full(size, kept, np.float32)
  mask = np.ones(size, np.float32)
  window = [_random_span(random, side, math.sqrt(1 - kept)) for side in size]
  mask[*window] = 0
  return mask


def _random_span(random, side, part):
  """Returns a slice of that part of a side, or less where it sticks out."""
  middle, half = random.integers(side), round(part * side) // 2
  return slice(max(middle - half, 0), middle + half)


def _mixed_images(images, mask):
  """Mixes in float32, and rounds as the input does wherever it makes parts."""
  mixed = _mixed(tf.cast(images, tf.float32), mask)
  return tf.cast(tf.round(mixed), images.dtype)


def _mixed(values, kept):
  return kept * values + (1 - kept) * tf.roll(values, 1, axis=0)
