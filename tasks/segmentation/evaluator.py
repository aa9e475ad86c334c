"""How good a segmenter is: mIOU, each class's IoU, pixels that are right."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from tasks.details import Bars
from tasks.details import Details
from tasks.details import Section
from tasks.details import Table
from tasks.segmentation import drawing
from tasks.segmentation import maps


class SegmentationEvaluator:
  """mIOU, each class's IoU, and the part of pixels that are right.

  Over all pixels of the set that are not to be ignored; a class that neither
  occurs nor is predicted is left out.
  """

  def __init__(
    self, num_classes: int, label_names: Sequence[str] | None = None
  ):
    self._confusion = np.zeros([num_classes, num_classes], np.int64)
    self._label_names = label_names or tuple(map(str, range(num_classes)))
    self._of_images = []  # mIOU

  def add(self, logits: tf.Tensor, labels: tf.Tensor) -> np.ndarray:
    """Takes a batch of logits, and its labels [batch, height, width].

    Returns:
      float [batch]: 1 - mIOU of each image.
    """
    predictions = maps.likeliest(maps.resize(logits, tf.shape(labels)[1:]))
    of_images = [
      maps.confusion_matrix(*image, len(self._confusion)).numpy()
      for image in zip(labels, predictions)
    ]
    self._confusion += np.sum(of_images, axis=0)
    ious = [maps.mean_iou(of_image) for of_image in of_images]
    self._of_images += ious
    return 1.0 - np.array(ious)

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

  def details(self) -> Details:
    """Returns what a report tells of the pixels so far."""
    metrics = self.result()
    headline = {name: metrics[name] for name in ('mIOU', 'pixel_accuracy')}
    return Details(
      headline,
      [self._by_class()],
      'The truth on the left, what the network says on the right. What does '
      'not count is white on the left.',
    )

  def _by_class(self):
    ious = maps.class_ious(self._confusion)
    there, said = self._confusion.sum(axis=1), self._confusion.sum(axis=0)
    present = np.flatnonzero(~np.isnan(ious))
    names = [self._label_names[label] for label in present]
    colors = drawing.palette(len(ious))[present]
    rows = [
      (name, float(ious[label]), int(there[label]), int(said[label]))
      for name, label in zip(names, present)
    ]
    return Section(
      'iou',
      'Intersection over union of each class',
      'Pixels that are of a class and said to be, over those that are either. '
      "The bars have the masks' colours.",
      Bars(names, ious[present].tolist(), 'IoU', colors),
      Table(('class', 'IoU', 'pixels', 'pixels predicted'), rows),
    )

  def caption(self, number: int) -> str:
    """Returns the mIOU of an image; they count from 0."""
    return f'mIOU {self._of_images[number]:.2f}'
