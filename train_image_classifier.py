r"""Trains an image classifier; started again, it resumes.

  python train_image_classifier.py --dataset_name=image_folder \
      --dataset_dir=photos/ --train_dir=run/ --num_epochs=20

Flags and defaults are those of slim's program of this name.
"""

import quiet_tensorflow  # First: it imports TensorFlow.

import functools
import math
import os

from absl import flags
import tensorflow as tf

from datasets import catalog
from datasets import example_cache
from datasets import input_pipeline
from datasets import preprocessing
from datasets import tfrecord
import errors
from fast import device
from fast import loss_scale
from nets import nets_factory
from training import averages
from training import checkpoints
from training import loop
from training import optimization_flags
from training import replaced_flags
from training import restore_report
from training import run_info
from training import settling
from training import train_step
from training import unfolding
from training.model import Model

# The network.
_MODEL_NAME = flags.DEFINE_string(
    'model_name', 'mobilenet_v2',
    f'The network: {", ".join(nets_factory.network_names())}.')
_IMPLEMENTATION = flags.DEFINE_enum(
    'implementation', 'slim', nets_factory.IMPLEMENTATIONS,
    'slim: tf-slim, float32. fast: raw TensorFlow, any layout and precision.')
_DATA_FORMAT = flags.DEFINE_enum(
    'data_format', 'auto', ['auto', 'NHWC', 'NCHW'],
    'Layout inside the fast implementation; auto: what suits the device.')
_COMPUTE_DTYPE = flags.DEFINE_enum(
    'compute_dtype', 'auto', ['auto', *device.COMPUTE_DTYPES],
    'Precision inside the fast implementation; auto: float32. Variables are '
    'float32 always; float16 trains with a dynamic loss scale.')
_XLA = flags.DEFINE_enum('xla', 'auto', ['auto', 'true', 'false'],
                         'Whether XLA compiles the step; auto: on a GPU.')
_DEPTH_MULTIPLIER = flags.DEFINE_float(
    'depth_multiplier', None,
    'Factor on the widths, where model_name does not fix it.')
_BATCH_NORM_DECAY = flags.DEFINE_float(
    'batch_norm_decay', 0.997, 'Of batch norm\'s averages; early steps use '
    '(1 + step) / (10 + step) where that is less.', 0.0, 1.0)
_DROPOUT_KEEP_PROB = flags.DEFINE_float(
    'dropout_keep_prob', None, 'Part of the features that dropout keeps; '
    'default: the network\'s.', 0.0, 1.0)

# The data.
_DATASET_NAME = flags.DEFINE_string(
    'dataset_name', 'imagenet',
    f'The data set: {", ".join(catalog.dataset_names())}.')
_DATASET_SPLIT_NAME = flags.DEFINE_string(
    'dataset_split_name', 'train', 'The part of the data set to train on.')
_DATASET_DIR = flags.DEFINE_string(
    'dataset_dir', None, 'Where the data set lies.')
_VALIDATION_FRACTION = flags.DEFINE_float(
    'validation_fraction', 0.2,
    'Part of an image_folder without train/ and validation/ to hold out.')
_LABELS_OFFSET = flags.DEFINE_integer(
    'labels_offset', 0, 'Subtracted from each label: 1 drops a background.')
_PREPROCESSING_NAME = flags.DEFINE_string(
    'preprocessing_name', None,
    'inception (crops, flips, colours), lenet (resizes); default: by data set.')
_USE_GRAYSCALE = flags.DEFINE_bool(
    'use_grayscale', False, 'Takes the colour out of the images.')
_BATCH_SIZE = flags.DEFINE_integer(
    'batch_size', 32, 'Images per step.', lower_bound=1)
_TRAIN_IMAGE_SIZE = flags.DEFINE_integer(
    'train_image_size', None,
    'Height and width in pixels; default: the network\'s.')
_NUM_PREPROCESSING_THREADS = flags.DEFINE_integer(
    'num_preprocessing_threads', 4, 'Images prepared at once.', lower_bound=1)
_MAX_BAD_IMAGES = flags.DEFINE_integer(
    'max_bad_images', 0, 'How many unreadable images to skip.', lower_bound=0)
_SEED = flags.DEFINE_integer('seed', 0, 'Of weights, order, augmentation.')

# The run.
_TRAIN_DIR = flags.DEFINE_string(
    'train_dir', '/tmp/tfmodel/', 'Where checkpoints and the log go.')
_MAX_NUMBER_OF_STEPS = flags.DEFINE_integer(
    'max_number_of_steps', None, 'Where training ends; default: never.',
    lower_bound=1)
_NUM_EPOCHS = flags.DEFINE_float(
    'num_epochs', None, 'The same in epochs; the earlier end counts.',
    upper_bound=1e9)
