r"""Trains an image classifier; started again, it resumes.

  python train_image_classifier.py --dataset_name=image_folder \
      --dataset_dir=photos/ --train_dir=run/ --num_epochs=20

Flags and defaults are those of slim's program of this name.
"""

import quiet_tensorflow  # First: it imports TensorFlow.

import math
import os

from absl import flags
import tensorflow as tf

from datasets import catalog
from datasets import input_pipeline
from datasets import tfrecord
import errors
from fast import device
from fast import loss_scale
from nets import nets_factory
from training import averages
from training import checkpoints
from training import learning_rates
from training import loop
from training import optimizers
from training import replaced_flags
from training import restore_report
from training import run_info
from training import settling
from training import train_step
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
    0.0, 1e9)
_LOG_EVERY_N_STEPS = flags.DEFINE_integer(
    'log_every_n_steps', 10, 'How often to log.', lower_bound=1)
_SAVE_SUMMARIES_SECS = flags.DEFINE_integer(
    'save_summaries_secs', 600, 'How often to flush the log.', lower_bound=1)
_SAVE_INTERVAL_SECS = flags.DEFINE_integer(
    'save_interval_secs', 600, 'How often to save.', lower_bound=0)

# The optimization.
_WEIGHT_DECAY = flags.DEFINE_float(
    'weight_decay', 4e-5, 'L2 on the weights, depthwise ones excepted.')
_LABEL_SMOOTHING = flags.DEFINE_float(
    'label_smoothing', 0.0, 'Part of the truth spread over all classes.',
    0.0, 1.0)
_OPTIMIZER = flags.DEFINE_string(
    'optimizer', 'rmsprop', f'One of {", ".join(optimizers.OPTIMIZERS)}.')
# (flag and argument of make_optimizer, default, help)
_OPTIMIZER_FLAGS = (
    ('adadelta_rho', 0.95, 'Decay of adadelta.'),
    ('adagrad_initial_accumulator_value', 0.1, 'Start of adagrad\'s sums.'),
    ('adam_beta1', 0.9, 'Decay of adam\'s first moments.'),
    ('adam_beta2', 0.999, 'Decay of adam\'s second moments.'),
    ('opt_epsilon', 1.0, 'Epsilon of adadelta, adam and rmsprop.'),
    ('ftrl_learning_rate_power', -0.5, 'Power of the rate in ftrl.'),
    ('ftrl_initial_accumulator_value', 0.1, 'Start of ftrl\'s sums.'),
    ('ftrl_l1', 0.0, 'L1 strength of ftrl.'),
    ('ftrl_l2', 0.0, 'L2 strength of ftrl.'),
    ('momentum', 0.9, 'Of the momentum optimizer.'),
    ('rmsprop_momentum', 0.9, 'Momentum of rmsprop.'),
    ('rmsprop_decay', 0.9, 'Decay of rmsprop.'),
)
for _name, _default, _help in _OPTIMIZER_FLAGS:
  flags.DEFINE_float(_name, _default, _help)
_LEARNING_RATE_DECAY_TYPE = flags.DEFINE_string(
    'learning_rate_decay_type', 'exponential',
    f'One of {", ".join(learning_rates.DECAY_TYPES)}; polynomial is a straight '
    'line to end_learning_rate where training ends.')
_LEARNING_RATE = flags.DEFINE_float(
    'learning_rate', 0.01, 'Initial learning rate.', lower_bound=0.0)
_END_LEARNING_RATE = flags.DEFINE_float(
    'end_learning_rate', 1e-4, 'Where polynomial decay ends.')
_LEARNING_RATE_DECAY_FACTOR = flags.DEFINE_float(
    'learning_rate_decay_factor', 0.94, 'Of exponential decay.')
_NUM_EPOCHS_PER_DECAY = flags.DEFINE_float(
    'num_epochs_per_decay', 2.0, 'Epochs between two exponential decays.')
