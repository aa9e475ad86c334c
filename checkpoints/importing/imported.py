"""What reading another library's file gives."""

from typing import Any
from typing import NamedTuple

import numpy as np


class Imported(NamedTuple):
  """Another library's weights under this project's names."""

  values: dict[str, np.ndarray]  # slim's name -> float32, TensorFlow's layouts
  sources: dict[str, str]  # slim's name -> what the source calls it
  left_over: tuple[str, ...]  # names of the source that have no place here
  options: dict[str, Any]  # what evaluation must know, keys of model.json
  library: str  # 'torchvision', 'keras', 'slim', 'tflite', ...
  labels: tuple[str, ...] | None = None  # names of the classes, where known
  notes: tuple[str, ...] = ()  # lines about what differs, for people
