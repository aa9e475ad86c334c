"""Image classification: one label for each image."""

import collections
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tasks.task import Task

AUXILIARY_LOSS_WEIGHT = 0.4

_RECALL_AT = 5


def make_task(num_classes: int, label_smoothing: float = 0.0) -> Task:
  """Returns the Task; outputs are logits, targets int64 labels [batch]."""

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
    lambda logits, labels: {'Accuracy': _accuracy(logits, labels)},
    lambda: ClassificationEvaluator(num_classes),
    tf.nn.softmax,
    best_by='Accuracy',
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


class ClassificationEvaluator:
  """Accuracy, Recall_k and loss, means over the examples.

  k is 5, or the number of classes where that is smaller. Accuracy and Recall_k
  count the examples whose label is the likeliest class, or among the k
  likeliest; of equal logits the first class's counts as the largest, so that
  constant ones earn nothing. loss is the cross-entropy.
  """

  def __init__(self, num_classes: int):
    self._k = min(_RECALL_AT, num_classes)
    self._sums = collections.Counter()
    self._num_examples = 0

  def add(self, logits: tf.Tensor, labels: tf.Tensor) -> None:
    """Takes logits [batch, num_classes] and labels [batch]."""
    likeliest = tf.math.top_k(logits, self._k).indices
    hits = tf.cast(
      tf.cast(likeliest, tf.int64) == labels[:, tf.newaxis], tf.float32
    )
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    self._sums.update(
      {
        'Accuracy': float(tf.reduce_sum(hits[:, 0])),
        f'Recall_{self._k}': float(tf.reduce_sum(hits)),
        'loss': float(tf.reduce_sum(losses)),
      }
    )
    self._num_examples += len(labels)

  def result(self) -> dict[str, float]:
    """Returns the means over the examples so far."""
    return {
      name: total / self._num_examples for name, total in self._sums.items()
    }


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