_WARMUP_EPOCHS = flags.DEFINE_float(
    'warmup_epochs', 0.0, 'Epochs in which the rate climbs from 0.')
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
  dataset = catalog.get_dataset(
      _DATASET_NAME.value, _DATASET_SPLIT_NAME.value, dataset_dir,
      _VALIDATION_FRACTION.value, _LABELS_OFFSET.value)
  learning_rate_fn, last_step = _schedule(dataset)
  options = device.network_options(
      _IMPLEMENTATION.value, _DATA_FORMAT.value, _COMPUTE_DTYPE.value,
      _XLA.value)
  model = Model(
      _MODEL_NAME.value, dataset.num_classes, _IMPLEMENTATION.value,
      depth_multiplier=_DEPTH_MULTIPLIER.value,
      dropout_keep_prob=_DROPOUT_KEEP_PROB.value, **options)
  image_size = model.check_image_size(_TRAIN_IMAGE_SIZE.value)
  model.build(image_size)
  state, writer = _restore(model, options, train_dir)
  first_step = int(state.global_step)
  if last_step is not None and first_step >= last_step:
    print(f'{train_dir} is at step {first_step}: nothing is left to train.')
    return
  xla = device.use_xla(_XLA.value)
  step = train_step.make_train_step(
      state, learning_rate_fn, _WEIGHT_DECAY.value, _LABEL_SMOOTHING.value,
      train_step.settling_decay(_BATCH_NORM_DECAY.value), xla)
  bad_images = input_pipeline.BadImages(_MAX_BAD_IMAGES.value)

  def batches_from(step):
    return input_pipeline.iterate(input_pipeline.training_batches(
        dataset, _BATCH_SIZE.value, image_size, _PREPROCESSING_NAME.value,
        _SEED.value, step, _USE_GRAYSCALE.value,
        _NUM_PREPROCESSING_THREADS.value, bad_images), bad_images)

  batches = batches_from(first_step)
  _write_info(train_dir, dataset, dataset_dir, image_size)
  print(f'{_MODEL_NAME.value} ({_IMPLEMENTATION.value}) on {dataset.name} '
        f'{dataset.split_name}: {dataset.num_examples} images, '
        f'{dataset.num_classes} classes, {image_size} pixels, steps '
        f'{first_step} to {last_step or "Ctrl-C"}', flush=True)
  try:
    path = loop.run(
        step, batches, state, writer, loop.Schedule(
            last_step, _LOG_EVERY_N_STEPS.value, _SAVE_INTERVAL_SECS.value,
            _SAVE_SUMMARIES_SECS.value), _BATCH_SIZE.value,
        settling.make_settle(
            state, batches_from, _BATCH_NORM_DECAY.value, xla))
  finally:
    for message in bad_images.messages[:_MAX_BAD_IMAGES.value]:
      print(f'Skipped {message}')
  print(f'Saved {path}; TensorBoard: tensorboard --logdir={train_dir}')


def _schedule(dataset):
  """Returns (learning_rate_fn, last step or None)."""
  ends = [_MAX_NUMBER_OF_STEPS.value]
  if _NUM_EPOCHS.value is not None:
    ends.append(math.ceil(
        _NUM_EPOCHS.value * dataset.num_examples / _BATCH_SIZE.value))
  last_step = min((end for end in ends if end is not None), default=None)
  return learning_rates.make_learning_rate_fn(
      _LEARNING_RATE_DECAY_TYPE.value, _LEARNING_RATE.value,
      dataset.num_examples, _BATCH_SIZE.value,
      _LEARNING_RATE_DECAY_FACTOR.value, _NUM_EPOCHS_PER_DECAY.value,
      _END_LEARNING_RATE.value, last_step, _WARMUP_EPOCHS.value), last_step


def _restore(model, options, train_dir):
  """Returns (TrainState, Writer), the state as train_dir or flags have it."""
  newest = checkpoints.latest(train_dir)
  report = None
  if newest and _CHECKPOINT_PATH.value:
    print(f'--checkpoint_path is ignored: training goes on from {newest}.')
  elif _CHECKPOINT_PATH.value:
    report = checkpoints.restore_for_fine_tuning(
        model, _CHECKPOINT_PATH.value, _CHECKPOINT_EXCLUDE_SCOPES.value,
        _IGNORE_MISSING_VARS.value)
  learning_rate = tf.Variable(0.0, trainable=False)
  optimizer = optimizers.make_optimizer(
      _OPTIMIZER.value, learning_rate,
      **{name: flags.FLAGS[name].value for name, *_ in _OPTIMIZER_FLAGS})
  global_step = train_step.make_global_step()
  shadows = None
  if _MOVING_AVERAGE_DECAY.value:
    shadows = averages.make_averages(
        model.variables_by_name, _MOVING_AVERAGE_DECAY.value, global_step)
  is_float16 = options.get('compute_dtype') == tf.float16
  state = train_step.TrainState(
      model, checkpoints.trainable_variables(model, _TRAINABLE_SCOPES.value),
      optimizer, learning_rate, global_step, shadows,
      loss_scale.make_loss_scale() if is_float16 else None)
  rest = train_step.state_by_name(state)
  writer = checkpoints.make_writer(
      {**model.variables_by_name, **rest}, train_dir)
  if newest:
    report = checkpoints.restore_all(newest, model, rest)
  if report:
    print(restore_report.format_report(report))
  return state, writer


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
