"""Classifies images with a trained checkpoint.

  python classify_image.py --checkpoint_path=run/ photo.jpg more_photos/

Prints the likeliest classes of each image. A train_dir of
train_image_classifier.py needs no other flag: its model.json says how it was
trained. A checkpoint that slim published needs --model_name, and --labels_path
for the names of its classes.
"""

# First: it imports TensorFlow without its notices.
from base import quiet_tensorflow as quiet_tensorflow  # isort: split

from collections.abc import Callable
from collections.abc import Iterator
import json
import os
import sys

from absl import flags
import numpy as np

from base import errors
from base import program_flags
from base.errors import InputError
from checkpoints import checkpoint_flags
from checkpoints import reader
from checkpoints import restore
from checkpoints import run_info
from datasets import catalog
from datasets import data_flags
from datasets import image_files
from datasets import labels
from datasets import preprocessing
from runtime import device
from runtime import gpu
from runtime import inference
from runtime import model as runtime_model
from runtime import network_flags
from tasks import classification

checkpoint_flags.define_for_inference()
# Few images: to compile them takes longer than to run them.
network_flags.define_for_inference('fast', xla='false')
data_flags.define_for_inference(batch_size=32)
flags.DEFINE_integer(
  'top_k',
  5,
  'Number of classes to print for each image, the likeliest first.',
  lower_bound=1,
)
flags.DEFINE_bool(
  'json', False, 'Prints one JSON array, with an object for each image.'
)
program_flags.define_path(
  'labels_path',
  None,
  'File with the names of the classes: one name on each line, in the order of '
  'the classes, or lines id:name. Default: the names of the data set if one '
  'is given, otherwise labels.txt beside the checkpoint; without any, classes '
  'are printed as numbers.',
)
flags.DEFINE_string(
  'dataset_name', None, 'Name of the data set whose class names to print.'
)
program_flags.define_path(
  'dataset_dir', None, 'Folder of the data set. Its labels.txt is enough.'
)

_DEFAULTS = {
  'model_name': network_flags.DEFAULT_MODEL,
  'implementation': 'fast',
  'preprocessing_name': 'inception',
}
_TABLE_WIDTH = 80


def main(argv: list[str]) -> None:
  """Classifies as the flags say."""
  paths = image_files.find_images(argv[1:])
  if not paths:
    raise InputError('name images, or folders of images')
  sys.stdout.reconfigure(errors='backslashreplace')  # Names may be in any code.
  options = checkpoint_flags.read()
  checkpoint = reader.open_checkpoint(options.checkpoint_path)
  network, data, options = run_info.fill_in(
    run_info.read_run_info(checkpoint.folder),
    _DEFAULTS,
    network_flags.read(),
    data_flags.read_input(),
    options,
  )
  preprocessing.check_name(data.preprocessing_name)
  num_classes = reader.count_classes(checkpoint)
  label_names = _find_label_names(checkpoint, num_classes)
  device.set_threads(
    network.implementation,
    min(len(paths), data.batch_size),
    device.use_xla(network.xla),
  )
  built = runtime_model.make_model(network, num_classes, data.image_size)
  restore.for_evaluation(built.model, checkpoint, options.moving_average_decay)
  logits_fn = inference.make_inference_fn(
    built.model, built.image_size, built.xla
  )
  task = classification.make_task(num_classes)
  gpu.tell_device(sys.stderr)
  print(
    f'{network.model_name}, {network.implementation}, {built.computes_in}',
    file=sys.stderr,
  )
  data = data._replace(image_size=built.image_size)
  results = [
    _tell(path, found, label_names)
    for path, found in _classify(
      lambda images: task.predict(logits_fn(images)), paths, data, checkpoint
    )
  ]
  if flags.FLAGS.json:
    print(json.dumps(results, indent=2))
  num_bad = sum('error' in result for result in results)
  if num_bad:
    raise InputError(f'{num_bad} of {len(paths)} images could not be read')


def _find_label_names(checkpoint, num_classes):
  """Returns the names of the classes, a tuple; None if they are nowhere."""
  values = flags.FLAGS
  folder = values.dataset_dir
  if values.labels_path:
    where, names = (
      values.labels_path,
      labels.read_label_names(values.labels_path),
    )
  elif folder and os.path.exists(os.path.join(folder, labels.FILE_NAME)):
    where, names = folder, labels.read_folder(folder)
  elif values.dataset_name:
    where = values.dataset_name
    names = catalog.get_dataset(where, 'train', folder).label_names
  else:
    where, names = checkpoint.folder, labels.read_folder(checkpoint.folder)
  if names and len(names) != num_classes:
    raise InputError(
      f'{where} names {len(names)} classes, the checkpoint '
      f'{checkpoint.path} has {num_classes}: give a file of '
      f'{num_classes} names by --labels_path'
    )
  return names


def _classify(
  probabilities_fn: Callable, paths: list[str], data, checkpoint
) -> Iterator[tuple[str, np.ndarray | str]]:
  """Yields (path, probabilities, or why the image cannot be read)."""
  for start in range(0, len(paths), data.batch_size):
    batch = paths[start : start + data.batch_size]
    readable, reasons = image_files.read_images(batch, data)
    probabilities = {}
    if readable:
      rows = probabilities_fn(np.stack(list(readable.values()))).numpy()
      if not np.isfinite(rows).all():
        raise InputError(
          f'{checkpoint.path}: logits are not finite; where '
          '--compute_dtype=float16 overflows, take bfloat16'
        )
      probabilities = dict(zip(readable, rows))
    for path in batch:
      yield path, reasons.get(path, probabilities.get(path))


def _tell(path, found, label_names):
  """Prints what is known of an image; returns it for JSON."""
  if isinstance(found, str):
    print(f'classify_image.py: {found}', file=sys.stderr, flush=True)
    return {'file': path, 'error': found}
  predictions = classification.top_predictions(
    found, flags.FLAGS.top_k, label_names
  )
  if not flags.FLAGS.json:
    print(path)
    for label, name, probability in predictions:
      line = f'{label:6}  {probability:6.4f}  {name or ""}'
      print(line[:_TABLE_WIDTH].rstrip(), flush=True)
  return {
    'file': path,
    'predictions': [prediction._asdict() for prediction in predictions],
  }


if __name__ == '__main__':
  errors.run(main)
