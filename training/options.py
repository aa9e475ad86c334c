"""What a run of training follows from, and what is kept of it."""

from typing import Any
from typing import NamedTuple

from checkpoints import run_info
from checkpoints.checkpoint_flags import StartOptions
from datasets import labels
from datasets.catalog import Dataset
from datasets.input_pipeline import InputOptions
from datasets.kinds import DatasetOptions
from runtime.network_flags import NetworkOptions
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

  @property
  def images_per_step(self) -> int:
    """Images in a step, all of its batches together."""
    return self.input.batch_size * self.optimization.update.accumulate_steps

  def info(self, dataset: Dataset) -> dict[str, Any]:
    """Returns what model.json keeps, for those who evaluate or resume."""
    return {
      'model_name': self.network.model_name,
      'implementation': self.network.implementation,
      **self.network.architecture(),
      'use_grayscale': self.input.use_grayscale,
      'moving_average_decay': self.optimization.moving_average_decay,
      **self.dataset.info(),
      'num_classes': dataset.num_classes,
      'category_ids': dataset.category_ids,
      'num_examples': dataset.num_examples,
      'image_size': self.input.image_size,
      'preprocessing_name': self.input.preprocessing_name,
      'batch_size': self.input.batch_size,
      'accumulate_steps': self.optimization.update.accumulate_steps,
      'seed': self.input.seed,
    }


def write_info(folder: str, options: TrainingOptions, dataset: Dataset) -> None:
  """Writes model.json and labels.txt beside the checkpoints of a folder."""
  run_info.write_run_info(folder, options.info(dataset))
  if dataset.label_names:
    labels.write_folder(folder, dataset.label_names)
