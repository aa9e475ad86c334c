"""A run of training, for any task: from options to the last checkpoint."""

from collections.abc import Callable
from collections.abc import Iterator
import math
from typing import NamedTuple

import tensorflow as tf

from base.errors import InputError
from datasets import example_cache
from datasets import input_pipeline
from datasets import kinds
from datasets import preprocessing
from datasets.bad_images import BadImages
from datasets.catalog import Dataset
from datasets.example_cache import ExampleCache
from datasets.kinds import Kind
from runtime import gpu
from runtime import model as runtime_model
from runtime import network_flags
from runtime.network_flags import Choice
from specs import networks
from tasks.task import Task
from training import beginning
from training import input_images
from training import learning_rate_finder
from training import learning_rates
from training import loop
from training import options as training_options
from training import pictures_of_run
from training import settling
from training import step as training_step
from training import validation
from training.epochs import Epochs
from training.options import TrainingOptions
from training.run_flags import RunOptions


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
  epochs = _epochs(options, dataset)
  learning_rate_fn = learning_rates.make_learning_rate_fn(
    options.optimization.learning_rate,
    dataset.num_examples,
    epochs.batch_size,
    epochs.last_step,
  )
  held_out = _open_held_out(options, kind, dataset)
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
  batches = _make_batches(dataset, options, bad_images)
  state, writer = beginning.begin(built, dataset, options, batches.from_step)
  validator = held_out and _make_validator(
    state, task, options, epochs, held_out, dataset, built.xla
  )
  if _is_done(int(state.global_step), epochs, options.run, validator):
    return
  first_step = int(state.global_step)
  _tell(built, dataset, options, epochs, first_step)
  try:
    if options.run.find_learning_rate:
      learning_rate_finder.find(
        lambda rate_fn: _make_train_step(
          state, task, options, rate_fn, epochs, built
        ),
        batches.of_steps_from(first_step),
        first_step,
        options.run.train_dir,
      )
      return
    path = loop.run(
      _make_train_step(state, task, options, learning_rate_fn, epochs, built),
      input_images.show(
        batches.of_steps_from(first_step), first_step, options.run.train_dir
      ),
      state,
      writer,
      options.run.schedule(epochs),
      loop.Hooks(
        lambda: training_options.write_info(
          options.run.train_dir, options, dataset
        ),
        _make_settle(state, options, batches, epochs, built),
        pictures_of_run.make_show(
          state, task.draw, batches.from_step, options.run.train_dir
        ),
        validator and validator.validate,
      ),
    )
  finally:
    for message in bad_images.messages[: options.max_bad_images]:
      print(f'Skipped {message}')
  if validator and validator.best:
    print(validator.describe_best())
  print(
    f'Saved {path}; TensorBoard: tensorboard --logdir={options.run.train_dir}'
  )


def _with_preprocessing(options, kind, dataset):
  """Returns options that name the preprocessing, which suits the data."""
  name = options.input.preprocessing_name or dataset.default_preprocessing
  preprocessing.check_name(name, kind.name)
  return options._replace(input=options.input._replace(preprocessing_name=name))


def _epochs(options, dataset):
  return Epochs(
    dataset.num_examples,
    options.images_per_step,
    find_last_step(options.run, dataset.num_examples, options.images_per_step),
    options.run.validate_every_epochs,
  )


def find_last_step(
  run: RunOptions, num_examples: int, batch_size: int
) -> int | None:
  """Returns the step at which a run ends; None: when it is stopped."""
  ends = [run.max_number_of_steps]
  if run.num_epochs is not None:
    ends.append(math.ceil(run.num_epochs * num_examples / batch_size))
  return min((end for end in ends if end is not None), default=None)


def _is_done(step, epochs, run, validator):
  """Whether nothing is left to train; says so."""
  if epochs.last_step is not None and step >= epochs.last_step:
    print(f'{run.train_dir} is at step {step}: nothing is left to train.')
    return True
  if validator and validator.enough():
    print(f'{run.train_dir} is at step {step}: {validator.enough()}')
    return True
  return False


def _tell(built, dataset, options, epochs, first_step):
  """Prints what is trained, on what."""
  gpu.tell_device()
  print(
    f'{options.network.model_name} ({options.network.implementation}, '
    f'{built.computes_in}) on {dataset.name} {dataset.split_name}: '
    f'{dataset.num_examples} images, {dataset.num_classes} classes, '
    f'{built.image_size} pixels, steps {first_step} to '
    f'{epochs.last_step or "Ctrl-C"}',
    flush=True,
  )


def _batch_norm_decay(state, optimization):
  """Returns the decay, or those of the network's parts."""
  if optimization.batch_norm_decay is not None:
    return optimization.batch_norm_decay
  return networks.ALL[state.model.network_name].family.batch_norm_decays


def _freeze_steps(options, epochs):
  images = options.optimization.freeze_epochs * epochs.num_examples
  return math.ceil(images / epochs.batch_size)


def _make_train_step(state, task, options, learning_rate_fn, epochs, built):
  optimization = options.optimization
  return training_step.make_train_step(
    state,
    task,
    learning_rate_fn,
    optimization.weight_decay,
    training_step.settling_decay(_batch_norm_decay(state, optimization)),
    built.xla,
    optimization.update,
    _freeze_steps(options, epochs),
  )


def _make_settle(state, options, batches, epochs, built):
  """Where each epoch is validated, an epoch's batches are enough to settle."""
  num_batches = settling.NUM_BATCHES
  if epochs.validate_every is not None:
    an_epoch = math.ceil(epochs.num_examples / options.input.batch_size)
    num_batches = min(num_batches, an_epoch)
  return settling.make_settle(
    state,
    batches.from_step,
    _batch_norm_decay(state, options.optimization),
    built.xla,
    _freeze_steps(options, epochs),
    num_batches,
  )


def _open_held_out(options, kind, dataset):
  """Returns what is validated on, or None."""
  if options.run.validate_every_epochs is None:
    if options.run.early_stopping_epochs is not None:
      raise InputError(
        '--early_stopping_epochs goes by validations: add '
        '--validate_every_epochs=1'
      )
    return None
  return validation.open_held_out(kind, options.dataset, dataset)


def _make_validator(state, task, options, epochs, held_out, dataset, xla):
  return validation.Validator(
    state,
    task,
    validation.make_batches(held_out, options.input, options.max_bad_images),
    epochs,
    options.run.train_dir,
    options.run.early_stopping_epochs,
    lambda folder: training_options.write_info(folder, options, dataset),
    xla,
  )


class _Batches(NamedTuple):
  """The batches of a run: endless iterators of (images, targets)."""

  dataset: Dataset
  options: TrainingOptions
  bad_images: BadImages
  cache: ExampleCache | None

  def of_steps_from(self, step: int) -> Iterator:
    """Yields what each step trains on, all of its batches as one."""
    options = self.options.input._replace(
      batch_size=self.options.images_per_step
    )
    return self._iterate(options, step)

  def from_step(self, step: int) -> Iterator:
    """Yields single batches, from the first of a step on."""
    update = self.options.optimization.update
    return self._iterate(self.options.input, step * update.accumulate_steps)

  def _iterate(self, options, first):
    return input_pipeline.iterate(
      input_pipeline.training_batches(
        self.dataset, options, first, self.bad_images, self.cache
      ),
      self.bad_images,
    )


def _make_batches(dataset, options, bad_images):
  return _Batches(dataset, options, bad_images, example_cache.make_cache())
