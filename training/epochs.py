"""Which steps end an epoch, and which are followed by a validation."""

import math
from typing import NamedTuple


class Epochs(NamedTuple):
  """How the steps of a run make epochs."""

  num_examples: int  # in an epoch
  batch_size: int  # images in a step
  last_step: int | None  # None: when it is stopped
  validate_every: float | None = None  # epochs; None: never

  def at(self, step: int) -> float:
    """Returns how many epochs have been trained after so many steps."""
    return step * self.batch_size / self.num_examples

  def steps_of(self, num_epochs: float) -> int:
    """Returns in how many steps so many epochs are over."""
    return math.ceil(num_epochs * self.num_examples / self.batch_size)

  def ends_with(self, step: int) -> bool:
    """Whether an epoch is full with this step, which counts from 1."""
    return self._passes(step, self.num_examples)

  def is_validated(self, step: int) -> bool:
    """Whether this step is followed by a validation: the last one always."""
    if self.validate_every is None:
      return False
    return step == self.last_step or self._passes(
      step, self._images_of_validation()
    )

  def between_validations(self, first: int, step: int) -> float:
    """Returns how many epochs lie between the validations of two steps.

    They are whole multiples of validate_every, though the steps that fill them
    overshoot by other parts of a batch.
    """
    images = self._images_of_validation()
    times = step * self.batch_size // images - first * self.batch_size // images
    return round(times * self.validate_every, 6)  # 3 * 0.1 is not 0.3

  def _images_of_validation(self):
    return max(1, round(self.validate_every * self.num_examples))

  def _passes(self, step, images):
    """Whether a multiple of so many images is reached with this step."""
    before = (step - 1) * self.batch_size // images
    return step * self.batch_size // images > before

  def name(self, step: int) -> str:
    """Returns what the log calls the time after a step: 'epoch 3/20'."""
    last = '' if self.last_step is None else f'/{self._number(self.last_step)}'
    return f'epoch {self._number(step)}{last}'

  def _number(self, step):
    # An epoch that ends within the step counts as ending with it.
    epochs = int(self.at(step)) if self.ends_with(step) else self.at(step)
    if epochs < 10:
      return f'{epochs:.2g}'
    return f'{epochs:.1f}'.removesuffix('.0')
