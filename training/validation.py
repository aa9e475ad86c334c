"""Validation during training: how good a run is, and its best checkpoint."""

from collections.abc import Callable
from collections.abc import Iterator
import json
import math
import os
from typing import Any
from typing import NamedTuple

import tensorflow as tf

from base import files
from base.errors import InputError
from checkpoints import run_info
from checkpoints import writer as checkpoint_writer
from datasets import catalog
from datasets import input_pipeline
from datasets.bad_images import BadImages
from datasets.catalog import Dataset
from datasets.kinds import DatasetOptions
from datasets.kinds import Kind
from tasks.task import Task
from training import averages as moving_averages
from training import evaluation
from training import state as training_state
from training import summaries
from training.epochs import Epochs
from training.state import TrainState

_BEST_FILE = 'best.json'


class Validated(NamedTuple):
  """What came of a validation."""

  name: str  # of the task's main metric
  value: float
  is_best: bool
  enough: str | None  # why training may end

  def describe(self) -> str:
    """Returns what the log says of it."""
    best = ', best' if self.is_best else ''
    return f'validation {self.name} {self.value:.3f}{best}'


class Best(NamedTuple):
  """The best validation of a run, as best.json has it."""

  metric: str
  value: float
  step: int
  epoch: float
  metrics: dict[str, float]  # all of them
  last_validated: int = 0  # step of the run's last validation, this or another


def open_held_out(
  kind: Kind, options: DatasetOptions, trained: Dataset
) -> Dataset:
  """Opens what the data set that is trained on has held out.

  Raises:
    InputError: there is no such part, or its classes are others.
  """
  split_name = catalog.validation_split(
    options.dataset_name, options.dataset_dir
  )
  dataset = kind.open(options._replace(dataset_split_name=split_name))
  if (dataset.num_classes, dataset.label_names) != (
    trained.num_classes,
    trained.label_names,
  ):
    raise InputError(
      f'validate_every_epochs: {dataset.name} {split_name} has other classes '
      f'than {trained.split_name}'
    )
  return dataset


