"""The seam between what networks are for and everything that runs them."""

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple
from typing import Protocol

import numpy as np
import tensorflow as tf

from tasks.details import Details


class Evaluator(Protocol):
  """Collects the metrics of an evaluation, a batch at a time."""

  def add(self, outputs: Any, targets: Any) -> np.ndarray:
    """Takes a batch of a model's outputs, and the truth about it.

    Returns:
      Each example's error, float [batch], the worst largest; NaN where there is
      nothing to show.
    """

  def result(self) -> dict[str, float]:
    """Returns the metrics over all examples so far, the main one first."""

  def details(self) -> Details:
    """Returns what else a report tells of the examples so far."""

  def caption(self, number: int) -> str:
    """Returns in a few words what is wrong with an example, from 0."""


class Agreement(NamedTuple):
  """How far two sets of predictions are the same."""

  difference: float  # the largest, of probabilities
  agreeing: float  # which part agrees: see Exported.what


class Exported(NamedTuple):
  """What a file that another runtime runs has in place of a model's outputs."""

  # outputs -> {name: tensor}, what a user gets.
  predict: Callable[[Any], dict[str, tf.Tensor]]
  # ({name: array} of such a file, num_classes) -> outputs, as the evaluator,
  # predict and draw take them.
  to_outputs: Callable[[dict[str, np.ndarray], int], Any]
  # (expected, found), both {name: array} -> Agreement.
  compare: Callable[[dict, dict], Agreement]
  what: str  # of which Agreement.agreeing is a part: 'likeliest classes'
  # ({name: tensor}, the variables' names) -> {name: tensor}, as graphs of the
  # published code call them.
  publish: Callable[[dict, Sequence[str]], dict[str, tf.Tensor]]
  # Lines of Python that print what `result`, {name: array} of one image, says,
  # with numpy as np, and labels[number of a class].
  shown: str
  # What these called uint8 images of any size; None: they had none.
  published_images: str | None = None
  # As predict, of one image, by operations that TensorFlow Lite can calibrate;
  # None: predict is that.
  predict_lite: Callable[[Any], dict[str, tf.Tensor]] | None = None


class Task(NamedTuple):
  """What training, evaluation and export know about a network's purpose.

  outputs are a model's first result and end_points its second; targets are a
  batch of the data set's. All functions but make_evaluator and draw work on
  tensors, so that they can be traced.
  """

  # (outputs, end_points, targets) -> {name: scalar}; their sum is trained.
  losses: Callable[[Any, dict, Any], dict[str, tf.Tensor]]
  # (outputs, targets) -> {name: scalar}, for the log.
  metrics: Callable[[Any, Any], dict[str, tf.Tensor]]
  make_evaluator: Callable[[], Evaluator]
  # outputs -> what a user gets.
  predict: Callable[[Any], Any]
  # (image, outputs, target) of one example -> uint8 [height, width, 3]: the
  # truth on the left, the outputs on the right. The image is uint8.
  draw: Callable[[np.ndarray, Any, Any], np.ndarray] | None = None
  # The evaluator's metric of which the largest makes the best checkpoint.
  best_by: str | None = None
  exported: Exported | None = None
