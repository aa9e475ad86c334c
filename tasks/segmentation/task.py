"""What makes a network a segmenter: cross-entropy of pixels, mIOU."""

from collections.abc import Sequence
import functools

import numpy as np
import tensorflow as tf

from base.errors import InputError
from tasks.segmentation import drawing
from tasks.segmentation import export
from tasks.segmentation import maps
from tasks.segmentation.evaluator import SegmentationEvaluator
from tasks.task import Task


def make_task(
  num_classes: int,
  label_names: Sequence[str] | None = None,
  label_weights: Sequence[float] | None = None,
  hardest_fraction: float = 1.0,
  upsample_logits: bool = True,
  image_size: int | None = None,
) -> Task:
  """Returns the Task; outputs are logits, targets labels of every pixel.

  Args:
    num_classes: the background's included.
    label_names: of the classes, for the evaluator's metrics.
    label_weights: factors on the losses, one for each class; None: all 1.
    hardest_fraction: part of the pixels, those of the largest losses, that
      train.
    upsample_logits: whether the loss is of logits at the size of the labels,
      not of the nearest labels at the size of the logits.
    image_size: height and width of the images, for exports alone.

  Raises:
    InputError: there is not one weight for each class.
  """
  if label_weights is not None and len(label_weights) != num_classes:
    raise InputError(
      f'label_weights: {len(label_weights)} numbers, want one for each of the '
      f'{num_classes} classes, the background included'
    )

  def losses(logits, end_points, labels):
    del end_points
    if not upsample_logits:
      labels = maps.resize_labels(labels, tf.shape(logits)[1:3])
    of_pixels = maps.pixel_losses(logits, labels, label_weights)
    return {
      'cross_entropy': (
        maps.mean_of_valid(of_pixels, labels)
        if hardest_fraction == 1.0
        else maps.mean_of_hardest(of_pixels, hardest_fraction)
      )
    }

  def metrics(logits, labels):
    confusion = _confusion(logits, labels, num_classes)
    right = tf.math.divide_no_nan(
      tf.cast(tf.linalg.trace(confusion), tf.float32),
      tf.cast(tf.reduce_sum(confusion), tf.float32),
    )
    return {'pixel_accuracy': right}

  return Task(
    losses,
    metrics,
    functools.partial(SegmentationEvaluator, num_classes, label_names),
    tf.nn.softmax,
    _draw,
    best_by='mIOU',
    exported=export.make(image_size),
  )


def _confusion(logits, labels, num_classes):
  predictions = maps.likeliest(maps.resize(logits, tf.shape(labels)[1:]))
  return maps.confusion_matrix(labels, predictions, num_classes)


def _draw(image, logits, labels):
  """Returns the image with its labels, and with the likeliest classes."""
  size = image.shape[:2]
  truth = maps.resize_labels(labels[np.newaxis], size)[0].numpy()
  found = maps.likeliest(maps.resize(logits[np.newaxis], size))[0].numpy()
  return np.concatenate(
    [drawing.draw(image, truth), drawing.draw(image, found)], axis=1
  )
