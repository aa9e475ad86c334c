"""What more may change an image in training, whatever its preprocessing."""

from typing import NamedTuple

import tensorflow as tf

from datasets import rand_augment
from datasets import random_erasing


class Augmentation(NamedTuple):
  """How images are changed after their preprocessing: by default not at all.

  What moves, erases or mixes is for classification alone.
  """

  rand_augment_layers: int = 0  # 0 turns it off
  rand_augment_magnitude: float = 9.0
  random_erasing: float = 0.0  # its probability
  mixup_alpha: float = 0.0  # 0 turns it off
  cutmix_alpha: float = 0.0  # 0 turns it off

  @property
  def changes_images(self) -> bool:
    """Whether augment does anything."""
    return bool(self.rand_augment_layers or self.random_erasing)

  @property
  def mixes(self) -> bool:
    """Whether batches are to be mixed."""
    return bool(self.mixup_alpha or self.cutmix_alpha)


def augment(
  image: tf.Tensor,
  augmentation: Augmentation,
  seed: int,
  position: tf.Tensor,
  with_geometry: bool,
) -> tf.Tensor:
  """Returns an image after RandAugment and random erasing.

  Args:
    image: RGB, uint8 [height, width, 3].
    augmentation: Augmentation.
    seed, position: an integer and a scalar, of at least 0; all that is random
      follows from them.
    with_geometry: whether what is on the image may move.
  """

  def change(image, position):
    if augmentation.rand_augment_layers:
      image = rand_augment.augment(
        image,
        augmentation.rand_augment_layers,
        augmentation.rand_augment_magnitude,
        [seed, position],
        with_geometry,
      )
    return random_erasing.erase(
      image, augmentation.random_erasing, [seed, position]
    )

  changed = tf.numpy_function(
    change, [image, position], tf.uint8, stateful=False
  )
  return tf.ensure_shape(changed, image.shape)
