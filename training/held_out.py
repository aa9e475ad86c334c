"""What a run is validated on, and whether it has come to its end."""

import tensorflow as tf

from base.errors import InputError
from datasets.catalog import Dataset
from datasets.kinds import Kind
from tasks.task import Task
from training import options as training_options
from training import validation
from training.epochs import Epochs
from training.options import TrainingOptions
from training.run_flags import RunOptions
from training.state import TrainState
from training.validation import Validator


def find(
  options: TrainingOptions, kind: Kind, dataset: Dataset
) -> Dataset | None:
  """Returns what the run is validated on, if it is.

  Raises:
    InputError: flags contradict each other, or there is no such part.
  """
  if options.run.validate_every_epochs is None:
    if options.run.early_stopping_epochs is not None:
      raise InputError(
        '--early_stopping_epochs goes by validations: add '
        '--validate_every_epochs=1'
      )
    return None
  return validation.open_held_out(kind, options.dataset, dataset)


def make_validator(
  state: TrainState,
  task: Task,
  options: TrainingOptions,
  epochs: Epochs,
  held_out: Dataset,
  dataset: Dataset,
  xla: bool,
) -> Validator:
  """Returns the Validator of a run on dataset; raises its errors."""
  return Validator(
    state,
    task,
    validation.make_batches(held_out, options.input, options.max_bad_images),
    epochs,
    options.run.train_dir,
    options.run.early_stopping_epochs,
    lambda folder: training_options.write_info(folder, options, dataset),
    xla,
  )


def is_done(
  global_step: tf.Variable,
  epochs: Epochs,
  run: RunOptions,
  validator: Validator | None,
) -> bool:
  """Whether nothing is left to train; says so.

  First makes up for the validation that the run left off with, if one is due.
  """
  step = int(global_step.numpy())
  if validator and not run.find_learning_rate:
    validated = validator.make_up()
    if validated:
      print(f'{epochs.name(step)}  {validated.describe()}', flush=True)
  if epochs.last_step is not None and step >= epochs.last_step:
    print(f'{run.train_dir} is at step {step}: nothing is left to train.')
    return True
  if validator and validator.enough():
    print(f'{run.train_dir} is at step {step}: {validator.enough()}')
    return True
  return False
