"""What every source of labelled images returns for one example."""

from typing import NamedTuple


class Example(NamedTuple):
  """An encoded image, its label as stored, and a name for messages."""
  encoded: bytes
  label: int
  name: str
