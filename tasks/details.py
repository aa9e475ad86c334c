"""What a task can tell of an evaluation besides its metrics: plain values.

A task says what there is to see; reports/ draws it.
"""

from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

import numpy as np

Cell = str | int | float | None  # None: there is no such number


class Table(NamedTuple):
  """Rows of values, a part of 1 as a float."""

  columns: tuple[str, ...]
  rows: list[tuple[Cell, ...]]


class Matrix(NamedTuple):
  """How often what is there was taken for what."""

  names: Sequence[str]  # of the classes
  counts: np.ndarray  # int [true class, predicted class]


class Bars(NamedTuple):
  """A bar for each name, from 0 to 1."""

  names: Sequence[str]
  values: Sequence[float]
  label: str  # what the values are
  colors: Sequence[Any] | None = None  # RGB from 0 to 255; None: all alike


class Curves(NamedTuple):
  """Lines over one axis, both axes from 0 to 1."""

  x_label: str
  y_label: str
  x: np.ndarray  # [n]
  curves: dict[str, np.ndarray]  # name -> [n]
  mean: np.ndarray  # [n], over the curves


class Reliability(NamedTuple):
  """How often a network is right where it is how sure, a value for each bin."""

  confidences: np.ndarray  # the mean of a bin's examples
  accuracies: np.ndarray
  counts: np.ndarray


Chart = Matrix | Bars | Curves | Reliability


class Section(NamedTuple):
  """One part of a report; its files are NAME.csv and NAME.png."""

  name: str
  title: str
  text: str  # how to read it
  chart: Chart | None = None
  table: Table | None = None


class Details(NamedTuple):
  """All of a report that only the task knows."""

  headline: dict[str, float]  # the figures to begin with, by name
  sections: list[Section]
  worst: str  # how to read the pictures of the worst images
