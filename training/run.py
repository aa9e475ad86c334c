"""A run of training, for any task: from options to the last checkpoint."""

from collections.abc import Callable
from collections.abc import Iterator
import math
from typing import NamedTuple

import tensorflow as tf

from checkpoints import reader
from checkpoints import report
from checkpoints import restore
from checkpoints import run_info
from checkpoints import unfolding
from checkpoints import writer as checkpoint_writer
from checkpoints.checkpoint_flags import StartOptions
from datasets import example_cache
from datasets import input_pipeline
from datasets import kinds
from datasets import labels
from datasets import preprocessing
from datasets.bad_images import BadImages
from datasets.catalog import Dataset
from datasets.input_pipeline import InputOptions
from datasets.kinds import DatasetOptions
from datasets.kinds import Kind
from runtime import gpu
from runtime import model as runtime_model
from runtime import network_flags
from runtime.model import Model
from runtime.network_flags import Choice
from runtime.network_flags import NetworkOptions
from specs import networks
from tasks.task import Task
from training import input_images
from training import learning_rate_finder
from training import learning_rates
from training import loop
from training import pictures_of_run
from training import settling
from training import state as training_state
from training import step as training_step
from training.optimizers import Optimization
from training.run_flags import RunOptions


class TrainingOptions(NamedTuple):
  """What a run follows from, besides its task."""

  dataset: DatasetOptions
  input: InputOptions
  network: NetworkOptions
  optimization: Optimization
  start: StartOptions
  run: RunOptions
  max_bad_images: int = 0


def train(
  options: TrainingOptions,
  choice: Choice,
  kind: Kind,
  make_task: Callable[[Dataset, int], Task],
) -> None:
  """Trains, or goes on where train_dir has a checkpoint; prints how it goes.

  Args:
    options: TrainingOptions.
    choice: the networks to choose from.
    kind: of the data set.
    make_task: (Dataset, image_size) -> Task.

  Raises:
    InputError: options do not fit the data, a checkpoint or each other; an
      image or record is wrong; training diverges.
  """
  network_flags.check(options.network, choice)
  dataset = kinds.open_to_train(kind, options.dataset)
  options = _with_preprocessing(options, kind, dataset)
  tf.random.set_seed(options.input.seed)
  batch_size, train_dir = options.input.batch_size, options.run.train_dir
  last_step = find_last_step(options.run, dataset.num_examples, batch_size)
  learning_rate_fn = learning_rates.make_learning_rate_fn(
    options.optimization.learning_rate,
    dataset.num_examples,
    batch_size,
    last_step,
  )
  built = runtime_model.make_model(
    options.network,
    dataset.num_classes,
    options.input.image_size,
    is_training=True,
  )
  options = options._replace(
    input=options.input._replace(image_size=built.image_size)
  )
  task = make_task(dataset, built.image_size)
  bad_images = BadImages(options.max_bad_images)
  batches_from = _batches_from(dataset, options.input, bad_images)
  state, writer = _begin(built, dataset, options, batches_from)
  first_step = int(state.global_step)
  if last_step is not None and first_step >= last_step:
    print(f'{train_dir} is at step {first_step}: nothing is left to train.')
    return
  _tell(built, dataset, options, f'{first_step} to {last_step or "Ctrl-C"}')
  train_step, settle = _make_steps(
    task, state, built.xla, options.optimization, learning_rate_fn, batches_from
  )
  try:
    if options.run.find_learning_rate:
      learning_rate_finder.find(
        lambda rate_fn: _make_steps(
          task, state, built.xla, options.optimization, rate_fn, batches_from
        )[0],
        batches_from(first_step),
        first_step,
        train_dir,
      )
      return
    path = loop.run(
      train_step,
      input_images.show(batches_from(first_step), first_step, train_dir),
      state,
      writer,
      options.run.schedule(last_step),
      batch_size,
      lambda: _write_info(dataset, options),
      settle,
      pictures_of_run.make_show(state, task.draw, batches_from, train_dir),
    )
  finally:
    for message in bad_images.messages[: options.max_bad_images]:
      print(f'Skipped {message}')
  print(f'Saved {path}; TensorBoard: tensorboard --logdir={train_dir}')


