"""A checkpoint that predicts for image files."""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from concurrent import futures
import contextlib
import sys
from typing import Any
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from base import errors
from base.errors import InputError
from checkpoints import reader
from checkpoints import restore
from checkpoints import run_info
from checkpoints.checkpoint_flags import CheckpointOptions
from checkpoints.reader import Checkpoint
from datasets import data_flags
from datasets import image_files
from datasets import preprocessing
from datasets.image_files import OpenedImage
from datasets.input_pipeline import InputOptions
from datasets.kinds import Kind
from export import opened
from prediction import label_flags
from prediction.label_flags import LabelOptions
from runtime import device
from runtime import gpu
from runtime import inference
from runtime import memory
from runtime import model as runtime_model
from runtime import network_flags
from runtime.model import Model
from runtime.network_flags import Choice
from runtime.network_flags import NetworkOptions

_PATIENCE = 2  # seconds without a bar


class PredictionOptions(NamedTuple):
  """What predictions follow from; None where model.json may say."""

  checkpoint: CheckpointOptions
  network: NetworkOptions
  input: InputOptions
  labels: LabelOptions


class Predictor(NamedTuple):
  """A restored network, and how images come to it."""

  outputs_fn: Callable[[tf.Tensor], Any]
  model: Model | None  # None of an export
  input: InputOptions
  num_classes: int
  label_names: tuple[str, ...] | None
  category_ids: tuple[int, ...] | None  # COCO's numbers of the classes
  checkpoint_path: str


class Prediction(NamedTuple):
  """What came of an image file: an error, or the rest."""

  path: str
  error: str | None
  image: OpenedImage | None = None
  outputs: Any = None  # arrays, without the axis of the batch


def open_predictor(
  options: PredictionOptions,
  choice: Choice,
  kind: Kind,
  num_images: int,
  to_outputs: Callable[[dict, int], Any] | None = None,
) -> Predictor:
  """Restores a network from a checkpoint; tells on stderr how it runs.

  Args:
    options: PredictionOptions.
    choice: the networks to choose from.
    kind: of the data sets that it may have learnt from.
    num_images: how many are to come; 1 is one alone, others are at least so
      many.
    to_outputs: of tasks.task.Exported, takes an export in place of a
      checkpoint.

  Raises:
    InputError: the options do not fit the checkpoint, or it is damaged.
  """
  if not num_images:
    raise InputError('name images, or folders of images')
  sys.stdout.reconfigure(errors='backslashreplace')  # Names may be in any code.
  path = options.checkpoint.checkpoint_path
  if to_outputs and opened.find(path):
    return _open_export(options, choice, kind, to_outputs)
  checkpoint = reader.open_checkpoint(path)
  info = run_info.read_run_info(checkpoint.folder)
  network, data, restored = run_info.fill_in(
    info,
    {
      'model_name': choice.default,
      'implementation': 'fast',
      'preprocessing_name': preprocessing.names(kind.name)[0],
      **data_flags.defaults(kind),
    },
    options.network,
    options.input,
    options.checkpoint,
  )
  network_flags.check(network, choice)
  preprocessing.check_name(data.preprocessing_name, kind.name)
  num_classes = reader.count_classes(checkpoint)
  label_names = label_flags.find_label_names(
    options.labels, kind, checkpoint, num_classes
  )
  device.set_threads(
    network.implementation,
    min(num_images, data.batch_size),
    device.use_xla(network.xla),
  )
  built = runtime_model.make_model(network, num_classes, data.image_size)
  memory.check_images(min(num_images, data.batch_size), built.image_size)
  restore.for_evaluation(built.model, checkpoint, restored.moving_average_decay)
  gpu.tell_device(sys.stderr)
  print(
    f'{network.model_name}, {network.implementation}, {built.computes_in}',
    file=sys.stderr,
  )
  return Predictor(
    inference.make_inference_fn(
      built.model,
      built.image_size,
      built.xla,
      batch_size=1 if num_images == 1 else None,
    ),
    built.model,
    data._replace(image_size=built.image_size),
    num_classes,
    label_names,
    _category_ids(info, num_classes),
    checkpoint.path,
  )


