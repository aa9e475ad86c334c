"""Weights that make up for classes of which there are few images."""

import math
import os

import numpy as np

from base import files
from base.errors import InputError
from base.suggestions import did_you_mean
from datasets.catalog import Dataset

_BALANCED = 'balanced'

HELP = (
  'Factors on the losses of the images of each class: balanced (the rarer, the '
  'larger: all images / classes / images of the class, counted before training '
  'begins), comma-separated numbers, one for each class in the order of '
  'labels.txt, or a text file with one on each line. Default: all 1.'
)


def find(text: str | None, dataset: Dataset) -> tuple[float, ...] | None:
  """Returns the weights of a data set's classes that a flag asks for.

  Args:
    text: 'balanced', numbers with commas between them, or a text file's path;
      None for no weights, which returns None.
    dataset: a Dataset of labels.
  Raises:
    InputError: a number or a file is wrong, or they are not as many as classes.
  """
  if not text:
    return None
  if text == _BALANCED:
    return balanced(dataset.read_labels(), dataset.num_classes)
  words = text.split(',')
  if not _are_weights(words):
    if not os.path.exists(text):
      raise InputError(
        f'class_weights {text}: No such file or directory'
        + did_you_mean(text, [_BALANCED])
      )
    words = files.read_bytes(text).decode('utf-8', 'replace').split()
    if not _are_weights(words):
      raise InputError(
        f'class_weights {text}: want a number above 0 on each line'
      )
  if len(words) != dataset.num_classes:
    raise InputError(
      f'class_weights: {len(words)} numbers for the {dataset.num_classes} '
      f'classes of {dataset.name}'
    )
  return tuple(map(float, words))


def balanced(labels: np.ndarray, num_classes: int) -> tuple[float, ...]:
  """Returns n / (k * count) of each class, as scikit-learn's 'balanced'.

  Args:
    labels: of n examples, integers; those of no class are left out.
    num_classes: k is how many of them have examples; the others weigh 0.
  """
  labels = labels[(labels >= 0) & (labels < num_classes)]
  counts = np.bincount(labels, minlength=num_classes)
  weight = len(labels) / np.count_nonzero(counts)
  return tuple(weight / count if count else 0.0 for count in counts.tolist())


def _are_weights(words):
  try:
    return bool(words) and all(0 < float(word) < math.inf for word in words)
  except ValueError:
    return False
