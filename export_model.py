r"""Makes a file of a checkpoint that other runtimes run, and proves it equal.

  python export_model.py --checkpoint_path=run/ --format=saved_model \
      --output=exported/
  python export_model.py --checkpoint_path=run/ --format=tflite \
      --precision=int8 --output=exported/

Classifiers, detectors and segmenters alike: model.json beside the checkpoint
says which it is. The file is loaded again in its own runtime and compared with
the checkpoint's network on held-out images of its data set; if they differ,
nothing is kept. README.md beside it tells what it is and how to run it.
"""

# First: it imports TensorFlow without its notices.
from base import quiet_tensorflow as quiet_tensorflow  # isort: split

from collections.abc import Callable
import os
import sys
from typing import Any
from typing import NamedTuple

from base import errors
from base import files
from base import program_flags
from base.errors import InputError
from checkpoints import reader
from checkpoints import run_info
from datasets import input_pipeline
from datasets import kinds
from datasets.catalog import Dataset
from datasets.kinds import Kind
from export import card
from export import export_flags
from export import formats
from export import images as images_lib
from export import opened
from export import quiet
from export import saved_model
from export import verification
from export.export_flags import ExportOptions
from export.images import ImageFolder
from export.network import Network
from prediction import export_info
from prediction import known_data
from prediction import prediction_flags
from prediction import predictor as predictor_lib
from prediction.predictor import Predictor
from runtime import inference
from runtime import network_flags
from runtime.network_flags import Choice
from runtime.network_flags import NetworkOptions
from specs import networks
from tasks import classification
from tasks.detection import options as detection_options
from tasks.detection import task as detection
from tasks.segmentation import task as segmentation
from tasks.task import Task
from training import evaluation

prediction_flags.define_for_export()
export_flags.define()
detection_options.define_for_inference()


class Purpose(NamedTuple):
  """What a network may be for."""

  choice: Choice
  kind: Kind
  make_task: Callable[[Predictor], Task]


_PURPOSES = (
  Purpose(
    network_flags.CLASSIFIERS,
    kinds.LABELS,
    lambda predictor: classification.make_task(
      predictor.num_classes, label_names=predictor.label_names
    ),
  ),
  Purpose(
    network_flags.DETECTORS,
    kinds.BOXES,
    lambda predictor: detection.make_task(
      predictor.num_classes,
      predictor.input.image_size,
      predictor.label_names,
      detection_options.read(),
    ),
  ),
  Purpose(
    network_flags.SEGMENTERS,
    kinds.MASKS,
    lambda predictor: segmentation.make_task(
      predictor.num_classes,
      predictor.label_names,
      image_size=predictor.input.image_size,
    ),
  ),
)


class Source(NamedTuple):
  """A checkpoint, ready to be exported."""

  predictor: Predictor
  task: Task
  network: NetworkOptions
  run_info: dict[str, Any]
  held_out: Dataset | None
  trained: Dataset | None  # what it learnt from


def main(argv: list[str]) -> None:
  """Exports as the flags say."""
  program_flags.reject_arguments(argv)
  options = export_flags.read()
  form = formats.find(options.format, options.precision)
  output = card.check_output(options.output)
  folder = images_lib.find(options.calibration)
  source = _open(options, folder)
  with files.write_whole_folder(output) as new:
    _write(source, folder, new, options)
    run, verified = _check(source, folder, new, options)
    info = {
      'format': options.format,
      'precision': options.precision,
      **export_info.of_checkpoint(
        source.predictor, source.network, source.run_info
      ),
      'versions': formats.versions(form),
      **verified,
      'bytes': formats.size(new),
      'evaluation': _evaluate(source, run, options),
    }
    card.write(
      new, info, source.predictor.label_names, source.task.exported.shown
    )
  print(f'Written: {os.path.join(output, form.FILE)}, {info["bytes"]:,} bytes')