class Validator:
  """Evaluates a run's state on what was held out, and keeps the best of it."""

  def __init__(
    self,
    state: TrainState,
    task: Task,
    batches: Callable[[], Iterator],
    epochs: Epochs,
    train_dir: str,
    early_stopping_epochs: float | None = None,
    write_info: Callable[[str], None] = lambda folder: None,
    xla: bool = False,
  ):
    """Reads which one was best so far, where the run goes on.

    Args:
      state: TrainState, restored.
      task: Task, which names its main metric.
      batches: returns the batches of what was held out, each example once.
      epochs: Epochs.
      train_dir: of the run.
      early_stopping_epochs: how old the best one may get; None: any age.
      write_info: writes into a folder what else a checkpoint needs beside it.
      xla: whether the network is compiled by XLA.

    Raises:
      InputError: best.json is damaged.
    """
    if task.best_by is None:
      raise InputError('validate_every_epochs: this task has no main metric')
    self._state = state
    self._task = task
    self._batches = batches
    self._epochs = epochs
    self._train_dir = train_dir
    self._patience = early_stopping_epochs
    self._write_info = write_info
    self._writer = None
    self._summaries = None
    self.best = read_best(
      train_dir, task.best_by, int(state.global_step.numpy())
    )
    # Not inference.make_inference_fn's, whose weights are constants.
    self._outputs_fn = tf.function(
      lambda images: state.model(images, is_training=False)[0],
      autograph=False,
      jit_compile=xla,
      reduce_retracing=True,
    )

  def validate(self) -> Validated:
    """Evaluates the weights, or their moving averages if there are any.

    Raises:
      InputError: an image is wrong, outputs are not finite, or the best
        checkpoint cannot be written.
    """
    step = int(self._state.global_step.numpy())
    with moving_averages.in_place(
      self._state.averages, self._state.model.variables_by_name
    ):
      metrics = evaluation.evaluate(
        self._outputs_fn,
        self._batches(),
        self._task.make_evaluator(),
        f'step {step}',
      )
    for name in ('num_examples', 'images_per_second'):
      del metrics[name]
    self._write_summaries(step, metrics)
    name, value = self._task.best_by, metrics[self._task.best_by]
    is_best = self.best is None or _is_better(value, self.best.value)
    if is_best:
      self._keep(Best(name, value, step, self._epochs.at(step), metrics, step))
    else:
      self._note(self.best._replace(last_validated=step))
    return Validated(name, value, is_best, self.enough())

  def make_up(self) -> Validated | None:
    """Validates the state where a run goes on, if that was interrupted.

    Returns:
      What came of it; None: nothing was due, or it is done.

    Raises:
      InputError: see validate.
    """
    step = int(self._state.global_step.numpy())
    is_done = self.best is not None and step <= self.best.last_validated
    if not step or is_done or not self._epochs.is_validated(step):
      return None
    return self.validate()

  def enough(self) -> str | None:
    """Returns why training may end here; None: it goes on."""
    if self._patience is None or self.best is None:
      return None
    age = self._epochs.between_validations(
      self.best.step, int(self._state.global_step.numpy())
    )
    if age < self._patience:
      return None
    return (
      f'{self.best.metric} has not risen for {age:.3g} epochs: training ends '
      f'(--early_stopping_epochs={self._patience:g}).'
    )

  def describe_best(self) -> str:
    """Returns which checkpoint is best, as a line."""
    return (
      f'Best: {self.best.metric} {self.best.value:.4f}, step {self.best.step}, '
      f'in {os.path.join(self._train_dir, run_info.BEST_FOLDER)}'
    )

  def _write_summaries(self, step, metrics):
    if self._summaries is None:
      self._summaries = summaries.make_writer(
        os.path.join(self._train_dir, run_info.VALIDATION_FOLDER)
      )
    with self._summaries.as_default(step):
      for name, value in metrics.items():
        tf.summary.scalar(name, value)
    self._summaries.flush()

  def _keep(self, best):
    """Writes the checkpoint and, last, that it is the best."""
    folder = os.path.join(self._train_dir, run_info.BEST_FOLDER)
    if self._writer is None:
      self._writer = checkpoint_writer.make_writer(
        training_state.inferred_by_name(self._state), folder, max_to_keep=1
      )
    self._write_info(folder)
    checkpoint_writer.save(self._writer, best.step)
    self._note(best)

  def _note(self, best):
    path = os.path.join(self._train_dir, run_info.BEST_FOLDER, _BEST_FILE)
    files.write_json(path, best._asdict())
    self.best = best


def _is_better(value, best):
  """Whether it is larger; what is not a number is worst."""
  return value > best or math.isnan(best) and not math.isnan(value)


def read_best(train_dir: str, metric: str, step: int) -> Best | None:
  """Returns the best validation of a run which is at a step; None: none yet.

  One by another metric does not count, nor one that this run has yet to meet:
  it is of another run.

  Raises:
    InputError: best.json is damaged.
  """
  path = os.path.join(train_dir, run_info.BEST_FOLDER, _BEST_FILE)
  try:
    with open(path, encoding='utf-8') as file:
      best = Best(**json.load(file))
  except FileNotFoundError:
    return None
  except (OSError, ValueError, TypeError) as error:
    raise InputError(f'{path} is damaged ({error}): delete it') from error
  if best.metric != metric or best.step > step:
    return None
  return best._replace(last_validated=max(best.step, best.last_validated))


def make_batches(
  dataset: Dataset, options: input_pipeline.InputOptions, max_bad_images: int
) -> Callable[[], Iterator[tuple[Any, Any]]]:
  """Returns what yields the batches of a data set, each example once.

  With a bar on a terminal; unreadable images are named once.
  """
  told = set()

  def batches():
    bad_images = BadImages(max_bad_images)
    yield from evaluation.with_progress(
      input_pipeline.evaluation_batches(dataset, options, bad_images),
      bad_images,
      dataset.num_examples,
    )
    for message in bad_images.messages:
      if message not in told:
        print(f'Skipped {message}', flush=True)
        told.add(message)

  return batches
