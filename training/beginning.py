"""How a run begins: at its newest checkpoint, at other weights, or new."""

from collections.abc import Callable
from collections.abc import Iterator
import os

import tensorflow as tf

from base import errors
from checkpoints import reader
from checkpoints import report
from checkpoints import restore
from checkpoints import run_info
from checkpoints import unfolding
from checkpoints import writer as checkpoint_writer
from checkpoints.checkpoint_flags import StartOptions
from checkpoints.writer import Writer
from datasets import data_flags
from datasets import labels
from datasets.catalog import Dataset
from datasets.kinds import Kind
from runtime.model import Model
from runtime.model import RunnableModel
from specs import networks
from training import state as training_state
from training.options import TrainingOptions
from training.state import TrainState


def as_begun(options: TrainingOptions, kind: Kind) -> TrainingOptions:
  """Returns options filled in by what the run, or its start, was made with.

  Raises:
    InputError: model.json is damaged.
  """
  return with_shrinking(with_computation(options), kind)


def with_computation(options: TrainingOptions) -> TrainingOptions:
  """Returns options by which the weights compute what they were trained for.

  What networks.COMPUTATION names and no flag says comes from the model.json of
  the run, or, where that is new, of the checkpoint that it starts from; told.

  Raises:
    InputError: model.json is damaged.
  """
  folder = options.run.train_dir
  if reader.latest(folder) is None:
    path = options.start.checkpoint_path
    if not path:
      return options
    folder = run_info.folder_of(path)
  info = run_info.read_run_info(folder)
  found = {
    name: info[name]
    for name in networks.COMPUTATION
    if info.get(name) is not None and getattr(options.network, name) is None
  }
  if found:
    values = ', '.join(f'{name} {value}' for name, value in found.items())
    print(f'As in {os.path.join(folder, run_info.FILE_NAME)}: {values}')
  return options._replace(
    network=options.network._replace(**found),
    flags=options.flags and {**options.flags, **found},
  )


def with_shrinking(options: TrainingOptions, kind: Kind) -> TrainingOptions:
  """Returns options that say whether images are shrunk: as the run began.

  Raises:
    InputError: model.json is damaged.
  """
  shrinks, folder = options.input.shrink_images, options.run.train_dir
  if shrinks is None and reader.latest(folder) is not None:
    shrinks = run_info.read_run_info(folder).get('shrink_images')
  if shrinks is None:
    shrinks = data_flags.defaults(kind)['shrink_images']
  return options._replace(input=options.input._replace(shrink_images=shrinks))


def begin(
  built: RunnableModel,
  dataset: Dataset,
  options: TrainingOptions,
  batches_from: Callable[[int], Iterator],
  writes: bool = True,
) -> tuple[TrainState, Writer]:
  """Returns the state of the run's newest checkpoint, or a new one.

  Args:
    built: RunnableModel, its variables at initial values.
    dataset: to train on.
    options: TrainingOptions.
    batches_from: step -> endless iterator of (images, targets) from there on,
      the same for all workers.
    writes: whether this process writes the checkpoints.

  Raises:
    InputError: a checkpoint does not fit, or is of other classes; or there is
      no room for one.
  """
  train_dir = options.run.train_dir
  newest, damaged = reader.find_newest(train_dir)
  if newest:
    _tell_changes(options, dataset)
  elif options.start.checkpoint_path:
    _start_from_checkpoint(built.model, options.start, batches_from)
  state = training_state.make_state(
    built.model,
    options.optimization,
    options.start.trainable_scopes,
    is_float16=built.compute_dtype == tf.float16,
    seed=options.input.seed,
  )
  rest = training_state.state_by_name(state)
  if newest:
    _go_on(built.model, newest, damaged if writes else {}, rest, options.start)
  writer = checkpoint_writer.make_writer(
    {**built.model.variables_by_name, **rest},
    train_dir,
    options.run.max_checkpoints_to_keep,
    writes,
  )
  return state, writer


def _tell_changes(options, dataset):
  """Prints how a run goes on other than it began.

  Raises:
    InputError: with other classes, if that is not allowed.
  """
  train_dir = options.run.train_dir
  names = labels.read_folder(train_dir), dataset.label_names
  if not options.run.allow_changes:
    run_info.check_label_names(train_dir, *names)
  elif all(names) and names[0] != names[1]:
    print(f'{train_dir} was begun with other classes, which is allowed.')
  for line in run_info.differences(train_dir, options.info(dataset)):
    print(line)


def _go_on(model, newest, damaged, rest, start):
  """Restores a run, and sets aside what it would otherwise write over."""
  if start.checkpoint_path:
    print(f'--checkpoint_path is ignored: training goes on from {newest.path}.')
  print(report.format_report(restore.all_of_run(model, newest, rest)))
  for path, damage in damaged.items():
    aside = checkpoint_writer.set_aside(path)
    errors.tell(
      f'{damage}; it is kept as {aside}, and {newest.path} taken in its place'
    )


def _start_from_checkpoint(
  model: Model, start: StartOptions, batches_from: Callable[[int], Iterator]
) -> None:
  """Restores the weights to be fine-tuned, as far as they fit."""
  print(
    report.format_report(
      restore.for_fine_tuning(
        model,
        reader.open_checkpoint(start.checkpoint_path),
        start.checkpoint_exclude_scopes,
        start.ignore_missing_vars,
      )
    )
  )
  if unfolding.is_folded(model):
    images, _ = next(batches_from(0))
    unfolding.unfold(model, images)
    print(
      'Batch norm is folded into these weights: measured anew on '
      f'{len(images)} training images.'
    )
