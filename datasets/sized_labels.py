"""Labels with the sizes of their images, for those who count by size."""

from typing import Any
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from datasets.catalog import Dataset


class SizedLabels(NamedTuple):
  """An Example's target, or those of a batch."""

  labels: Any  # int64
  size: Any  # int32 [..., 2]: height and width of the image as it was


def with_sizes(dataset: Dataset) -> Dataset:
  """Returns a Dataset of labels with SizedLabels, to be read without windows.

  dataset: of kind labels.
  """

  def read(index, *how):
    example = dataset.read(index, *how)
    size = np.int32(example.size or example.image.shape[:2])
    return example._replace(target=SizedLabels(example.target, size))

  spec = SizedLabels(dataset.target_spec, tf.TensorSpec([2], tf.int32))
  return dataset._replace(read=read, target_spec=spec)
