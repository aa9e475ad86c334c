"""Classifies images with a trained checkpoint.

  python classify_image.py --checkpoint_path=run/ photo.jpg more_photos/

Prints the likeliest classes of each image. A train_dir of
train_image_classifier.py needs no other flag: its model.json says how it was
trained. A checkpoint that slim published needs --model_name, and --labels_path
for the names of its classes.
"""

# First: it imports TensorFlow without its notices.
from base import quiet_tensorflow as quiet_tensorflow  # isort: split

from collections.abc import Sequence
import json
import sys
from typing import Any

from absl import flags

from base import errors
from datasets import image_files
from datasets import kinds
from prediction import prediction_flags
from prediction import predictor as predictor_lib
from prediction.predictor import Prediction
from runtime import network_flags
from tasks import classification

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

_TABLE_WIDTH = 80


def main(argv: list[str]) -> None:
  """Classifies as the flags say."""
  paths = image_files.find_images(argv[1:])
  top_k, as_json = flags.FLAGS.top_k, flags.FLAGS.json
  predictor = predictor_lib.open_predictor(
    prediction_flags.read(), network_flags.CLASSIFIERS, kinds.LABELS, len(paths)
  )
  task = classification.make_task(predictor.num_classes)
  results = []
  for prediction in predictor_lib.predict(predictor, task.predict, paths):
    result = _result(prediction, top_k, predictor.label_names)
    if not as_json and not prediction.error:
      _print_table(result)
    results.append(result)
  if as_json:
    print(json.dumps(results, indent=2))
  predictor_lib.raise_if_unreadable([result.get('error') for result in results])


def _result(
  prediction: Prediction, top_k: int, label_names: Sequence[str] | None
) -> dict[str, Any]:
  """Returns what is known of an image, as plain values."""
  if prediction.error:
    return {'file': prediction.path, 'error': prediction.error}
  likeliest = classification.top_predictions(
    prediction.outputs, top_k, label_names
  )
  return {
    'file': prediction.path,
    'predictions': [one._asdict() for one in likeliest],
  }


def _print_table(result):
  print(result['file'])
  for one in result['predictions']:
    line = f'{one["label"]:6}  {one["probability"]:6.4f}  {one["name"] or ""}'
    print(line[:_TABLE_WIDTH].rstrip())
  sys.stdout.flush()


if __name__ == '__main__':
  errors.run(main)
