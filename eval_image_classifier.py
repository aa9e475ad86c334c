"""Evaluates an image classifier, each example of a split once.

  python eval_image_classifier.py --checkpoint_path=run/ --eval_dir=run/eval \
      --dataset_name=image_folder --dataset_dir=photos/

Flags and defaults are those of slim's program of this name. Where
train_image_classifier.py left a model.json beside the checkpoint, it says what
flags leave open.
"""

import quiet_tensorflow  # First: it imports TensorFlow.

import os
import sys
import tempfile

from absl import flags
from tqdm import tqdm

from datasets import catalog
from datasets import input_pipeline
import errors
from errors import InputError
from fast import device
from training import checkpoints
from training import evaluation
from training import inference
from training import model_flags
from training import replaced_flags
from training import run_info

# The checkpoint and the network: training/model_flags.py has more.
flags.adopt_module_key_flags(model_flags)
_USE_BATCH_STATISTICS = flags.DEFINE_bool(
    'use_batch_statistics', False,
    'Normalise by each batch\'s statistics: far better results tell that the '
    'moving averages have not settled.')
_EVAL_DIR = flags.DEFINE_string(
    'eval_dir', '/tmp/tfmodel/', 'Where results go, for TensorBoard and as '
    'evaluation-CHECKPOINT.json.')
_WAIT_FOR_CHECKPOINTS = flags.DEFINE_bool(
    'wait_for_checkpoints', False,
    'Evaluates each new checkpoint that comes into the folder.')
_EVAL_INTERVAL_SECS = flags.DEFINE_integer(
    'eval_interval_secs', 60, 'The least time between two of these.',
    lower_bound=0)
_TIMEOUT_SECS = flags.DEFINE_integer(
    'timeout_secs', None, 'Stops after as long without a new one; default: '
    'never.', lower_bound=0)

# The data.
_DATASET_NAME = flags.DEFINE_string(
    'dataset_name', None,
    f'The data set: {", ".join(catalog.dataset_names())}; default: what the '
    'model was trained on, or else imagenet.')
_DATASET_SPLIT_NAME = flags.DEFINE_string(
    'dataset_split_name', None,
    'The part of the data set to evaluate on; default: the one held out.')
_DATASET_DIR = flags.DEFINE_string(
    'dataset_dir', None, 'Where the data set lies.')
_VALIDATION_FRACTION = flags.DEFINE_float(
    'validation_fraction', None,
    'Part of an image_folder without train/ and validation/ that is held out; '
    'default: as in training, or else 0.2.')
_LABELS_OFFSET = flags.DEFINE_integer(
    'labels_offset', None,
    'Subtracted from each label: 1 drops a background. Default: as in '
    'training, or else 0.')
_BATCH_SIZE = flags.DEFINE_integer(
    'batch_size', 100, 'Images per step.', lower_bound=1)
_MAX_NUM_BATCHES = flags.DEFINE_integer(
    'max_num_batches', None, 'Stops after as many; default: all.',
    lower_bound=1)
_NUM_PREPROCESSING_THREADS = flags.DEFINE_integer(
    'num_preprocessing_threads', 4, 'Images prepared at once.', lower_bound=1)
_MAX_BAD_IMAGES = flags.DEFINE_integer(
    'max_bad_images', 0, 'How many unreadable images to skip before stopping.',
    lower_bound=0)

# What slim's program had besides: (flag, default, what takes its place).
_REPLACED_FLAGS = (
    ('master', '', 'evaluation runs in this process'),
    ('quantize', False, 'weights stay float; see --compute_dtype'),
)
replaced_flags.define(_REPLACED_FLAGS)


def main(argv):
  if len(argv) > 1:
    raise InputError(f'What is {argv[1]!r}? All arguments are flags.')
  for notice in replaced_flags.notices(_REPLACED_FLAGS):
    print(notice)
  _evaluate(os.path.expanduser(_EVAL_DIR.value))


