"""A layer of another library, found by the place that ours has."""

from typing import NamedTuple


class Layer(NamedTuple):
  """What a library calls a convolution and the batch norm after it."""

  convolution: str
  norm: str | None = None  # None: the convolution has biases
