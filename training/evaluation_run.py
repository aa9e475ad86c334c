"""A whole evaluation, for any task: from options to a report in files."""

from collections.abc import Callable
import os
import sys

from base import files
from base.errors import InputError
from checkpoints import reader
from checkpoints import report
from checkpoints import restore
from datasets import input_pipeline
from datasets.bad_images import BadImages
from datasets.catalog import Dataset
from datasets.kinds import Kind
from datasets.part import Part
from export import opened
from runtime import gpu
from runtime import network_flags
from runtime import strategy
from runtime.network_flags import Choice
from runtime.network_flags import NetworkOptions
from tasks.details import Details
from tasks.task import Task
from training import evaluation
from training import prepared_evaluation
from training import shared_evaluation
from training import worst_images
from training.options import EvaluationOptions
from training.worst_images import WorstImages

_PICTURES_OF_REPORT = 12
_ROOM = 10**6  # bytes that results take, nearly


def evaluate_checkpoints(
  options: EvaluationOptions,
  choice: Choice,
  kind: Kind,
  make_task: Callable[[Dataset, int], Task],
  write_report: Callable[[str, int, dict, Details, list], None],
  make_around: Callable[[NetworkOptions], Callable] = lambda network: None,
) -> None:
  """Evaluates the checkpoint, or each new one; prints and writes results.

  Args:
    options: EvaluationOptions.
    choice: the networks to choose from.
    kind: of the data set.
    make_task: (Dataset, image_size) -> Task.
    write_report: see reports.evaluation_report.write.
    make_around: NetworkOptions -> what inference.make_inference_fn takes as
      `around`.

  Raises:
    InputError: options do not fit the data, a checkpoint or each other; an
      image or record is wrong; another worker has ended.
  """
  if opened.find(options.checkpoint.checkpoint_path):
    prepared, restored = prepared_evaluation.of_export(
      options, choice, kind, make_task, make_around(options.network)
    )
    _make_folder(options.result.eval_dir)
    _evaluate_one(prepared, restored, write_report)
    return
  workers = _make_workers(options)
  prepared = None
  with strategy.tell_of_lost_workers(workers, lambda: 'it begins anew'):
    for checkpoint in _checkpoints(options):
      if prepared is None:
        filled = options.filled_in(checkpoint.folder, choice, kind)
        network_flags.check(filled.network, choice)
        around = make_around(filled.network)
        prepared = prepared_evaluation.of_checkpoint(
          filled, kind, checkpoint, make_task, around, workers
        )
      restored = restore.for_evaluation(
        prepared.built.model,
        checkpoint,
        prepared.options.checkpoint.moving_average_decay,
      )
      if workers.is_chief:
        _make_folder(options.result.eval_dir)
      _evaluate_one(prepared, restored, write_report)


def _make_folder(eval_dir):
  files.make_folder(eval_dir, 'eval_dir')
  files.check_room(eval_dir, _ROOM, 'results')


def _make_workers(options):
  """Returns the Workers of flags; TF_CONFIG is training's."""
  if options.strategy.worker_hosts and options.result.wait_for_checkpoints:
    raise InputError(
      '--wait_for_checkpoints: not all of --worker_hosts may find the same '
      'one; leave either flag out'
    )
  return strategy.make_workers(options.strategy, environment={})


def _evaluate_one(prepared, restored: report.Report, write_report):
  """Evaluates the model as it has been restored; prints and writes all."""
  result = prepared.options.result
  worst = WorstImages(
    prepared.task.draw,
    max(result.num_pictures, _PICTURES_OF_REPORT if result.report else 0),
  )
  evaluator = prepared.task.make_evaluator()
  metrics = _evaluate(prepared, restored, evaluator, worst)
  if not prepared.workers.is_chief:
    return
  _tell(prepared, restored, metrics)
  _write(prepared, restored, metrics)
  pictures = worst.draw()
  step = restored.step or 0
  worst_images.write(result.eval_dir, step, pictures[: result.num_pictures])
  if result.report:
    captions = map(evaluator.caption, worst.numbers())
    write_report(
      result.eval_dir,
      step,
      _about(prepared, restored, metrics['num_examples']),
      evaluator.details(),
      list(zip(pictures, captions)),
    )


