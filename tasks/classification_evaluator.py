"""How good a classifier is: accuracy, recall and loss."""

import collections
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tasks import classification_details
from tasks.classification_details import Verdicts
from tasks.details import Details

_RECALL_AT = 5


class ClassificationEvaluator:
  """Accuracy, Recall_5 and loss, means over the examples.

  Accuracy and Recall_5 count the examples whose label is the likeliest class,
  or among the five likeliest; of equal logits the first class's counts as the
  largest, so that constant ones earn nothing. Recall_5 is left out where there
  are five classes or fewer: it would always be 1. loss is the cross-entropy.
  """

  def __init__(
    self, num_classes: int, label_names: Sequence[str] | None = None
  ):
    self._k = min(_RECALL_AT, num_classes)
    self._label_names = label_names or tuple(map(str, range(num_classes)))
    self._sums = collections.Counter()
    self._batches = []  # of Verdicts

  def add(self, logits: tf.Tensor, targets: Any) -> np.ndarray:
    """Takes a batch of logits [batch, num_classes], and the truth about it.

    Args:
      logits: float32.
      targets: labels [batch], or a structure that has these as labels, and
        size, int32 [batch, 2], height and width of the images as they were.

    Returns:
      float [batch]: the probability of a class that is wrong, otherwise NaN.
    """
    labels = getattr(targets, 'labels', targets)
    likeliest = tf.math.top_k(logits, self._k).indices
    hits = tf.cast(
      tf.cast(likeliest, tf.int64) == labels[:, tf.newaxis], tf.float32
    )
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    sums = {'Accuracy': hits[:, 0], f'Recall_{self._k}': hits, 'loss': losses}
    if self._k == logits.shape[1]:
      del sums[f'Recall_{self._k}']
    self._sums.update(
      {name: float(tf.reduce_sum(values)) for name, values in sums.items()}
    )
    verdicts = Verdicts(
      np.asarray(labels),
      np.asarray(likeliest[:, 0]),
      np.asarray(tf.reduce_max(tf.nn.softmax(logits), axis=1)),
      np.asarray(targets.size) if labels is not targets else None,
    )
    self._batches.append(verdicts)
    return np.where(verdicts.is_right, np.nan, verdicts.confidences)

  def result(self) -> dict[str, float]:
    """Returns the means over the examples so far."""
    num_examples = sum(len(batch.labels) for batch in self._batches)
    return {name: total / num_examples for name, total in self._sums.items()}

  def details(self) -> Details:
    """Returns what a report tells of the examples so far."""
    return classification_details.make(
      self.result(),
      classification_details.join(self._batches),
      self._label_names,
    )

  def caption(self, number: int) -> str:
    """Returns what an example was taken for; they count from 0."""
    verdicts = classification_details.join(self._batches)
    label, found = verdicts.labels[number], verdicts.found[number]
    return (
      f'{self._label_names[label]}, taken for {self._label_names[found]} '
      f'({verdicts.confidences[number]:.2f})'
    )