_LOG_EVERY_N_STEPS = flags.DEFINE_integer(
    'log_every_n_steps', 10, 'How often to log.', lower_bound=1)
_SAVE_SUMMARIES_SECS = flags.DEFINE_integer(
    'save_summaries_secs', 600, 'How often to flush the log.', lower_bound=1)
_SAVE_INTERVAL_SECS = flags.DEFINE_integer(
    'save_interval_secs', 600, 'How often to save.', lower_bound=0)

# The optimization.
_WEIGHT_DECAY = flags.DEFINE_float(
    'weight_decay', 4e-5, 'L2 on the weights, depthwise ones excepted.',
    lower_bound=0.0)
_LABEL_SMOOTHING = flags.DEFINE_float(
    'label_smoothing', 0.0, 'Part of the truth spread over all classes.',
    0.0, 1.0)
_MOVING_AVERAGE_DECAY = flags.DEFINE_float(
    'moving_average_decay', None, 'Keeps averages too, to evaluate.', 0.0, 1.0)

# Fine-tuning.
_CHECKPOINT_PATH = flags.DEFINE_string(
    'checkpoint_path', None, 'A checkpoint, or its folder, to start from.')
_CHECKPOINT_EXCLUDE_SCOPES = flags.DEFINE_string(
    'checkpoint_exclude_scopes', None,
    'Comma-separated beginnings of names not to restore. Logits of another '
    'number of classes need not be named.')
_TRAINABLE_SCOPES = flags.DEFINE_string(
    'trainable_scopes', None,
    'Comma-separated beginnings of names to train; default: all.')
_IGNORE_MISSING_VARS = flags.DEFINE_bool(
    'ignore_missing_vars', False, 'The checkpoint may lack variables.')

# Bounds of flags include the bound.
for _name in ('depth_multiplier', 'dropout_keep_prob', 'num_epochs'):
  flags.register_validator(
      _name, lambda value: value is None or value > 0, 'must be above 0')

# --help tells of these flags too.
flags.adopt_module_key_flags(optimization_flags)
# What slim's program had besides.
replaced_flags.define(replaced_flags.TRAINING)


def main(argv):
  if len(argv) > 1:
    raise errors.InputError(f'What is {argv[1]!r}? All arguments are flags.')
  for notice in replaced_flags.notices(replaced_flags.TRAINING):
    print(notice)
  # Shells leave the ~ of --train_dir=~/run to us.
  train_dir, dataset_dir = (path and os.path.expanduser(path) for path in (
      _TRAIN_DIR.value, _DATASET_DIR.value))
  _train(train_dir, dataset_dir)


def _train(train_dir, dataset_dir):
  tf.random.set_seed(_SEED.value)
  dataset = _dataset(dataset_dir)
  last_step = _last_step(dataset.num_examples)
  learning_rate_fn = optimization_flags.make_learning_rate_fn(
      dataset.num_examples, _BATCH_SIZE.value, last_step)
  options = device.network_options(
      _IMPLEMENTATION.value, _DATA_FORMAT.value, _COMPUTE_DTYPE.value,
      _XLA.value, is_training=True)
  model = Model(
      _MODEL_NAME.value, dataset.num_classes, _IMPLEMENTATION.value,
      depth_multiplier=_DEPTH_MULTIPLIER.value,
      dropout_keep_prob=_DROPOUT_KEEP_PROB.value, **options)
  image_size = model.check_image_size(_TRAIN_IMAGE_SIZE.value)
  model.build(image_size)
  bad_images = input_pipeline.BadImages(_MAX_BAD_IMAGES.value)
  cache = example_cache.make_cache()

  def batches_from(step):
    return input_pipeline.iterate(input_pipeline.training_batches(
        dataset, _BATCH_SIZE.value, image_size, _PREPROCESSING_NAME.value,
        _SEED.value, step, _USE_GRAYSCALE.value,
        _NUM_PREPROCESSING_THREADS.value, bad_images, cache), bad_images)

  newest = checkpoints.latest(train_dir)
  if newest:
    run_info.check_label_names(
        train_dir, tfrecord.read_label_names(train_dir), dataset.label_names)
  elif _CHECKPOINT_PATH.value:
    _start_from_checkpoint(model, batches_from)
  state = _make_state(model, options.get('compute_dtype') == tf.float16)
  writer = _make_writer(state, train_dir, newest)
  first_step = int(state.global_step)
  if last_step is not None and first_step >= last_step:
    print(f'{train_dir} is at step {first_step}: nothing is left to train.')
    return
  print(f'{_MODEL_NAME.value} ({_IMPLEMENTATION.value}, '
        f'{device.describe(options)}) on {dataset.name} '
        f'{dataset.split_name}: {dataset.num_examples} images, '
        f'{dataset.num_classes} classes, {image_size} pixels, steps '
        f'{first_step} to {last_step or "Ctrl-C"}', flush=True)
  xla = device.use_xla(_XLA.value)
  step = train_step.make_train_step(
      state, learning_rate_fn, _WEIGHT_DECAY.value, _LABEL_SMOOTHING.value,
      train_step.settling_decay(_BATCH_NORM_DECAY.value), xla)
  try:
    path = loop.run(
        step, batches_from(first_step), state, writer, loop.Schedule(
            last_step, _LOG_EVERY_N_STEPS.value, _SAVE_INTERVAL_SECS.value,
            _SAVE_SUMMARIES_SECS.value), _BATCH_SIZE.value,
        functools.partial(
            _write_info, train_dir, dataset, dataset_dir, image_size),
        settling.make_settle(
            state, batches_from, _BATCH_NORM_DECAY.value, xla))
  finally:
    for message in bad_images.messages[:_MAX_BAD_IMAGES.value]:
      print(f'Skipped {message}')
  print(f'Saved {path}; TensorBoard: tensorboard --logdir={train_dir}')


