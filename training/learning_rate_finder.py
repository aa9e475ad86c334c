"""Looks for a learning rate: the loss at rates that grow from step to step.

Smith 2015, arXiv 1506.01186. Where the loss falls fastest, the rate suits the
beginning of a run; where it begins to rise, the rate is too high.
"""

from collections.abc import Callable
from collections.abc import Iterator
import os
from typing import Any
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from base import files
from base.errors import InputError
from training.step import StepResult

FILE_NAME = 'learning_rate.png'

_NUM_STEPS = 100
_LOWEST, _HIGHEST = 1e-6, 10.0
_SMOOTHING = 3.0  # steps: the standard deviation of a Gaussian
_TOO_LARGE = 4.0  # times the largest of the first losses: there it ends
_FIRST = 5
_STEPS_PER_ROW = 5


class Sweep(NamedTuple):
  """What came of it: float64 [steps] each."""

  rates: np.ndarray
  losses: np.ndarray
  smooth: np.ndarray  # the losses without the noise of the batches


def find(
  make_train_step: Callable[[Callable], Callable[..., StepResult]],
  batches: Iterator[tuple[Any, Any]],
  first_step: int,
  train_dir: str,
) -> None:
  """Trains some 100 steps, prints a table and a suggestion, draws a chart.

  The state's variables change; nothing is saved but the chart.

  Args:
    make_train_step: learning_rate_fn -> train_step(images, targets).
    batches: of images and targets.
    first_step: global_step at the beginning.
    train_dir: for the chart, FILE_NAME.

  Raises:
    InputError: the loss is not finite at the lowest rates, or falls at none;
      train_dir cannot be written.
  """
  files.make_folder(train_dir, 'train_dir')
  found = sweep(make_train_step(rising_rate(first_step)), batches)
  suggested, lowest = suggest(found)
  print(format_table(found, suggested, lowest))
  path = os.path.join(train_dir, FILE_NAME)
  draw(path, found, suggested, lowest)
  print(
    f'Suggested: --learning_rate={found.rates[suggested]:.2g}, where the loss '
    f'falls fastest. Chart: {path}; nothing else is saved.'
  )


def rising_rate(first_step: int) -> Callable[[tf.Tensor], tf.Tensor]:
  """Returns learning_rate_fn(step): each rate is the same factor higher."""
  factor = (_HIGHEST / _LOWEST) ** (1 / (_NUM_STEPS - 1))

  def learning_rate_fn(step):
    return _LOWEST * tf.pow(factor, tf.cast(step - first_step, tf.float32))

  return learning_rate_fn


def sweep(
  train_step: Callable[..., StepResult], batches: Iterator[tuple[Any, Any]]
) -> Sweep:
  """Returns the Sweep of steps until their loss is too large, or all are done.

  Raises:
    InputError: it is too large before there is anything to compare.
  """
  rates, losses = [], []
  steps = tqdm(
    range(_NUM_STEPS), 'learning rates', unit='step', delay=2, disable=None
  )
  # The steps come first: zip then asks for no batch that is not used.
  for _, (images, targets) in zip(steps, batches):
    result = train_step(images, targets)
    loss = float(result.loss)
    if bool(result.diverged) or (
      len(losses) >= _FIRST and loss > _TOO_LARGE * max(losses[:_FIRST])
    ):
      break
    rates.append(float(result.learning_rate))
    losses.append(loss)
  if len(losses) < _FIRST:
    raise InputError(
      f'the loss is not finite at step {len(losses) + 1}, at a learning rate '
      f'of {_LOWEST:g}: look at the data'
    )
  return Sweep(np.array(rates), np.array(losses), _smoothed(np.array(losses)))


def _smoothed(losses):
  """Returns means over the steps before and after, the nearest first."""
  steps = np.arange(len(losses))
  weights = np.exp(-0.5 * ((steps - steps[:, np.newaxis]) / _SMOOTHING) ** 2)
  return weights @ losses / weights.sum(axis=1)


def suggest(found: Sweep) -> tuple[int, int]:
  """Returns at which steps the loss falls fastest, and is lowest.

  Raises:
    InputError: it never falls.
  """
  lowest = int(np.argmin(found.smooth))
  if not lowest:
    raise InputError(
      'the loss falls at no learning rate: look at the data, the optimizer and '
      '--trainable_scopes'
    )
  # The rates are evenly spaced on the axis of a chart: by their logarithm.
  slopes = np.gradient(found.smooth)
  return int(np.argmin(slopes[: lowest + 1])), lowest


def format_table(found: Sweep, suggested: int, lowest: int) -> str:
  """Returns a row for every few steps, and those that stand out."""
  marks = {lowest: 'lowest', suggested: 'falls fastest'}
  rows = [f'{"rate":>10}{"loss":>12}']
  for step, (rate, _, loss) in enumerate(zip(*found)):
    if step % _STEPS_PER_ROW == 0 or step in marks:
      row = f'{rate:10.2g}{loss:12.4g}  {marks.get(step, "")}'
      rows.append(row.rstrip())
  return '\n'.join(rows)


def draw(path: str, found: Sweep, suggested: int, lowest: int) -> None:
  """Draws the losses over the rates as a PNG, down to the lowest.

  Raises:
    InputError: path cannot be written.
  """
  from matplotlib import figure  # Half a second, for this alone.

  chart = figure.Figure((8, 5), dpi=100, layout='constrained')
  axes = chart.subplots()
  axes.semilogx(found.rates, found.losses, '.', color='#b0b0b0', label='a step')
  axes.semilogx(found.rates, found.smooth, color='#4c78a8', label='smoothed')
  axes.axvline(
    found.rates[suggested],
    color='#e4572e',
    linestyle='--',
    label=f'falls fastest: {found.rates[suggested]:.2g}',
  )
  # The losses of rates that are far too high would hide all others.
  start, fall = found.smooth[0], np.ptp(found.smooth[: lowest + 1])
  axes.set_ylim(top=start + fall, bottom=start - 1.5 * fall)
  axes.set_xlabel('learning rate')
  axes.set_ylabel('loss')
  axes.spines[['top', 'right']].set_visible(False)
  axes.grid(color='#dddddd')
  axes.legend()
  with files.write_whole(path) as partial:
    chart.savefig(partial, format='png')