def _with_preprocessing(options, kind, dataset):
  """Returns options that name the preprocessing, which suits the data."""
  name = options.input.preprocessing_name or dataset.default_preprocessing
  preprocessing.check_name(name, kind.name)
  return options._replace(input=options.input._replace(preprocessing_name=name))


def find_last_step(
  run: RunOptions, num_examples: int, batch_size: int
) -> int | None:
  """Returns the step at which a run ends; None: when it is stopped."""
  ends = [run.max_number_of_steps]
  if run.num_epochs is not None:
    ends.append(math.ceil(run.num_epochs * num_examples / batch_size))
  return min((end for end in ends if end is not None), default=None)


def _tell(built, dataset, options, steps):
  """Prints what is trained, on what."""
  gpu.tell_device()
  print(
    f'{options.network.model_name} ({options.network.implementation}, '
    f'{built.computes_in}) on {dataset.name} {dataset.split_name}: '
    f'{dataset.num_examples} images, {dataset.num_classes} classes, '
    f'{built.image_size} pixels, steps {steps}',
    flush=True,
  )


def _make_steps(task, state, xla, optimization, learning_rate_fn, batches_from):
  """Returns (train_step, settle) for loop.run."""
  decay = optimization.batch_norm_decay
  if decay is None:
    name = state.model.network_name
    decay = networks.ALL[name].family.batch_norm_decays
  train_step = training_step.make_train_step(
    state,
    task,
    learning_rate_fn,
    optimization.weight_decay,
    training_step.settling_decay(decay),
    xla,
    optimization.last_layer_gradient_multiplier,
  )
  return train_step, settling.make_settle(state, batches_from, decay, xla)


def _batches_from(
  dataset: Dataset, options: InputOptions, bad_images: BadImages
) -> Callable[[int], Iterator]:
  """Returns step -> endless iterator of (images, targets) from there on."""
  cache = example_cache.make_cache()

  def batches_from(step):
    return input_pipeline.iterate(
      input_pipeline.training_batches(
        dataset, options, step, bad_images, cache
      ),
      bad_images,
    )

  return batches_from


def _begin(built, dataset, options, batches_from):
  """Returns (TrainState, Writer): of the run's newest checkpoint, or new."""
  train_dir = options.run.train_dir
  newest = reader.open_newest(train_dir)
  if newest:
    run_info.check_label_names(
      train_dir, labels.read_folder(train_dir), dataset.label_names
    )
  elif options.start.checkpoint_path:
    _start_from_checkpoint(built.model, options.start, batches_from)
  state = training_state.make_state(
    built.model,
    options.optimization,
    options.start.trainable_scopes,
    is_float16=built.compute_dtype == tf.float16,
  )
  rest = training_state.state_by_name(state)
  writer = checkpoint_writer.make_writer(
    {**built.model.variables_by_name, **rest}, train_dir
  )
  if newest:
    if options.start.checkpoint_path:
      print(
        f'--checkpoint_path is ignored: training goes on from {newest.path}.'
      )
    print(report.format_report(restore.all_of_run(built.model, newest, rest)))
  return state, writer


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


def _write_info(dataset, options):
  """Keeps what was trained, for those who evaluate."""
  network, data = options.network, options.input
  run_info.write_run_info(
    options.run.train_dir,
    {
      'model_name': network.model_name,
      'implementation': network.implementation,
      **network.architecture(),
      'use_grayscale': data.use_grayscale,
      'moving_average_decay': options.optimization.moving_average_decay,
      **options.dataset.info(),
      'num_classes': dataset.num_classes,
      'category_ids': dataset.category_ids,
      'image_size': data.image_size,
      'preprocessing_name': data.preprocessing_name,
    },
  )
  if dataset.label_names:
    labels.write_folder(options.run.train_dir, dataset.label_names)