def _dataset(dataset_dir):
  """Returns the catalog.Dataset to train on; what is wrong is told now."""
  dataset = catalog.get_dataset(
      _DATASET_NAME.value, _DATASET_SPLIT_NAME.value, dataset_dir,
      _VALIDATION_FRACTION.value, _LABELS_OFFSET.value)
  if dataset.num_classes == 1:
    name = f' ({dataset.label_names[0]})' if dataset.label_names else ''
    raise errors.InputError(
        f'{dataset_dir or dataset.name} has one class{name}, so there is '
        'nothing to learn: is --dataset_dir one level too high?')
  preprocessing.check_name(
      _PREPROCESSING_NAME.value or dataset.default_preprocessing)
  return dataset


def _last_step(num_examples):
  ends = [_MAX_NUMBER_OF_STEPS.value]
  if _NUM_EPOCHS.value is not None:
    ends.append(math.ceil(_NUM_EPOCHS.value * num_examples / _BATCH_SIZE.value))
  return min((end for end in ends if end is not None), default=None)


def _start_from_checkpoint(model, batches_from):
  report = checkpoints.restore_for_fine_tuning(
      model, _CHECKPOINT_PATH.value, _CHECKPOINT_EXCLUDE_SCOPES.value,
      _IGNORE_MISSING_VARS.value)
  print(restore_report.format_report(report))
  if unfolding.is_folded(model):
    images, _ = next(batches_from(0))
    unfolding.unfold(model, images)
    print('Batch norm is folded into these weights: measured anew on '
          f'{len(images)} training images.')


def _make_state(model, is_float16):
  """Returns a TrainState at step 0; averages start at the model's variables."""
  learning_rate = tf.Variable(0.0, trainable=False)
  global_step = train_step.make_global_step()
  moving_averages = None
  if _MOVING_AVERAGE_DECAY.value:
    moving_averages = averages.make_averages(
        model.variables_by_name, _MOVING_AVERAGE_DECAY.value, global_step)
  return train_step.TrainState(
      model, checkpoints.trainable_variables(model, _TRAINABLE_SCOPES.value),
      optimization_flags.make_optimizer(learning_rate), learning_rate,
      global_step, moving_averages,
      loss_scale.make_loss_scale() if is_float16 else None)


def _make_writer(state, train_dir, newest):
  """Returns a checkpoints.Writer; restores the newest checkpoint, if any."""
  rest = train_step.state_by_name(state)
  writer = checkpoints.make_writer(
      {**state.model.variables_by_name, **rest}, train_dir)
  if newest:
    if _CHECKPOINT_PATH.value:
      print(f'--checkpoint_path is ignored: training goes on from {newest}.')
    report = checkpoints.restore_all(newest, state.model, rest)
    print(restore_report.format_report(report))
  return writer


def _write_info(train_dir, dataset, dataset_dir, image_size):
  """Keeps what was trained, for those who evaluate."""
  info = {flag.name: flag.value for flag in (
      _MODEL_NAME, _IMPLEMENTATION, _DEPTH_MULTIPLIER, _DATASET_NAME,
      _VALIDATION_FRACTION, _LABELS_OFFSET, _USE_GRAYSCALE,
      _MOVING_AVERAGE_DECAY)}
  info |= {
      'dataset_dir': dataset_dir and os.path.abspath(dataset_dir),
      'num_classes': dataset.num_classes,
      'image_size': image_size,
      'preprocessing_name': (_PREPROCESSING_NAME.value
                             or dataset.default_preprocessing)}
  run_info.write_run_info(train_dir, info)
  if dataset.label_names:
    tfrecord.write_label_names(train_dir, dataset.label_names)


if __name__ == '__main__':
  errors.run(main)
