"""What one convolution costs. A network is a list of them, for counting."""

from typing import NamedTuple


class Convolution(NamedTuple):
  """One convolution, as far as counting needs it."""

  scope: str
  kernel_size: int
  inputs: int
  outputs: int
  groups: int  # inputs, where it is depthwise
  height: int  # of the output
  width: int
  batch_norm: bool
  plain: bool = False  # neither batch norm nor biases
  stride: int = 1
  waiting: int = 0  # values that others need later: shortcuts, a cell's states
  shortcut: int = 0  # values that are added to the output
  activation: bool = True  # where there is batch norm: ReLU or ReLU6, too

  @property
  def _weights(self):
    return self.kernel_size**2 * self.inputs // self.groups * self.outputs

  @property
  def parameters(self) -> int:
    """Trainable values: weights with gamma and beta, biases or nothing."""
    if self.plain:
      return self._weights
    return self._weights + self.outputs * (2 if self.batch_norm else 1)

  @property
  def averages(self) -> int:
    """Values that are not trained: batch norm's mean and variance."""
    return self.outputs * 2 if self.batch_norm else 0

  @property
  def multiply_adds(self) -> int:
    """For one image."""
    return self._weights * self.height * self.width

  @property
  def values_in(self) -> int:
    """Values of the input, for one image."""
    return self.height * self.width * self.inputs * self.stride**2

  @property
  def values_out(self) -> int:
    """Values of the output, for one image."""
    return self.height * self.width * self.outputs

  @property
  def activations(self) -> int:
    """Values in memory for one image: read, written and waiting."""
    return self.values_in + self.values_out + self.waiting
