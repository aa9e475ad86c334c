"""A run of training, for any task: from options to the last checkpoint."""

from collections.abc import Callable
import contextlib
import math
from typing import NamedTuple

import tensorflow as tf

from checkpoints import reader
from checkpoints.writer import Writer
from datasets import example_cache
from datasets import kinds
from datasets import preprocessing
from datasets.bad_images import BadImages
from datasets.catalog import Dataset
from datasets.kinds import Kind
from datasets.part import Part
from runtime import gpu
from runtime import memory
from runtime import model as runtime_model
from runtime import network_flags
from runtime import strategy
from runtime.model import RunnableModel
from runtime.network_flags import Choice
from runtime.strategy import Workers
from specs import networks
from tasks.task import Task
from training import beginning
from training import held_out
from training import input_images
from training import learning_rate_finder
from training import learning_rates
from training import locking
from training import loop
from training import options as training_options
from training import pictures_of_run
from training import settling
from training import step as training_step
from training.batches import Batches
from training.epochs import Epochs
from training.options import TrainingOptions
from training.state import TrainState
from training.validation import Validated


class _Run(NamedTuple):
  """A run that is ready to begin, or to go on."""

  options: TrainingOptions
  dataset: Dataset
  built: RunnableModel
  task: Task
  epochs: Epochs
  freeze_steps: int
  batches: Batches
  state: TrainState
  writer: Writer
  workers: Workers

  @property
  def step(self) -> int:
    """The number of steps done."""
    return int(self.state.global_step.numpy())


def train(
  options: TrainingOptions,
  choice: Choice,
  kind: Kind,
  make_task: Callable[[Dataset, int], Task],
  before_first_save: Callable[[str], None] = lambda train_dir: None,
  after_steps: Callable[[str], None] = lambda train_dir: None,
) -> None:
  """Trains, or goes on where train_dir has a checkpoint; prints how it goes.

  Args:
    options: TrainingOptions.
    choice: the networks to choose from.
    kind: of the data set.
    make_task: (Dataset, image_size) -> Task.
    before_first_save: writes into train_dir what else belongs beside
      model.json.
    after_steps: is called with train_dir however training ends, by Ctrl-C, too,
      if it has made a step and saved.

  Raises:
    InputError: options do not fit the data, a checkpoint or each other; an
      image is wrong; training diverges; another trains there; a worker ended.
  """
  network_flags.check(options.network, choice)
  options = beginning.as_begun(options, kind)
  workers = strategy.make_workers(options.strategy)
  options.check_replicas(workers.num_replicas, workers.count)
  dataset = kinds.open_to_train(kind, options.dataset)
  options = _with_preprocessing(options, kind, dataset)
  train_dir = options.run.train_dir
  if not workers.is_chief:
    before_first_save = after_steps = lambda train_dir: None
  with (
    strategy.tell_of_lost_workers(
      workers,
      lambda: f'training begins at {reader.latest(train_dir) or "step 0"}',
    ),
    locking.hold(train_dir) if workers.is_chief else contextlib.nullcontext(),
    workers.scope(),
  ):
    _train(
      options, kind, dataset, make_task, before_first_save, after_steps, workers
    )


def _train(
  options, kind, dataset, make_task, before_first_save, after_steps, workers
):
  tf.random.set_seed(options.input.seed)
  epochs = options.find_epochs(dataset.num_examples)
  freeze_steps = options.find_freeze_steps(epochs)
  learning_rate_fn = learning_rates.make_learning_rate_fn(
    options.optimization.learning_rate,
    dataset.num_examples,
    epochs.batch_size,
    epochs.last_step,
  )
  validated_on = held_out.find(options, kind, dataset)
  built = runtime_model.make_model(
    options.network,
    dataset.num_classes,
    options.input.image_size,
    is_training=True,
  )
  memory.check_images(options.images_per_step, built.image_size)
  options = options._replace(
    input=options.input._replace(image_size=built.image_size)
  )
  task = make_task(dataset, built.image_size)
  bad_images = BadImages(options.max_bad_images)
  batches = Batches(dataset, options, bad_images, example_cache.make_cache())
  state, writer = beginning.begin(
    built, dataset, options, batches.from_step, workers.is_chief
  )
  step = int(state.global_step.numpy())
  workers.check_same({**options.info(dataset), 'step': step, 'dataset_dir': ''})
  batches = batches._replace(part=Part(workers.number, workers.count))
  validator = validated_on and held_out.make_validator(
    state, task, options, epochs, validated_on, dataset, built.xla
  )
  if workers.of_chief(
    lambda: held_out.is_done(state.global_step, epochs, options.run, validator)
  ):
    return
  run = _Run(
    options,
    dataset,
    built,
    task,
    epochs,
    freeze_steps,
    batches,
    state,
    writer,
    workers,
  )
  _tell(run, validated_on)
  try:
    if options.run.find_learning_rate:
      _find_learning_rate(run)
    else:
      _run_steps(
        run, learning_rate_fn, validator, before_first_save, after_steps
      )
  finally:
    for message in bad_images.messages[: options.max_bad_images]:
      print(f'Skipped {message}')


