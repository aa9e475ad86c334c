"""The images of a run as they go into the network, for TensorBoard."""

from collections.abc import Iterable
from collections.abc import Iterator
import itertools

import numpy as np
import tensorflow as tf

from datasets import images as images_lib
from training import summaries

_NUM_IMAGES = 8


def show(batches: Iterable, step: int, train_dir: str) -> Iterator:
  """Yields the batches; at step 0 logs the first images of the first one.

  It does so when the second batch is asked for: nothing is written for a run
  whose first batch cannot be had.

  Args:
    batches: of (images uint8 [batch, height, width, 3], targets).
    step: of the first batch.
    train_dir: where the log is.
  """
  batches = iter(batches)
  for first in itertools.islice(batches, 1):
    yield first
    if step == 0:
      images = np.asarray(first[0][:_NUM_IMAGES])
      shown = np.stack([images_lib.enlarge(image) for image in images])
      with summaries.make_writer(train_dir).as_default(step):
        tf.summary.image('input', shown, max_outputs=_NUM_IMAGES)
  yield from batches
