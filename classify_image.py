"""Says what is on images, by a trained checkpoint.

  python classify_image.py --checkpoint_path=run/ photo.jpg more_photos/

A train_dir of train_image_classifier.py needs no other flag; slim's published
checkpoints need --model_name, and --labels_path for names.
"""

import quiet_tensorflow  # First: it imports TensorFlow.

import json
import sys

from absl import flags
import numpy as np

import errors
from errors import InputError
from fast import device
from nets import nets_factory
from training import checkpoints
from training import classification
from training import run_info
from training.model import Model

_CHECKPOINT_PATH = flags.DEFINE_string(
    'checkpoint_path', '/tmp/tfmodel/',
    'A checkpoint, or a folder, whose newest is taken. What model.json beside '
    'it says holds where a flag is not given.')
_TOP_K = flags.DEFINE_integer(
    'top_k', 5, 'How many classes to show.', lower_bound=1)
_JSON = flags.DEFINE_bool(
    'json', False, 'Prints one JSON array, an object for each image.')
_LABELS_PATH = flags.DEFINE_string(
    'labels_path', None,
    'Names of the classes: lines id:name, or one name a line. Default: those '
    'of the data set given, or else labels.txt beside the checkpoint.')
_DATASET_NAME = flags.DEFINE_string(
    'dataset_name', None, 'The data set whose names the classes have.')
_DATASET_DIR = flags.DEFINE_string(
    'dataset_dir', None, 'Where it lies; a labels.txt there is enough.')

_MODEL_NAME = flags.DEFINE_string(
    'model_name', None,
    f'The network: {", ".join(nets_factory.network_names())}; default: as in '
    'training, or else mobilenet_v2.')
_IMPLEMENTATION = flags.DEFINE_enum(
    'implementation', None, nets_factory.IMPLEMENTATIONS,
    'slim: tf-slim, float32. fast: raw TensorFlow, any layout and precision. '
    'Default: the one that trained, or else fast.')
_DATA_FORMAT = flags.DEFINE_enum(
    'data_format', 'auto', ['auto', 'NHWC', 'NCHW'],
    'Layout inside the fast implementation; auto: what suits the device.')
_COMPUTE_DTYPE = flags.DEFINE_enum(
    'compute_dtype', 'auto', ['auto', *device.COMPUTE_DTYPES],
    'Precision inside the fast implementation; auto: float32.')
_XLA = flags.DEFINE_enum('xla', 'false', ['auto', 'true', 'false'],
                         'Whether XLA compiles the network; auto: on a GPU.')
_DEPTH_MULTIPLIER = flags.DEFINE_float(
    'depth_multiplier', None,
    'Factor on the widths, where model_name does not fix it.')
_MOVING_AVERAGE_DECAY = flags.DEFINE_float(
    'moving_average_decay', None,
    'Takes the moving averages of the variables, if not 0; default: if '
    'model.json says that training kept them.', 0.0, 1.0)
_PREPROCESSING_NAME = flags.DEFINE_string(
    'preprocessing_name', None,
    'inception (takes the middle) or lenet (resizes the whole image); default: '
    'as in training, or else inception.')
_USE_GRAYSCALE = flags.DEFINE_bool(
    'use_grayscale', None,
    'Takes the colour out of the images; default: as in training.')
_EVAL_IMAGE_SIZE = flags.DEFINE_integer(
    'eval_image_size', None,
    'Height and width in pixels; default: as in training, or else the '
    'network\'s.')
_BATCH_SIZE = flags.DEFINE_integer(
    'batch_size', 32, 'Images at once.', lower_bound=1)

_TABLE_WIDTH = 80


def main(argv):
  paths = classification.find_images(argv[1:])
  if not paths:
    raise InputError('name images, or folders of images')
  sys.stdout.reconfigure(errors='backslashreplace')  # Names may be in any code.
  options = _options()
  num_classes = classification.count_classes(_CHECKPOINT_PATH.value)
  label_names = classification.find_label_names(
      _CHECKPOINT_PATH.value, num_classes, _LABELS_PATH.value,
      _DATASET_NAME.value, _DATASET_DIR.value)
  model = _model(options, num_classes)
  image_size = model.check_image_size(options['image_size'])
  model.build(image_size, is_training=False)
  checkpoints.restore_for_evaluation(
      model, _CHECKPOINT_PATH.value, options['moving_average_decay'])
  predict = classification.make_predict(model, device.use_xla(_XLA.value))

  results, num_bad = [], 0
  for start in range(0, len(paths), _BATCH_SIZE.value):
    batch = paths[start:start + _BATCH_SIZE.value]
    images, reasons = classification.read_images(
        batch, image_size, options['preprocessing_name'],
        options['use_grayscale'])
    predictions = _classify(predict, images, label_names)
    num_bad += len(reasons)
    for path in batch:
      results.append(_result(path, predictions.get(path), reasons.get(path)))
  if _JSON.value:
    print(json.dumps(results, indent=2))
  if num_bad:
    raise InputError(f'{num_bad} of {len(paths)} images could not be read')


def _options():
  """Returns what flags, model.json or else a default say, by name."""
  options = run_info.fill_in({
      'model_name': _MODEL_NAME.value,
      'implementation': _IMPLEMENTATION.value,
      'depth_multiplier': _DEPTH_MULTIPLIER.value,
      'image_size': _EVAL_IMAGE_SIZE.value,
      'moving_average_decay': _MOVING_AVERAGE_DECAY.value,
      'preprocessing_name': _PREPROCESSING_NAME.value,
      'use_grayscale': _USE_GRAYSCALE.value,
  }, run_info.read_run_info(_CHECKPOINT_PATH.value))
  defaults = {'model_name': 'mobilenet_v2', 'implementation': 'fast',
              'preprocessing_name': 'inception'}
  return {name: defaults.get(name) if value is None else value
          for name, value in options.items()}


def _model(options, num_classes):
  network_options = device.network_options(
      options['implementation'], _DATA_FORMAT.value, _COMPUTE_DTYPE.value,
      _XLA.value)
  return Model(options['model_name'], num_classes, options['implementation'],
               depth_multiplier=options['depth_multiplier'], **network_options)


def _classify(predict, images, label_names):
  """Returns {path: [Prediction]} for a batch {path: image}."""
  if not images:
    return {}
  probabilities = predict(np.stack(list(images.values()))).numpy()
  if not np.isfinite(probabilities).all():
    raise InputError(f'{_CHECKPOINT_PATH.value}: logits are not finite; where '
                     '--compute_dtype=float16 overflows, take bfloat16')
  return {path: classification.top_predictions(row, _TOP_K.value, label_names)
          for path, row in zip(images, probabilities)}


def _result(path, predictions, reason):
  """Prints what is known of an image; returns it for JSON."""
  if reason:
    print(f'classify_image.py: {reason}', file=sys.stderr, flush=True)
    return {'file': path, 'error': reason}
  if not _JSON.value:
    print(path)
    for label, name, probability in predictions:
      line = f'{label:6}  {probability:6.4f}  {name or ""}'
      print(line[:_TABLE_WIDTH].rstrip(), flush=True)
  return {'file': path, 'predictions': [
      prediction._asdict() for prediction in predictions]}


if __name__ == '__main__':
  errors.run(main)
