"""Metrics of a model over a data set, each example counted once."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
import time
from typing import Any

import tensorflow as tf
from tqdm import tqdm

from base.errors import InputError
from datasets import input_pipeline
from datasets.bad_images import BadImages
from runtime import inference
from tasks.task import Evaluator
from training import summaries
from training.worst_images import WorstImages


def evaluate(
  outputs_fn: Callable,
  batches: Iterable,
  evaluator: Evaluator,
  name: str = 'the model',
  worst: WorstImages | None = None,
  share: Callable[[Iterator], Iterator] = iter,
) -> dict[str, float]:
  """Returns the metrics over all batches, by name.

  They are the evaluator's, and num_examples, which counts the examples, and
  images_per_second, which includes reading, but no batch that is the first of
  its size, for which the step is compiled (unless there are no others).

  Args:
    outputs_fn: images -> outputs, see inference.make_inference_fn.
    batches: an iterable of (images, targets), of any batch sizes.
    evaluator: the task's, new.
    name: of the checkpoint, for messages.
    worst: takes the batches too, if given.
    share: takes this worker's (images, targets, outputs), and returns those of
      all workers.

  Raises:
    InputError: outputs are not finite, or there is no batch.
  """
  timings = []
  start = time.perf_counter()
  for images, targets, outputs in share(_run(outputs_fn, batches, name)):
    errors = evaluator.add(outputs, targets)
    if worst is not None:
      worst.add(errors, images, outputs, targets)
    now = time.perf_counter()
    timings.append((len(tf.nest.flatten((images, targets))[0]), now - start))
    start = now
  num_examples = sum(size for size, _ in timings)
  if not num_examples:
    raise InputError(f'{name}: there is nothing to evaluate it on')
  return {
    **evaluator.result(),
    'num_examples': num_examples,
    'images_per_second': _images_per_second(timings),
  }


def _run(outputs_fn, batches, name):
  """Yields (images, targets, outputs) of each batch."""
  for images, targets in batches:
    outputs = outputs_fn(images)
    inference.check_finite(outputs, name)
    yield images, targets, outputs


def with_progress(
  batches: Iterable, bad_images: BadImages, num_examples: int
) -> Iterator[tuple[Any, Any]]:
  """Yields batches, with a bar on a terminal and nothing elsewhere.

  Raises:
    InputError: they end for bad images.
  """
  with tqdm(total=num_examples, unit='image', leave=False, disable=None) as bar:
    for images, targets in input_pipeline.iterate(batches, bad_images):
      yield images, targets
      bar.update(len(images))


def _images_per_second(timings):
  """Takes [(images, seconds)] of batches; see evaluate."""
  sizes = [size for size, _ in timings]
  timed = [timing for i, timing in enumerate(timings) if timing[0] in sizes[:i]]
  images, seconds = map(sum, zip(*(timed or timings)))
  return images / seconds


def write_summary(eval_dir: str, step: int, metrics: dict[str, float]) -> None:
  """Writes the metrics into eval_dir for TensorBoard."""
  with summaries.make_writer(eval_dir).as_default(step):
    for name, value in metrics.items():
      tf.summary.scalar(name, value)
    tf.summary.flush()
