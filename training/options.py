"""What a training or an evaluation follows from, and what is kept of it."""

import math
from typing import Any
from typing import NamedTuple

from base.errors import InputError
from checkpoints import run_info
from checkpoints import run_values
from checkpoints.checkpoint_flags import CheckpointOptions
from checkpoints.checkpoint_flags import StartOptions
from datasets import catalog
from datasets import data_flags
from datasets import labels
from datasets.catalog import Dataset
from datasets.input_pipeline import InputOptions
from datasets.kinds import DatasetOptions
from datasets.kinds import Kind
from runtime.network_flags import Choice
from runtime.network_flags import NetworkOptions
from runtime.strategy import StrategyOptions
from training.epochs import Epochs
from training.evaluation_flags import ResultOptions
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
  flags: dict[str, Any] | None = None  # those that change what is trained
  strategy: StrategyOptions = StrategyOptions()

  @property
  def images_per_step(self) -> int:
    """Images in a step, all of its batches together."""
    return self.input.batch_size * self.optimization.update.accumulate_steps

  def find_epochs(self, num_examples: int) -> Epochs:
    """Returns when a run ends, validates and the like.

    num_examples: in an epoch.
    """
    ends = [self.run.max_number_of_steps]
    if self.run.num_epochs is not None:
      images = self.run.num_epochs * num_examples
      ends.append(math.ceil(images / self.images_per_step))
    return Epochs(
      num_examples,
      self.images_per_step,
      min((end for end in ends if end is not None), default=None),
      self.run.validate_every_epochs,
    )

  def find_freeze_steps(self, epochs: Epochs) -> int:
    """Returns in how many steps only the head is trained.

    None where learning rates are tried: the one to be found is for all.

    Raises:
      InputError: they are all, or a part of training that has no end.
    """
    if self.run.find_learning_rate or not self.optimization.freezes:
      return 0
    steps = epochs.steps_of(self.optimization.freeze_epochs)
    last_step = epochs.last_step
    if self.optimization.freeze_part:
      if last_step is None:
        raise InputError(
          '--freeze_part goes by where training ends: set '
          '--max_number_of_steps or --num_epochs'
        )
      steps = max(steps, int(self.optimization.freeze_part * last_step))
    if last_step is not None and steps >= last_step:
      raise InputError(
        f'only the head would be trained in all {last_step} steps: train '
        'longer, or lower --freeze_epochs (to train but a part is what '
        '--trainable_scopes is for)'
      )
    return steps

  def check_replicas(self, num_replicas: int, num_workers: int) -> None:
    """Raises InputError if so many devices, of machines, cannot do it."""
    size = self.input.batch_size
    if size % num_replicas:
      raise InputError(
        f'--batch_size={size} is that of all {num_replicas} devices, which '
        f'take equal parts: make it a multiple of {num_replicas}, '
        f'{max(1, size // num_replicas) * num_replicas} say'
      )
    if self.network.sync_batch_norm and num_replicas > 1:
      if self.optimization.update.accumulate_steps > 1:
        raise InputError(
          '--sync_batch_norm makes one batch of those of all devices, '
          '--accumulate_steps several: leave out one of them'
        )
      if self.network.xla == 'true':
        raise InputError(
          '--sync_batch_norm exchanges between devices, and XLA compiles for '
          'one: leave out --xla=true'
        )
    if self.run.find_learning_rate and num_workers > 1:
      raise InputError(
        '--find_learning_rate is for one machine: leave out --worker_hosts'
      )

  def info(self, dataset: Dataset) -> dict[str, Any]:
    """Returns what model.json keeps, for those who evaluate or resume."""
    return {
      'model_name': self.network.model_name,
      'implementation': self.network.implementation,
      **self.network.architecture(),
      'use_grayscale': self.input.use_grayscale,
      'shrink_images': bool(self.input.shrink_images and dataset.shrinks),
      'moving_average_decay': self.optimization.moving_average_decay,
      **self.dataset.info(),
      'num_classes': dataset.num_classes,
      'category_ids': dataset.category_ids,
      'num_examples': dataset.num_examples,
      'fingerprint': dataset.fingerprint and dataset.fingerprint(),
      'image_size': self.input.image_size,
      'preprocessing_name': self.input.preprocessing_name,
      'batch_size': self.input.batch_size,
      'accumulate_steps': self.optimization.update.accumulate_steps,
      'seed': self.input.seed,
      run_values.FLAGS: self.flags,
    }


def write_info(folder: str, options: TrainingOptions, dataset: Dataset) -> None:
  """Writes model.json and labels.txt beside the checkpoints of a folder."""
  run_info.write_run_info(folder, options.info(dataset))
  if dataset.label_names:
    labels.write_folder(folder, dataset.label_names)


class EvaluationOptions(NamedTuple):
  """What an evaluation follows from; None where model.json may say."""

  checkpoint: CheckpointOptions
  network: NetworkOptions
  dataset: DatasetOptions
  input: InputOptions
  result: ResultOptions
  max_bad_images: int = 0
  strategy: StrategyOptions = StrategyOptions()

  def filled_in(
    self, folder: str, choice: Choice, kind: Kind
  ) -> 'EvaluationOptions':
    """Returns the options, as far as left open, of a checkpoint's folder."""
    defaults = {
      'model_name': choice.default,
      'implementation': 'slim',
      **data_flags.defaults(kind),
    }
    filled = run_info.fill_in(
      run_info.read_run_info(folder), defaults, *self[:4]
    )
    options = self._replace(**dict(zip(self._fields, filled)))
    split_name = options.dataset.dataset_split_name or catalog.held_out_split(
      options.dataset.dataset_name
    )
    return options._replace(
      dataset=options.dataset._replace(dataset_split_name=split_name)
    )