def _evaluate(eval_dir):
  """Evaluates the checkpoint, or each new one; writes into eval_dir."""
  model = None
  for path in evaluation.checkpoint_paths(
      model_flags.CHECKPOINT_PATH.value, _WAIT_FOR_CHECKPOINTS.value,
      _EVAL_INTERVAL_SECS.value, _TIMEOUT_SECS.value):
    if model is None:
      options = _options(path)
      dataset = _dataset(options)
      if not _USE_BATCH_STATISTICS.value:
        device.set_threads(options['implementation'], _BATCH_SIZE.value,
                           model_flags.use_xla())
      model, image_size, computed_in = model_flags.make_model(
          options, dataset.num_classes)
    restored = checkpoints.restore_for_evaluation(
        model, path, options['moving_average_decay'])
    _check_writable(eval_dir)
    logits_fn = inference.make_inference_fn(
        model, image_size, model_flags.use_xla(),
        _USE_BATCH_STATISTICS.value)
    bad_images = input_pipeline.BadImages(_MAX_BAD_IMAGES.value)
    batches = input_pipeline.evaluation_batches(
        dataset, _BATCH_SIZE.value, image_size, options['preprocessing_name'],
        options['use_grayscale'], _NUM_PREPROCESSING_THREADS.value, bad_images)
    batches = batches.take(_MAX_NUM_BATCHES.value or -1)
    metrics = evaluation.evaluate(
        evaluation.make_eval_step(logits_fn, dataset.num_classes),
        _with_progress(batches, bad_images, dataset), restored.path)
    for message in bad_images.messages:
      print(f'Skipped {message}')
    _report(metrics, restored, dataset, options, computed_in)
    _write(eval_dir, metrics, restored, dataset, options, computed_in)


def _options(checkpoint_path):
  """Returns what flags, model.json or else a default say, by name."""
  return model_flags.read_options(
      checkpoint_path,
      {'implementation': 'slim', 'dataset_name': 'imagenet',
       'validation_fraction': 0.2, 'labels_offset': 0},
      dataset_name=_DATASET_NAME.value, dataset_dir=_DATASET_DIR.value,
      validation_fraction=_VALIDATION_FRACTION.value,
      labels_offset=_LABELS_OFFSET.value)


def _dataset(options):
  name = options['dataset_name']
  split_name = _DATASET_SPLIT_NAME.value or catalog.held_out_split(name)
  return catalog.get_dataset(
      name, split_name, options['dataset_dir'], options['validation_fraction'],
      options['labels_offset'])


def _check_writable(eval_dir):
  try:
    os.makedirs(eval_dir, exist_ok=True)
    tempfile.TemporaryFile(dir=eval_dir).close()
  except OSError as error:
    raise InputError(f'eval_dir {eval_dir} cannot be written: '
                     f'{error.strerror}') from error


def _with_progress(batches, bad_images, dataset):
  """Yields batches, with a bar on a terminal and nothing elsewhere."""
  with tqdm(total=dataset.num_examples, unit='image', leave=False,
            disable=None) as bar:
    for images, labels in input_pipeline.iterate(batches, bad_images):
      yield images, labels
      bar.update(len(labels))


def _report(metrics, restored, dataset, options, computed_in):
  print(f'Checkpoint {restored.path}, step {restored.step}')
  print(f'{options["model_name"]}, {options["implementation"]}, {computed_in}')
  print(f'{dataset.name}, {dataset.split_name}: {metrics["num_examples"]} '
        f'examples, {dataset.num_classes} classes')
  for name, value in metrics.items():
    if name == 'images_per_second':
      print(f'{"images/s":10}{value:10.1f}')
    elif name != 'num_examples':
      print(f'{name:10}{value:10.4f}')
  sys.stdout.flush()


def _write(eval_dir, metrics, restored, dataset, options, computed_in):
  """Writes the metrics for TensorBoard, and as JSON."""
  data_format, compute_dtype = computed_in.split()
  evaluation.write_summary(eval_dir, restored.step or 0, metrics)
  name = f'evaluation-{os.path.basename(restored.path)}.json'
  run_info.write_json(os.path.join(eval_dir, name), {
      'checkpoint': restored.path,
      'step': restored.step,
      'dataset_name': dataset.name,
      'dataset_split_name': dataset.split_name,
      'model_name': options['model_name'],
      'implementation': options['implementation'],
      'data_format': data_format,
      'compute_dtype': compute_dtype,
      'use_batch_statistics': _USE_BATCH_STATISTICS.value,
      'metrics': metrics,
  })


if __name__ == '__main__':
  errors.run(main)
