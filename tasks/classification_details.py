"""Where a classifier errs, by scikit-learn: for a report."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tasks.details import Bars
from tasks.details import Details
from tasks.details import Matrix
from tasks.details import Reliability
from tasks.details import Section
from tasks.details import Table

_NUM_BINS = 15  # of confidence, as in https://arxiv.org/abs/1706.04599
_MOST_PAIRS = 50


class Verdicts(NamedTuple):
  """What became of each example."""

  labels: np.ndarray  # int [n]
  found: np.ndarray  # int [n]: the likeliest class
  confidences: np.ndarray  # float [n]: its probability
  sizes: np.ndarray | None  # int [n, 2]: height and width of the image

  @property
  def is_right(self) -> np.ndarray:
    """Whether each example is right, bool [n]."""
    return self.labels == self.found


def join(batches: Sequence[Verdicts]) -> Verdicts:
  """Returns the Verdicts of all batches."""
  *known, sizes = zip(*batches)
  return Verdicts(
    *map(np.concatenate, known),
    None if sizes[0] is None else np.concatenate(sizes),
  )


def make(
  metrics: dict[str, float], verdicts: Verdicts, label_names: Sequence[str]
) -> Details:
  """Returns the Details; metrics are the evaluator's."""
  from sklearn import metrics as sklearn_metrics  # takes a second

  counts = sklearn_metrics.confusion_matrix(
    verdicts.labels, verdicts.found, labels=range(len(label_names))
  )
  bins = reliability(verdicts.confidences, verdicts.is_right)
  error = calibration_error(bins)
  sections = [
    _by_class(verdicts, label_names),
    _confusion(counts, label_names),
    _confused_pairs(counts, label_names),
    _calibration(bins, error),
  ]
  if verdicts.sizes is not None:
    sections.append(_by_size(verdicts))
  return Details(
    {**metrics, 'calibration error': error},
    sections,
    'The most confident mistakes, with the probability of the class that they '
    'were taken for; as the network saw them.',
  )


def _by_class(verdicts, label_names):
  from sklearn import metrics as sklearn_metrics

  report = sklearn_metrics.classification_report(
    verdicts.labels,
    verdicts.found,
    labels=range(len(label_names)),
    output_dict=True,
    zero_division=np.nan,
  )
  named = [(name, str(label)) for label, name in enumerate(label_names)]
  named += [(name, name) for name in ('macro avg', 'weighted avg')]
  rows = []
  for name, key in named:
    *parts, support = report[key].values()
    parts = [None if np.isnan(part) else float(part) for part in parts]
    rows.append((name, *parts, int(support)))
  return Section(
    'classes',
    'Precision and recall of each class',
    'Precision: the part of the images said to be of a class that are. '
    'Recall: the part of its images that are found. F1: the harmonic mean of '
    'both. Support: the number of its images.',
    table=Table(('class', 'precision', 'recall', 'F1', 'support'), rows),
  )


def _confusion(counts, label_names):
  return Section(
    'confusion',
    'Confusion matrix',
    'A row for each true class, a column for each predicted one.',
    chart=Matrix(label_names, counts),
  )


def _confused_pairs(counts, label_names):
  wrong = counts - np.diag(np.diagonal(counts))
  order = np.argsort(-wrong, axis=None, kind='stable')[:_MOST_PAIRS]
  rows = [
    (
      label_names[true],
      label_names[found],
      int(wrong[true, found]),
      float(wrong[true, found] / counts[true].sum()),
    )
    for true, found in zip(*np.unravel_index(order, wrong.shape))
    if wrong[true, found]
  ]
  return Section(
    'confused',
    'Most confused classes',
    f'The most frequent, {_MOST_PAIRS} at most.'
    if rows
    else 'No image was taken for another class.',
    table=Table(('class', 'taken for', 'images', 'part of class'), rows),
  )


def reliability(confidences: np.ndarray, is_right: np.ndarray) -> Reliability:
  """Returns the means of 15 bins of equal width, without those empty.

  Args:
    confidences: float [n], from 0 to 1.
    is_right: bool [n].
  """
  from sklearn import calibration

  confidences = np.minimum(confidences, 1.0)  # a softmax rounds
  accuracies, means = calibration.calibration_curve(
    np.int64(is_right), confidences, pos_label=1, n_bins=_NUM_BINS
  )
  # A confidence on an edge is in the lower bin, as calibration_curve has it.
  edges = np.linspace(0.0, 1.0, _NUM_BINS + 1)
  bins = np.searchsorted(edges[1:-1], confidences)
  counts = np.bincount(bins, minlength=_NUM_BINS)
  return Reliability(means, accuracies, counts[counts > 0])


def calibration_error(bins: Reliability) -> float:
  """Returns the expected calibration error: the gap, weighted by counts."""
  gaps = np.abs(bins.accuracies - bins.confidences)
  return float(np.average(gaps, weights=bins.counts))


def _calibration(bins, error):
  return Section(
    'calibration',
    'Reliability',
    'How often the network is right, by the probability that it gives to its '
    'likeliest class. On the diagonal both agree; below it, it is surer than '
    'it should be. Expected calibration error, the mean distance over all '
    f'images, in {_NUM_BINS} bins: {error:.4f}.',
    chart=bins,
    table=Table(
      ('confidence', 'accuracy', 'images'),
      [
        (float(confidence), float(accuracy), int(count))
        for confidence, accuracy, count in zip(*bins)
      ],
    ),
  )


def _by_size(verdicts):
  """By the shorter side: from a power of 2 to below the next."""
  exponents = np.int64(np.floor(np.log2(verdicts.sizes.min(axis=1))))
  names, rows = [], []
  for exponent in np.unique(exponents):
    is_right = verdicts.is_right[exponents == exponent]
    names.append(f'{2**exponent} to {2 ** (exponent + 1) - 1}')
    rows.append((names[-1], float(is_right.mean()), len(is_right)))
  section = Section(
    'sizes',
    'Accuracy by size of the image',
    'By the shorter side of the image as it was, before it was resized, in '
    'pixels.',
    Bars(names, [row[1] for row in rows], 'accuracy'),
    Table(('shorter side', 'accuracy', 'images'), rows),
  )
  if len(rows) > 1:
    return section
  return section._replace(
    text=f'The shorter side of every image has {names[0]} pixels.',
    chart=None,
    table=None,
  )
