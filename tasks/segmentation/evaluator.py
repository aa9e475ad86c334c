"""How good a segmenter is: mIOU, each class's IoU, pixels that are right."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

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
    self._label_names = label_names or range(num_classes)

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
    return np.array([1.0 - maps.mean_iou(of_image) for of_image in of_images])

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
