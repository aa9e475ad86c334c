"""A layer of a PyTorch library; it is ours of the same place in its list."""

from typing import NamedTuple


class Layer(NamedTuple):
  """What a library calls a convolution and the batch norm after it."""

  convolution: str
  norm: str | None = None  # None: the convolution has biases
