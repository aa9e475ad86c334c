"""Semantic segmentation: a class for every pixel, as DeepLabV3 was published.

https://arxiv.org/abs/1706.05587; the published code's steps, one by one.

Logits are [batch, height, width, num_classes], at a network's output stride;
labels are integers [batch, height, width], at the image's size. All resizing
puts corners on corners: at stride 16 an image of 513 has 33 logits.
"""

from collections.abc import Callable
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

IGNORE_LABEL = 255  # of pixels that neither train nor count
# Of an evaluation at many scales, as published.
SCALES = (0.5, 0.75, 1.0, 1.25, 1.5, 1.75)

Size = Sequence[int] | tf.Tensor  # height, width


def scaled(size: int, factor: float) -> int:
  """Returns a height or width at another scale: of 513 at 1 / 16 it is 33."""
  return int((size - 1) * factor + 1)


def resize(values: tf.Tensor, size: Size) -> tf.Tensor:
  """Resizes [batch, height, width, channels] bilinearly; returns float32."""
  return tf.compat.v1.image.resize(
    tf.cast(values, tf.float32), size, align_corners=True
  )


def resize_labels(labels: tf.Tensor, size: Size) -> tf.Tensor:
  """Returns the nearest of the labels, in their type."""
  nearest = tf.image.ResizeMethod.NEAREST_NEIGHBOR
  return tf.compat.v1.image.resize(
    labels[..., tf.newaxis], size, nearest, align_corners=True
  )[..., 0]


def pixel_losses(
  logits: tf.Tensor,
  labels: tf.Tensor,
  class_weights: Sequence[float] | None = None,
  ignore_label: int = IGNORE_LABEL,
) -> tf.Tensor:
  """Returns the cross-entropy of each pixel, 0 where it is ignored.

  Args:
    logits: of any height and width: they are resized to the labels'. (Labels
      resized to the logits, see resize_labels, lose what is small.)
    labels: below num_classes, or ignore_label.
    class_weights: factors on the losses, one for each class of labels.
    ignore_label: of pixels that do not count.

  Returns:
    float32 [batch, height, width].
  """
  labels = tf.cast(labels, tf.int32)
  valid = labels != ignore_label
  # No label may be above the classes, not even where it does not count.
  classes = tf.where(valid, labels, 0)
  losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
    classes, resize(logits, tf.shape(labels)[1:])
  )
  if class_weights is not None:
    losses *= tf.gather(tf.constant(class_weights, tf.float32), classes)
  return tf.where(valid, losses, 0.0)


def mean_of_valid(
  losses: tf.Tensor, labels: tf.Tensor, ignore_label: int = IGNORE_LABEL
) -> tf.Tensor:
  """Returns the sum of pixel_losses over the number of valid pixels.

  Class weights do not enter the number; 0 where there is no valid pixel.
  """
  valid = tf.cast(tf.cast(labels, tf.int32) != ignore_label, tf.float32)
  return tf.math.divide_no_nan(tf.reduce_sum(losses), tf.reduce_sum(valid))


def mean_of_hardest(
  losses: tf.Tensor, fraction: float | tf.Tensor
) -> tf.Tensor:
  """Returns the mean of the largest pixel_losses: hard pixel mining.

  fraction: how many, over all pixels of the batch, the ignored ones included.
    Zeros among them leave the mean, so that ignored pixels never count.
  """
  flat = tf.reshape(losses, [-1])
  pixels = tf.cast(tf.size(flat), tf.float32)
  hardest = tf.math.top_k(flat, tf.cast(fraction * pixels, tf.int32)).values
  kept = tf.reduce_sum(tf.cast(hardest != 0.0, tf.float32))
  return tf.math.divide_no_nan(tf.reduce_sum(hardest), kept)


def probabilities(logits: tf.Tensor, size: Size) -> tf.Tensor:
  """Returns float32 [batch, height, width, num_classes] at an image's size."""
  return tf.nn.softmax(resize(logits, size))


