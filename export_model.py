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
from export import quiet
from export import saved_model
from export import verification
from export.export_flags import ExportOptions
from export.network import Network
from prediction import known_data
from prediction import prediction_flags
from prediction import predictor as predictor_lib
from prediction.predictor import Predictor
from runtime import inference
from runtime import network_flags
from runtime.network_flags import Choice
from runtime.network_flags import NetworkOptions
from specs import cost
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
  source = _open()
  calibration = None
  if options.precision == 'int8':
    calibration = images_lib.to_calibrate(
      source.trained,
      options.calibration,
      options.num_calibration_images,
      source.predictor.input,
    )
  compared, on = images_lib.to_compare(
    source.held_out or source.trained,
    options.calibration,
    source.predictor.input.image_size,
  )
  predictor, exported = source.predictor, source.task.exported
  network = Network(
    inference.frozen(predictor.model),
    exported,
    predictor.input,
    predictor.label_names,
    tuple(predictor.model.variables_by_name),
  )
  with files.write_whole_folder(output) as folder:
    formats.write(
      options.format, network, folder, options.precision, calibration
    )
    run, names, agreement = _check(source, compared, folder, options)
    print(f'Compared on {on}:\n  {verification.tell(agreement, exported)}')
    info = {
      **_info(source, form, options),
      'outputs': names,
      'bytes': formats.size(folder),
      'verification': {
        'images': on,
        'difference': agreement.difference,
        'agreeing': agreement.agreeing,
        'what': exported.what,
      },
      'evaluation': _evaluate(source, run, options),
    }
    card.write(folder, info, predictor.label_names, exported.shown)
  print(f'Written: {os.path.join(output, form.FILE)}, {info["bytes"]:,} bytes')


def _open() -> Source:
  """Restores the checkpoint, in float32 and NHWC; opens its data set."""
  options = prediction_flags.read()
  info = run_info.read_run_info(
    run_info.folder_of(options.checkpoint.checkpoint_path)
  )
  (network,) = run_info.fill_in(
    info,
    {
      'model_name': network_flags.ANY.default,
      'implementation': networks.IMPLEMENTATIONS[-1],
    },
    options.network._replace(
      data_format='NHWC', compute_dtype='float32', xla='false'
    ),
  )
  network_flags.check(network, network_flags.ANY)
  choice, kind, make_task = next(
    purpose
    for purpose in _PURPOSES
    if network.model_name in purpose.choice.names
  )
  predictor = predictor_lib.open_predictor(
    options._replace(network=network), choice, kind, 1
  )
  return Source(
    predictor,
    make_task(predictor),
    network,
    info,
    *known_data.open_splits(options.labels, info, kind, predictor.num_classes),
  )


def _check(source, images, folder, options: ExportOptions):
  """Returns (the file's run, its outputs, Agreement with the checkpoint)."""
  predictor, exported = source.predictor, source.task.exported
  prepared = images_lib.prepare(images, predictor.input)
  expected = {
    name: tensor.numpy()
    for name, tensor in exported.predict(predictor.outputs_fn(prepared)).items()
  }
  run = formats.load(folder, options.format, list(expected))
  agreement = verification.check(
    run, prepared, expected, exported, options.precision
  )
  if options.format == 'saved_model':
    with quiet.silence():
      run_files = saved_model.load_for_files(folder)
    verification.check_files(run_files, images, expected, exported)
  return run, list(expected), agreement


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
    return None
  predictor, task = source.predictor, source.task
  batches = input_pipeline.evaluation_batches(source.held_out, predictor.input)
  metrics = {}
  for name, outputs_fn in (
    ('checkpoint', predictor.outputs_fn),
    (
      'file',
      lambda images: task.exported.to_outputs(
        run(images), predictor.num_classes
      ),
    ),
  ):
    found = evaluation.evaluate(
      outputs_fn, batches, task.make_evaluator(), predictor.checkpoint_path
    )
    metrics[name] = {task.best_by: found[task.best_by]}
  before, after = (values[task.best_by] for values in metrics.values())
  on = f'{source.held_out.name}, {source.held_out.split_name}'
  print(
    f'{task.best_by} on {on}: {after:.4f}, of the checkpoint {before:.4f}, '
    f'change {after - before:+.4f}'
  )
  if before - after > options.max_accuracy_drop:
    raise InputError(
      f'{task.best_by} falls by {before - after:.4f}, more than '
      f'--max_accuracy_drop={options.max_accuracy_drop:g} allows; nothing is '
      'kept'
    )
  return {'data_set': on, **metrics}


def _info(source, form, options: ExportOptions):
  """Returns what model.json says, but for what the file came to."""
  predictor, network = source.predictor, source.network
  checkpoint = reader.open_checkpoint(predictor.checkpoint_path)
  size = predictor.input.image_size
  fixed = networks.ALL[network.model_name].fixed
  counted = cost.count(
    networks.convolutions(
      network.model_name,
      size,
      size,
      predictor.num_classes,
      network.architecture(),
    )
  )
  of_run = ('dataset_name', 'dataset_dir', 'labels_offset')
  return {
    'format': options.format,
    'precision': options.precision,
    'model_name': network.model_name,
    'implementation': network.implementation,
    **network.architecture(),
    'num_classes': predictor.num_classes,
    'image_size': size,
    'preprocessing_name': predictor.input.preprocessing_name,
    'use_grayscale': bool(predictor.input.use_grayscale),
    **{key: source.run_info.get(key) for key in of_run},
    'category_ids': predictor.category_ids,
    'width': network.depth_multiplier or fixed.get('depth_multiplier', 1.0),
    'parameters': counted.trainable,
    'multiply_adds': counted.multiply_adds,
    'checkpoint': os.path.basename(checkpoint.path),
    'step': checkpoint.step,
    'checkpoint_sha256': card.sha256(checkpoint.path),
    'versions': formats.versions(form),
  }


if __name__ == '__main__':
  errors.run(main)
