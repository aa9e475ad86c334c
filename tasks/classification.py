"""Image classification: one label for each image."""

from collections.abc import Sequence
import functools
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tasks.classification_evaluator import ClassificationEvaluator
from tasks.task import Task

AUXILIARY_LOSS_WEIGHT = 0.4


def make_task(
  num_classes: int,
  label_smoothing: float = 0.0,
  label_names: Sequence[str] | None = None,
) -> Task:
  """Returns the Task; outputs are logits, targets int64 labels [batch].

  Its evaluator takes labels with the images' sizes, too, and label_names for
  what it tells.
  """

  def losses(logits, end_points, labels):
    found = {
      'cross_entropy': softmax_cross_entropy(logits, labels, label_smoothing)
    }
    if 'AuxLogits' in end_points:
      found['auxiliary_loss'] = AUXILIARY_LOSS_WEIGHT * softmax_cross_entropy(
        end_points['AuxLogits'], labels, label_smoothing
      )
    return found

  return Task(
    losses,
    lambda logits, labels: {'accuracy': _accuracy(logits, labels)},
    functools.partial(ClassificationEvaluator, num_classes, label_names),
    tf.nn.softmax,
  )


def softmax_cross_entropy(
  logits: tf.Tensor, labels: tf.Tensor, label_smoothing: float = 0.0
) -> tf.Tensor:
  """Returns the batch's mean, float32; labels are int64 [batch].

  label_smoothing takes that much of the truth from the label and spreads it
  evenly over all classes, the label's own included.
  """
  num_classes = logits.shape[-1]
  truth = tf.one_hot(labels, num_classes)
  truth = truth * (1.0 - label_smoothing) + label_smoothing / num_classes
  return tf.reduce_mean(
    tf.nn.softmax_cross_entropy_with_logits(truth, tf.cast(logits, tf.float32))
  )


def _accuracy(logits, labels):
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