def _checkpoints(options):
  path, result = options.checkpoint.checkpoint_path, options.result
  if result.wait_for_checkpoints:
    return reader.open_each(
      path, result.eval_interval_secs, result.timeout_secs
    )
  return [reader.open_checkpoint(path)]


def _evaluate(prepared, restored, evaluator, worst):
  """Returns the metrics."""
  options, dataset = prepared.options, prepared.dataset
  outputs_fn = prepared.make_outputs_fn()
  bad_images = BadImages(options.max_bad_images)
  part = Part(prepared.workers.number, prepared.workers.count)
  batches = input_pipeline.evaluation_batches(
    dataset, options.input, bad_images, part
  )
  if options.result.max_num_batches:
    batches = batches.take(part.of(options.result.max_num_batches))
  metrics = evaluation.evaluate(
    outputs_fn,
    evaluation.with_progress(batches, bad_images, dataset.num_examples),
    evaluator,
    restored.path,
    worst,
    shared_evaluation.make_share(
      prepared.workers,
      outputs_fn,
      batches,
      options.input.batch_size,
      bool(options.result.num_pictures or options.result.report),
    ),
  )
  for message in bad_images.messages:
    print(f'Skipped {message}')
  return metrics


def _tell(prepared, restored: report.Report, metrics):
  network, dataset = prepared.options.network, prepared.dataset
  print(f'Checkpoint {restored.path}, step {restored.step}')
  gpu.tell_device()
  print(
    f'{network.model_name}, {network.implementation}, '
    f'{prepared.built.computes_in}'
  )
  print(
    f'{dataset.name}, {dataset.split_name}: {metrics["num_examples"]} '
    f'examples, {dataset.num_classes} classes'
  )
  shown = {
    name: f'{value:10.4f}'
    for name, value in metrics.items()
    if name not in ('num_examples', 'images_per_second')
  }
  shown['images/s'] = f'{metrics["images_per_second"]:10.1f}'
  width = max(10, *(len(name) + 1 for name in shown))
  for name, value in shown.items():
    print(f'{name:{width}}{value}')
  sys.stdout.flush()


def _about(prepared, restored: report.Report, num_examples):
  """Returns what was evaluated, in a reader's words; None: there is none."""
  network, dataset = prepared.options.network, prepared.dataset
  return {
    'network': network.model_name,
    'implementation': f'{network.implementation}, {prepared.built.computes_in}',
    'checkpoint': restored.path,
    'step': restored.step,
    'data set': dataset.name,
    'folder': prepared.options.dataset.dataset_dir,
    'split': dataset.split_name,
    'examples': num_examples,
    'classes': dataset.num_classes,
    'image size': f'{prepared.built.image_size} pixels',
  }


def _write(prepared, restored: report.Report, metrics):
  """Writes the metrics for TensorBoard, and as JSON."""
  network, result = prepared.options.network, prepared.options.result
  data_format, compute_dtype = prepared.built.computes_in.split()
  evaluation.write_summary(result.eval_dir, restored.step or 0, metrics)
  name = f'evaluation-{os.path.basename(restored.path)}.json'
  files.write_json(
    os.path.join(result.eval_dir, name),
    {
      'checkpoint': restored.path,
      'step': restored.step,
      'dataset_name': prepared.dataset.name,
      'dataset_split_name': prepared.dataset.split_name,
      'model_name': network.model_name,
      'implementation': network.implementation,
      'data_format': data_format,
      'compute_dtype': compute_dtype,
      'use_batch_statistics': result.use_batch_statistics,
      'metrics': metrics,
    },
  )