def _open(options: ExportOptions, folder: ImageFolder | None) -> Source:
  """Restores the checkpoint, in float32 and NHWC; opens its data set.

  What is missing is told before the network is built.
  """
  given = prediction_flags.read()
  path = given.checkpoint.checkpoint_path
  opened.refuse_export(path)
  info = run_info.read_run_info(run_info.folder_of(path))
  (network,) = run_info.fill_in(
    info,
    {
      'model_name': network_flags.ANY.default,
      'implementation': networks.IMPLEMENTATIONS[-1],
    },
    given.network._replace(
      data_format='NHWC', compute_dtype='float32', xla='false'
    ),
  )
  network_flags.check(network, network_flags.ANY)
  choice, kind, make_task = next(
    purpose
    for purpose in _PURPOSES
    if network.model_name in purpose.choice.names
  )
  num_classes = reader.count_classes(reader.open_checkpoint(path))
  splits = known_data.open_splits(given.labels, info, kind, num_classes)
  if options.precision == 'int8':
    images_lib.require(folder or splits[-1])
  as_trained = given.input._replace(shrink_images=None)
  predictor = predictor_lib.open_predictor(
    given._replace(network=network, input=as_trained),
    choice,
    kind,
    num_images=2,
  )
  return Source(predictor, make_task(predictor), network, info, *splits)


def _write(source, folder, new, options: ExportOptions):
  """Writes the file into a new folder."""
  predictor, calibration = source.predictor, None
  if options.precision == 'int8':
    calibration = images_lib.to_calibrate(
      folder or source.trained, options.num_calibration_images, predictor.input
    )
    _tell(f'Converting, and measuring ranges on {len(calibration)} images')
  else:
    _tell('Converting')
  network = Network(
    inference.frozen(predictor.model),
    source.task.exported,
    predictor.input,
    predictor.label_names,
    tuple(predictor.model.variables_by_name),
  )
  formats.write(options.format, network, new, options.precision, calibration)


def _check(source, folder, new, options: ExportOptions):
  """Returns the file's run, and what the card says of how near it is."""
  predictor, exported = source.predictor, source.task.exported
  images, on = images_lib.to_compare(
    source.held_out or source.trained or folder, predictor.input
  )
  _tell(f'Comparing on {on}')
  prepared = images_lib.prepare(images, predictor.input)
  expected = {
    name: tensor.numpy()
    for name, tensor in exported.predict(predictor.outputs_fn(prepared)).items()
  }
  run = formats.load(new, options.format, list(expected))
  limit = verification.bound(options.precision, options.min_agreement)
  agreement = verification.check(run, prepared, expected, exported, limit)
  if options.format == 'saved_model':
    with quiet.silence():
      run_files = saved_model.load_for_files(new)
    verification.check_files(run_files, images, expected, exported, limit)
  print(f'Compared on {on}:\n  {verification.tell(agreement, exported)}')
  return run, {
    'outputs': list(expected),
    'batch_size': run.batch_size,
    'verification': {
      'images': on,
      **agreement._asdict(),
      'what': exported.what,
    },
  }


def _evaluate(source, run, options: ExportOptions):
  """Returns the metrics of checkpoint and file; None where not evaluated."""
  wanted = (
    options.precision == 'int8'
    if options.evaluate is None
    else options.evaluate
  )
  if not wanted:
    return None
  if source.held_out is None:
    print('Not evaluated: no data set is at hand')
    if options.precision == 'int8':
      errors.tell(
        'nobody knows yet what int8 costs: --dataset_name and --dataset_dir '
        'evaluate it on images of known classes'
      )
    return None
  on = f'{source.held_out.name}, {source.held_out.split_name}'
  _tell(f'Evaluating on {on}')
  metrics = _measure(source, run)
  name = source.task.best_by
  before, after = (values[name] for values in metrics.values())
  print(
    f'{name} on {on}: {after:.4f}, of the checkpoint {before:.4f}, '
    f'change {after - before:+.4f}'
  )
  if before - after > options.max_accuracy_drop:
    raise InputError(
      f'{name} falls by {before - after:.4f}, more than '
      f'--max_accuracy_drop={options.max_accuracy_drop:g} allows; nothing is '
      'kept'
    )
  return {'data_set': on, **metrics}


def _measure(source, run):
  """Returns {'checkpoint': {metric: number}, 'file': the same}."""
  predictor, task = source.predictor, source.task
  batches = input_pipeline.evaluation_batches(source.held_out, predictor.input)

  def of_file(images):
    return task.exported.to_outputs(run(images), predictor.num_classes)

  metrics = {}
  for name, outputs_fn in (
    ('checkpoint', predictor.outputs_fn),
    ('file', of_file),
  ):
    found = evaluation.evaluate(
      outputs_fn, batches, task.make_evaluator(), predictor.checkpoint_path
    )
    metrics[name] = {task.best_by: found[task.best_by]}
  return metrics


def _tell(message):
  """Says on stderr what takes time now."""
  print(f'{message} ...', file=sys.stderr, flush=True)


if __name__ == '__main__':
  errors.run(main)
