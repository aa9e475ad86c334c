"""The batches of a run, from any of its steps on."""

from collections.abc import Iterator
from typing import NamedTuple

from datasets import input_pipeline
from datasets.bad_images import BadImages
from datasets.catalog import Dataset
from datasets.example_cache import ExampleCache
from datasets.part import Part
from datasets.part import WHOLE
from training.options import TrainingOptions


class Batches(NamedTuple):
  """The batches of a run: endless iterators of (images, targets)."""

  dataset: Dataset
  options: TrainingOptions
  bad_images: BadImages
  cache: ExampleCache | None
  part: Part = WHOLE  # of each batch, where several workers divide them

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
        self.dataset, options, first, self.bad_images, self.cache, self.part
      ),
      self.bad_images,
    )