def _open_export(options, choice, kind, to_outputs):
  """Returns the Predictor of an export."""
  export = opened.open_export(
    options.checkpoint.checkpoint_path,
    options.network,
    moving_average_decay=options.checkpoint.moving_average_decay,
    eval_image_size=options.input.image_size,
  )
  info = export.info
  network, data = run_info.fill_in(
    info, data_flags.defaults(kind), options.network, options.input
  )
  network_flags.check(network, choice)
  preprocessing.check_name(data.preprocessing_name, kind.name)
  print(
    f'{network.model_name}, {export.format}, {export.computes_in}',
    file=sys.stderr,
  )
  return Predictor(
    lambda images: to_outputs(export.run(images), info['num_classes']),
    None,
    # What it takes of the images' colours is inside.
    data._replace(use_grayscale=bool(options.input.use_grayscale)),
    info['num_classes'],
    label_flags.find_label_names(
      options.labels, kind, Checkpoint(export.path, {}), info['num_classes']
    ),
    _category_ids(info, info['num_classes']),
    export.path,
  )


def _category_ids(info, num_classes):
  """Returns what model.json says of them, if it is of as many classes."""
  found = info.get('category_ids')
  return tuple(found) if found and len(found) == num_classes else None


def predict(
  predictor: Predictor, predict_fn: Callable[[Any], Any], paths: list[str]
) -> Iterator[Prediction]:
  """Yields a Prediction for each image file, in order.

  While the network has a batch, and the caller what came of it, the images of
  the next one are opened, on all cores. What cannot be read is told on stderr,
  where on a terminal a bar shows how far it is.

  Args:
    predictor: Predictor.
    predict_fn: outputs -> what is wanted of them, the task's.
    paths: of the files.

  Raises:
    InputError: outputs are not finite.
  """
  size = predictor.input.batch_size
  with _progress(len(paths)) as progress, _readers() as pool:

    def open_from(start):
      return [
        (path, pool.submit(image_files.open_image, path, predictor.input))
        for path in paths[start : start + size]
      ]

    following = open_from(0)
    for start in range(0, len(paths), size):
      batch, following = following, open_from(start + size)
      found = _predict_batch(predictor, predict_fn, batch)
      progress.update(len(found))
      # Or else what is printed now would go on behind the bar.
      progress.clear()
      for one in found:
        if one.error:
          errors.tell(one.error)
        yield one


@contextlib.contextmanager
def _readers():
  """A thread on each core; those who leave early wait for no further image."""
  pool = futures.ThreadPoolExecutor(device.num_cores())
  try:
    yield pool
  finally:
    pool.shutdown(cancel_futures=True)


def _progress(num_images):
  """Returns a bar, shown on a terminal if it takes some time."""
  return tqdm(
    total=num_images,
    unit='image',
    delay=_PATIENCE,
    leave=False,
    disable=None,
    dynamic_ncols=True,
  )


def _predict_batch(predictor, predict_fn, batch):
  """Returns a Prediction for each (path, future OpenedImage) of a batch."""
  opened, reasons, rows = {}, {}, {}
  for path, image in batch:
    try:
      opened[path] = image.result()
    except InputError as error:
      reasons[path] = str(error)
  if opened:
    images = np.stack([image.prepared for image in opened.values()])
    outputs = predictor.outputs_fn(images)
    inference.check_finite(outputs, predictor.checkpoint_path)
    rows = dict(zip(opened, _rows(predict_fn(outputs), len(opened))))
  return [
    Prediction(path, reasons.get(path), opened.get(path), rows.get(path))
    for path, _ in batch
  ]


def _rows(outputs, count):
  """Yields the outputs of each image of a batch, as arrays."""
  arrays = tf.nest.map_structure(np.asarray, outputs)
  for number in range(count):
    yield tf.nest.map_structure(lambda array, n=number: array[n], arrays)


def raise_if_unreadable(reasons: Sequence[str | None]) -> None:
  """Raises InputError if there is a reason why an image cannot be read."""
  num_bad = sum(reason is not None for reason in reasons)
  if num_bad:
    raise InputError(f'{num_bad} of {len(reasons)} images could not be read')
