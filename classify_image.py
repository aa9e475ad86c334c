r"""Says what is on images, with a trained checkpoint.

  python classify_image.py --checkpoint_path=run/ photo.jpg more_photos/
  python classify_image.py --checkpoint_path=run/ --top_k=1 --csv photos/
  python classify_image.py --checkpoint_path=run/ --output_dir=seen/ \
      --grad_cam photos/

Prints the likeliest classes of each image, and draws them below it into
--output_dir, if asked. A train_dir of train_image_classifier.py needs no other
flag: its model.json says how it was trained. A checkpoint that slim published
needs --model_name, and --labels_path for the names of its classes:

  python classify_image.py --checkpoint_path=mobilenet_v2_1.0_224.ckpt \
      --model_name=mobilenet_v2 --labels_path=imagenet_labels.txt photo.jpg
"""

# First: it imports TensorFlow without its notices.
from base import quiet_tensorflow as quiet_tensorflow  # isort: split

from collections.abc import Callable
import json
import os
from typing import NamedTuple

from absl import flags
import tensorflow as tf

from base import errors
from base import files
from base import program_flags
from base.errors import InputError
from datasets import image_files
from datasets import kinds
from datasets import preprocessing
from prediction import classification_pictures
from prediction import classification_results
from prediction import grad_cam
from prediction import picture_files
from prediction import prediction_flags
from prediction import predictor as predictor_lib
from prediction.classification_results import Result
from prediction.predictor import Prediction
from prediction.predictor import Predictor
from runtime import network_flags
from tasks import classification
from tasks import classification_export

_RESULTS = 'predictions.csv'

prediction_flags.define(network_flags.CLASSIFIERS, kinds.LABELS, batch_size=32)
flags.DEFINE_integer(
  'top_k',
  5,
  'Number of classes to print for each image, the likeliest first.',
  lower_bound=1,
)
flags.DEFINE_bool(
  'json', False, 'Prints one JSON array, with an object for each image.'
)
flags.DEFINE_bool(
  'csv', False, 'Prints CSV, with a row for each class of each image.'
)
program_flags.define_path(
  'output_dir',
  None,
  'Folder for pictures, a PNG for each image with its likeliest classes below, '
  f'and for {_RESULTS}. Default: none is written.',
)
flags.DEFINE_bool(
  'grad_cam',
  False,
  'Colours where on the image the network sees its likeliest class (Grad-CAM), '
  'in the pictures of output_dir.',
)
flags.mark_bool_flags_as_mutual_exclusive(['json', 'csv'])


class OutputOptions(NamedTuple):
  """What is printed and written."""

  top_k: int
  json: bool
  csv: bool
  output_dir: str | None
  grad_cam: bool


def main(argv: list[str]) -> None:
  """Classifies as the flags say."""
  paths = image_files.find_images(argv[1:])
  output = _read_output()
  predictor = predictor_lib.open_predictor(
    prediction_flags.read(),
    network_flags.CLASSIFIERS,
    kinds.LABELS,
    len(paths),
    classification_export.to_outputs,
  )
  task = classification.make_task(predictor.num_classes)
  draw = _make_draw(predictor, output, paths) if output.output_dir else None
  file_width = max(map(len, paths))
  results = []
  for prediction in predictor_lib.predict(predictor, task.predict, paths):
    result = _result(prediction, output.top_k, predictor.label_names)
    results.append(result)
    if draw and not result.error:
      draw(prediction, result)
    if not (output.json or output.csv or result.error):
      text = classification_results.to_text(result, file_width)
      print(text, flush=True)
  as_csv = classification_results.to_csv(results)
  if draw:
    path = os.path.join(output.output_dir, _RESULTS)
    files.write_bytes(path, as_csv.encode(errors='replace'))
  if output.json:
    print(json.dumps([result.as_json() for result in results], indent=2))
  elif output.csv:
    print(as_csv, end='')
  predictor_lib.raise_if_unreadable([result.error for result in results])


def _read_output():
  """Returns OutputOptions; raises InputError if they cannot be."""
  output = program_flags.read(OutputOptions)
  if output.grad_cam and not output.output_dir:
    raise InputError('--grad_cam colours pictures: say where, by --output_dir')
  return output


def _result(prediction: Prediction, top_k, label_names):
  """Returns the Result of an image."""
  if prediction.error:
    return Result(prediction.path, prediction.error)
  return Result(
    prediction.path,
    None,
    classification.top_predictions(prediction.outputs, top_k, label_names),
  )


def _make_draw(
  predictor: Predictor, output: OutputOptions, paths: list[str]
) -> Callable[[Prediction, Result], None]:
  """Makes the folder; returns a function that writes an image's picture."""
  if output.grad_cam and not predictor.model:
    raise InputError(
      f'--grad_cam needs a checkpoint; {predictor.checkpoint_path} is an export'
    )
  files.make_folder(output.output_dir, 'output_dir')
  names = picture_files.name_pictures(paths, output.output_dir)
  size, preparation = predictor.input.image_size, predictor.input
  grad_cam_fn = (
    grad_cam.make_grad_cam_fn(predictor.model, size)
    if output.grad_cam
    else None
  )

  def draw(prediction, result):
    pixels = image_files.read(prediction.path)  # It was seen shrunk.
    if grad_cam_fn:
      (heat,) = grad_cam_fn(
        prediction.image.prepared[tf.newaxis],
        tf.constant([result.predictions[0].label], tf.int64),
      ).numpy()
      window = preprocessing.evaluation_window(
        *pixels.shape[:2], preparation.preprocessing_name
      )
      pixels = classification_pictures.overlay(pixels, heat, window)
    picture = classification_pictures.draw(
      pixels,
      result.predictions,
      [one.name or f'class {one.label}' for one in result.predictions],
    )
    picture_files.write(output.output_dir, names[result.file], picture)

  return draw


if __name__ == '__main__':
  errors.run(main)
