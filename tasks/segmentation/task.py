"""What makes a network a segmenter: cross-entropy of pixels, mIOU."""

from collections.abc import Sequence
import functools

import numpy as np
import tensorflow as tf

from base.errors import InputError
from tasks.segmentation import drawing
from tasks.segmentation import maps
from tasks.task import Pictures
from tasks.task import Task


def make_task(
  num_classes: int,
  label_names: Sequence[str] | None = None,
  label_weights: Sequence[float] | None = None,
  hardest_fraction: float = 1.0,
) -> Task:
  """Returns the Task; outputs are logits, targets labels of every pixel.

  Args:
    num_classes: the background's included.
    label_names: of the classes, for the evaluator's metrics.
    label_weights: factors on the losses, one for each class; None: all 1.
    hardest_fraction: part of the pixels, those of the largest losses, that
      train.

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
    Pictures(functools.partial(_errors, num_classes), _draw),
    best_by='mIOU',
  )


def _confusion(logits, labels, num_classes):
  predictions = maps.likeliest(maps.resize(logits, tf.shape(labels)[1:]))
  return maps.confusion_matrix(labels, predictions, num_classes)


class SegmentationEvaluator:
  """mIOU, each class's IoU, and the part of pixels that are right.

  Over all pixels of the set that are not to be ignored; a class that neither
  occurs nor is predicted is left out.
  """

  def __init__(
    self, num_classes: int, label_names: Sequence[str] | None = None
  ):
    self._confusion = np.zeros([num_classes, num_classes], np.int64)
    self._label_names = label_names or range(num_classes)

  def add(self, logits: tf.Tensor, labels: tf.Tensor) -> None:
    """Takes a batch of logits, and its labels [batch, height, width]."""
    self._confusion += _confusion(logits, labels, len(self._confusion)).numpy()

  def result(self) -> dict[str, float]:
    """Returns the metrics of the pixels so far."""
    pixels = self._confusion.sum()
    accuracy = np.trace(self._confusion) / pixels if pixels else 0.0
    return {
      'mIOU': maps.mean_iou(self._confusion),
      'pixel_accuracy': float(accuracy),
      **{
        f'IoU_{name}': float(iou)
        for name, iou in zip(
          self._label_names, maps.class_ious(self._confusion), strict=True
        )
        if not np.isnan(iou)
      },
    }


def _errors(num_classes, logits, labels):
  """Returns 1 - mIOU of each image."""
  return np.array(
    [
      1.0
      - maps.mean_iou(
        _confusion(logits[row : row + 1], labels[row : row + 1], num_classes)
      )
      for row in range(len(labels))
    ]
  )


def _draw(image, logits, labels):
  """Returns the image with its labels, and with the likeliest classes."""
  size = image.shape[:2]
  truth = maps.resize_labels(labels[np.newaxis], size)[0].numpy()
  found = maps.likeliest(maps.resize(logits[np.newaxis], size))[0].numpy()
  return np.concatenate(
    [drawing.draw(image, truth), drawing.draw(image, found)], axis=1
  )
