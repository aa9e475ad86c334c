"""Pictures of what a run trains on, and makes of it, for TensorBoard."""

from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from datasets import images as images_lib
from training import summaries
from training.state import TrainState

_NUM_PICTURES = 4


def make_show(
  state: TrainState,
  draw: Callable[[np.ndarray, Any, Any], np.ndarray] | None,
  batches_from: Callable[[int], Iterator],
  train_dir: str,
) -> Callable[[], None]:
  """Returns show(), to be called where a run is saved.

  It draws the first images of the latest batch, as they were trained on: the
  truth on the left, what the network says on the right.

  Args:
    state: TrainState.
    draw: the task's; None shows nothing.
    batches_from: step -> endless iterator of (images, targets) from there on.
    train_dir: where the log is.
  """
  if draw is None:
    return lambda: None
  outputs_fn = tf.function(
    lambda images: state.model(images)[0], autograph=False
  )

  def show():
    step = int(state.global_step.numpy())
    images, targets = next(batches_from(max(0, step - 1)))
    examples = tf.nest.map_structure(
      lambda part: np.asarray(part)[:_NUM_PICTURES],
      (images, outputs_fn(images[:_NUM_PICTURES]), targets),
    )
    with summaries.make_writer(train_dir).as_default(step):
      for row in range(len(examples[0])):
        image, *rest = tf.nest.map_structure(
          lambda part, at=row: part[at], examples
        )
        picture = draw(images_lib.enlarge(image), *rest)
        tf.summary.image(f'training/{row + 1}', picture[np.newaxis])
      tf.summary.flush()

  return show