def _find_learning_rate(run):
  learning_rate_finder.find(
    lambda learning_rate_fn: _make_train_step(run, learning_rate_fn),
    run.batches.of_steps_from(run.step),
    run.step,
    run.options.run.train_dir,
  )


def _run_steps(
  run, learning_rate_fn, validator, before_first_save, after_steps
):
  """Trains to the end, and says where the result is."""
  first_step, train_dir = run.step, run.options.run.train_dir
  try:
    path = _loop(run, learning_rate_fn, validator, before_first_save)
    if validator and validator.best and run.workers.is_chief:
      print(validator.describe_best())
    print(f'Saved {path}; TensorBoard: tensorboard --logdir={train_dir}')
  finally:
    if run.step > first_step and reader.latest(train_dir):
      after_steps(train_dir)


def _loop(run, learning_rate_fn, validator, before_first_save):
  """Trains; returns the newest checkpoint's path."""
  first_step, train_dir = run.step, run.options.run.train_dir

  def write_descriptions():
    training_options.write_info(train_dir, run.options, run.dataset)
    before_first_save(train_dir)

  def validate():
    return Validated(*run.workers.of_chief(validator.validate))

  batches = run.batches.of_steps_from(first_step)
  hooks = loop.Hooks(settle=_make_settle(run), validate=validator and validate)
  if run.workers.is_chief:
    batches = input_images.show(batches, first_step, train_dir)
    hooks = hooks._replace(
      before_first_save=write_descriptions,
      show=pictures_of_run.make_show(
        run.state, run.task.draw, run.batches.from_step, train_dir
      ),
    )
  return loop.run(
    _make_train_step(run, learning_rate_fn),
    batches,
    run.state,
    run.writer,
    run.options.run.schedule(run.epochs),
    hooks,
    run.workers,
  )


def _with_preprocessing(options, kind, dataset):
  """Returns options that name the preprocessing, which suits the data."""
  name = options.input.preprocessing_name or dataset.default_preprocessing
  preprocessing.check_name(name, kind.name)
  return options._replace(input=options.input._replace(preprocessing_name=name))


def _tell(run, validated_on):
  """Prints what is trained, on what, and by what the best is chosen."""
  network, dataset = run.options.network, run.dataset
  gpu.tell_device()
  print(
    f'{network.model_name} ({network.implementation}, '
    f'{run.built.computes_in}) on {dataset.name} {dataset.split_name}: '
    f'{dataset.num_examples} images, {dataset.num_classes} classes, '
    f'{run.built.image_size} pixels, steps {run.step} to '
    f'{run.epochs.last_step or "Ctrl-C"}',
    flush=True,
  )
  if validated_on:
    print(
      f'Validated on {validated_on.name} {validated_on.split_name}: '
      f'{validated_on.num_examples} images',
      flush=True,
    )


def _batch_norm_decay(run):
  """Returns the decay, or those of the network's parts."""
  decay = run.options.optimization.batch_norm_decay
  if decay is not None:
    return decay
  return networks.ALL[run.state.model.network_name].family.batch_norm_decays


def _make_train_step(run, learning_rate_fn):
  train_step = training_step.make_train_step(
    run.state,
    run.task,
    learning_rate_fn,
    run.options.optimization.weight_decay,
    training_step.settling_decay(_batch_norm_decay(run)),
    run.built.xla,
    run.options.optimization.update,
    run.freeze_steps,
  )
  if run.workers.num_replicas == 1:
    return train_step
  return lambda *batch: train_step(*run.workers.split(batch))


def _make_settle(run):
  """Where each epoch is validated, an epoch's batches are enough to settle."""
  num_batches = settling.NUM_BATCHES
  if run.epochs.validate_every is not None:
    num_batches = min(
      num_batches,
      math.ceil(run.epochs.num_examples / run.options.input.batch_size),
    )
  return settling.make_settle(
    run.state,
    run.batches.from_step,
    _batch_norm_decay(run),
    run.built.xla,
    run.freeze_steps,
    num_batches,
    run.workers,
  )
