"""What all checkpoints of one evaluation have in common; an export, too."""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from base.errors import InputError
from checkpoints import reader
from checkpoints import report
from checkpoints.reader import Checkpoint
from datasets import category_numbers
from datasets import preprocessing
from datasets.catalog import Dataset
from datasets.kinds import Kind
from export import opened
from runtime import device
from runtime import inference
from runtime import memory
from runtime import model as runtime_model
from runtime import network_flags
from runtime.model import RunnableModel
from runtime.network_flags import Choice
from runtime.strategy import ALONE
from runtime.strategy import Workers
from tasks.task import Task
from training.options import EvaluationOptions


class Evaluation(NamedTuple):
  """What all checkpoints of one evaluation have in common."""

  task: Task
  dataset: Dataset
  built: RunnableModel
  options: EvaluationOptions
  make_outputs_fn: Callable  # () -> images -> outputs, with the values of now
  workers: Workers


def _open_data(options, kind, count_classes):
  """Returns the data set, with classes as the network has them."""
  dataset = kind.open(options.dataset)
  if dataset.category_ids:
    dataset = category_numbers.for_network(dataset, count_classes())
  preprocessing.check_name(
    options.input.preprocessing_name or dataset.default_preprocessing, kind.name
  )
  return dataset


def of_checkpoint(
  options: EvaluationOptions,
  kind: Kind,
  checkpoint: Checkpoint,
  make_task: Callable[[Dataset, int], Task],
  around: Callable | None,
  workers: Workers,
) -> Evaluation:
  """Returns the Evaluation of checkpoints, the model not restored yet.

  Args:
    options: EvaluationOptions that have been filled in.
    kind, make_task: see evaluation_run.evaluate_checkpoints.
    checkpoint: one of them.
    around: see inference.make_inference_fn.
    workers: of strategy.make_workers.
  """
  dataset = _open_data(options, kind, lambda: reader.count_classes(checkpoint))
  if not options.result.use_batch_statistics:
    device.set_threads(
      options.network.implementation,
      options.input.batch_size,
      device.use_xla(options.network.xla),
    )
  built = runtime_model.make_model(
    options.network, dataset.num_classes, options.input.image_size
  )
  memory.check_images(options.input.batch_size, built.image_size)
  workers.check_same(
    {
      'checkpoint': checkpoint.path,
      'number of examples': dataset.num_examples,
      'batch_size': options.input.batch_size,
      'image_size': built.image_size,
    }
  )
  return Evaluation(
    make_task(dataset, built.image_size),
    dataset,
    built,
    options._replace(input=options.input._replace(image_size=built.image_size)),
    lambda: inference.make_inference_fn(
      built.model,
      built.image_size,
      built.xla,
      options.result.use_batch_statistics,
      around,
    ),
    workers,
  )


def of_export(
  options: EvaluationOptions,
  choice: Choice,
  kind: Kind,
  make_task: Callable[[Dataset, int], Task],
  around: Callable | None,
) -> tuple[Evaluation, report.Report]:
  """Returns the Evaluation of an export, and what stands for its checkpoint.

  Args:
    options: EvaluationOptions as they were given.
    choice, kind, make_task: see evaluation_run.evaluate_checkpoints.
    around: must be None, for a file sees images at its own scale alone.

  Raises:
    InputError: a flag asks for what a file does not do, or what is in the
      folder does not fit the data.
  """
  filled = options.filled_in(options.checkpoint.checkpoint_path, choice, kind)
  network_flags.check(filled.network, choice)
  export = _open_export(options, around)
  size, num_classes = export.info['image_size'], export.info['num_classes']
  dataset = _open_data(filled, kind, lambda: num_classes)
  if dataset.num_classes != num_classes:
    raise InputError(
      f'{dataset.name} has {dataset.num_classes} classes, {export.path} has '
      f'{num_classes}'
    )
  task = make_task(dataset, size)
  # What it takes of the images' colours is inside.
  images = filled.input._replace(
    use_grayscale=bool(options.input.use_grayscale)
  )
  network = filled.network._replace(implementation=export.format)
  prepared = Evaluation(
    task,
    dataset,
    RunnableModel(None, size, tf.float32, export.computes_in, False),
    filled._replace(input=images, network=network),
    lambda: (
      lambda images: task.exported.to_outputs(export.run(images), num_classes)
    ),
    ALONE,
  )
  step = export.info.get('step')
  return prepared, report.Report(export.path, step, (), {}, ())


def _open_export(options, around):
  """Returns the Opened; raises InputError where a flag asks for more."""
  export = opened.open_export(
    options.checkpoint.checkpoint_path,
    options.network,
    moving_average_decay=options.checkpoint.moving_average_decay,
    eval_image_size=options.input.image_size,
    use_batch_statistics=options.result.use_batch_statistics,
    wait_for_checkpoints=options.result.wait_for_checkpoints,
    worker_hosts=options.strategy.worker_hosts,
  )
  if around:
    raise InputError(
      f'{export.path} is an export, which sees images at its own scale alone; '
      'other scales and mirror images need a checkpoint'
    )
  return export