def class_map(
  logits: tf.Tensor, image_size: int, content: Size, size: Size
) -> tuple[tf.Tensor, tf.Tensor]:
  """Takes the map of an image out of the square that a network saw.

  Args:
    logits: [1, height, width, num_classes], or probabilities.
    image_size: height and width of the square.
    content: its first rows and columns that show the image.
    size: height and width of the image.

  Returns:
    (the likeliest classes, int32 [height, width]; their probabilities, float32
    [height, width, num_classes]) at the image's size.
  """
  logits = resize(logits, [image_size, image_size])
  found = tf.nn.softmax(resize(logits[:, : content[0], : content[1]], size))
  return likeliest(found)[0], found[0]


def likeliest(values: tf.Tensor) -> tf.Tensor:
  """Returns int32 [batch, height, width] of probabilities or resized logits."""
  return tf.argmax(values, axis=3, output_type=tf.int32)


def probabilities_at_scale(
  network: Callable[[tf.Tensor], tf.Tensor],
  images: tf.Tensor,
  scale: float,
  output_stride: int,
  mirrored: bool = False,
) -> tf.Tensor:
  """Returns probabilities from the images at another scale, or mirrored.

  Args:
    network: maps images of any size to logits.
    images: float32 [batch, height, width, 3], of a size that is known.
    scale: factor on height and width.
    output_stride: the network's.
    mirrored: shows it the images' mirror images.
  """
  size = images.shape[1:3]
  if mirrored:
    images = tf.reverse(images, [2])
  logits = network(resize(images, [scaled(side, scale) for side in size]))
  # Below scale 1 the published code goes by the logits' size at scale 1, where
  # they are interpolated once more.
  logits = resize(
    logits, [scaled(side, max(scale, 1.0) / output_stride) for side in size]
  )
  if mirrored:
    logits = tf.reverse(logits, [2])
  return probabilities(logits, size)


def multi_scale_probabilities(
  network: Callable[[tf.Tensor], tf.Tensor],
  images: tf.Tensor,
  output_stride: int,
  scales: Sequence[float] = SCALES,
  flip: bool = True,
) -> tf.Tensor:
  """Returns the mean of probabilities_at_scale over all scales.

  flip: takes each scale's mirror images into the mean.
  """
  found = [
    probabilities_at_scale(network, images, scale, output_stride, mirrored)
    for scale in scales
    for mirrored in ((False, True) if flip else (False,))
  ]
  return tf.add_n(found) / len(found)


def confusion_matrix(
  labels: tf.Tensor,
  predictions: tf.Tensor,
  num_classes: int,
  ignore_label: int = IGNORE_LABEL,
) -> tf.Tensor:
  """Counts pixels: int64 [label, prediction], without those to ignore.

  Matrices of batches are added for that of a whole set.
  """
  labels = tf.reshape(tf.cast(labels, tf.int64), [-1])
  valid = labels != ignore_label
  return tf.math.confusion_matrix(
    tf.where(valid, labels, 0),
    tf.reshape(predictions, [-1]),
    num_classes,
    weights=tf.cast(valid, tf.int64),
    dtype=tf.int64,
  )


def class_ious(confusion: np.ndarray) -> np.ndarray:
  """Returns each class's intersection over union, of a confusion matrix.

  float64 [num_classes], NaN for a class that neither occurs nor is predicted.
  """
  confusion = np.asarray(confusion, np.float64)
  intersection = np.diagonal(confusion)
  union = confusion.sum(axis=0) + confusion.sum(axis=1) - intersection
  return np.divide(
    intersection, union, out=np.full(len(union), np.nan), where=union > 0
  )


def mean_iou(confusion: np.ndarray) -> float:
  """Returns the mean of class_ious without NaNs; 0 where there is no other."""
  ious = class_ious(confusion)
  present = ious[~np.isnan(ious)]
  return float(present.mean()) if present.size else 0.0
