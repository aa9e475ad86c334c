"""Image classification: one label for each image."""

from collections.abc import Sequence
import functools
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tasks import classification_export
from tasks.classification_evaluator import ClassificationEvaluator
from tasks.task import Task

AUXILIARY_LOSS_WEIGHT = 0.4


def make_task(
  num_classes: int,
  label_smoothing: float = 0.0,
  label_names: Sequence[str] | None = None,
  class_weights: Sequence[float] | None = None,
) -> Task:
  """Returns the Task; outputs are logits, targets int64 labels [batch].

  In training, targets may also be float32 [batch, num_classes], how much an
  image shows of each class. Its evaluator takes labels with the images' sizes,
  too, and label_names for what it tells. The other arguments: see
  softmax_cross_entropy.
  """

  def losses(logits, end_points, labels):
    found = {
      'cross_entropy': softmax_cross_entropy(
        logits, labels, label_smoothing, class_weights
      )
    }
    if 'AuxLogits' in end_points:
      found['auxiliary_loss'] = AUXILIARY_LOSS_WEIGHT * softmax_cross_entropy(
        end_points['AuxLogits'], labels, label_smoothing, class_weights
      )
    return found

  return Task(
    losses,
    lambda logits, labels: {'Accuracy': _accuracy(logits, labels)},
    functools.partial(ClassificationEvaluator, num_classes, label_names),
    tf.nn.softmax,
    best_by='Accuracy',
    exported=classification_export.EXPORTED,
  )


def softmax_cross_entropy(
  logits: tf.Tensor,
  labels: tf.Tensor,
  label_smoothing: float = 0.0,
  class_weights: Sequence[float] | None = None,
) -> tf.Tensor:
  """Returns the batch's mean, float32.

  Args:
    logits: [batch, classes].
    labels: integers [batch], or float32 [batch, classes] that add up to 1.
    label_smoothing: so much of the truth is taken from the label and spread
      evenly over all classes, the label's own included.
    class_weights: factor on an image's loss by its class, of several classes
      in the parts of its label; None: all 1.
  """
  num_classes = logits.shape[-1]
  truth = labels if _is_soft(labels) else tf.one_hot(labels, num_classes)
  smooth = truth * (1.0 - label_smoothing) + label_smoothing / num_classes
  losses = tf.nn.softmax_cross_entropy_with_logits(
    smooth, tf.cast(logits, tf.float32)
  )
  if class_weights is not None:
    losses *= tf.linalg.matvec(truth, tf.constant(class_weights, tf.float32))
  return tf.reduce_mean(losses)


def _is_soft(labels):
  return labels.dtype.is_floating


def _accuracy(logits, labels):
  """Returns the part that is right: of soft labels, by the largest part."""
  if _is_soft(labels):
    labels = tf.argmax(labels, axis=-1)
  correct = tf.equal(tf.argmax(logits, axis=-1), tf.cast(labels, tf.int64))
  return tf.reduce_mean(tf.cast(correct, tf.float32))


class Prediction(NamedTuple):
  """One class of one image; name is None where it is not known."""

  label: int
  name: str | None
  probability: float


def top_predictions(
  probabilities: np.ndarray,
  top_k: int,
  label_names: tuple[str, ...] | None = None,
) -> list[Prediction]:
  """Returns the top_k likeliest Predictions, the likeliest first.

  probabilities: array [classes]. Of equal ones the first class comes first.
  """
  labels = np.argsort(-probabilities, kind='stable')[:top_k]
  return [
    Prediction(
      int(label),
      label_names[label] if label_names else None,
      float(probabilities[label]),
    )
    for label in labels
  ]
