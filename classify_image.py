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
import tensorflow as tf

from datasets import preprocessing
import errors
from errors import InputError
from fast import device
from training import checkpoints
from training import classification
from training import inference
from training import model_flags

# The checkpoint and the network: training/model_flags.py has more.
flags.adopt_module_key_flags(model_flags)
flags.FLAGS.set_default('xla', 'false')  # Few images; compiling takes long.
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
_BATCH_SIZE = flags.DEFINE_integer(
    'batch_size', 32, 'Images at once.', lower_bound=1)

_TABLE_WIDTH = 80


def main(argv):
  paths = classification.find_images(argv[1:])
  if not paths:
    raise InputError('name images, or folders of images')
  sys.stdout.reconfigure(errors='backslashreplace')  # Names may be in any code.
  checkpoint_path = model_flags.CHECKPOINT_PATH.value
  options = model_flags.read_options(
      checkpoint_path,
      {'implementation': 'fast', 'preprocessing_name': 'inception'})
  preprocessing.check_name(options['preprocessing_name'])
  num_classes = classification.count_classes(checkpoint_path)
  label_names = classification.find_label_names(
      checkpoint_path, num_classes, _LABELS_PATH.value, _DATASET_NAME.value,
      _DATASET_DIR.value)
  device.set_threads(options['implementation'],
                     min(len(paths), _BATCH_SIZE.value), model_flags.use_xla())
  model, image_size, computed_in = model_flags.make_model(options, num_classes)
  checkpoints.restore_for_evaluation(
      model, checkpoint_path, options['moving_average_decay'])
  logits_fn = inference.make_inference_fn(
      model, image_size, model_flags.use_xla())
  print(f'{options["model_name"]}, {options["implementation"]}, {computed_in}',
        file=sys.stderr)

  results, num_bad = [], 0
  for start in range(0, len(paths), _BATCH_SIZE.value):
    batch = paths[start:start + _BATCH_SIZE.value]
    images, reasons = classification.read_images(
        batch, image_size, options['preprocessing_name'],
        options['use_grayscale'])
    predictions = _classify(logits_fn, images, label_names)
    num_bad += len(reasons)
    for path in batch:
      results.append(_result(path, predictions.get(path), reasons.get(path)))
  if _JSON.value:
    print(json.dumps(results, indent=2))
  if num_bad:
    raise InputError(f'{num_bad} of {len(paths)} images could not be read')


def _classify(logits_fn, images, label_names):
  """Returns {path: [Prediction]} for a batch {path: image}."""
  if not images:
    return {}
  logits = logits_fn(np.stack(list(images.values())))
  probabilities = tf.nn.softmax(logits).numpy()
  if not np.isfinite(probabilities).all():
    raise InputError(f'{model_flags.CHECKPOINT_PATH.value}: logits are not '
                     'finite; where --compute_dtype=float16 overflows, take '
                     'bfloat16')
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
