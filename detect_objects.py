r"""Detects objects on images with a trained checkpoint.

  python detect_objects.py --checkpoint_path=run/ photo.jpg more_photos/
  python detect_objects.py --checkpoint_path=run/ --min_score=0.6 \
      --output_dir=seen/ photos/
  python detect_objects.py --checkpoint_path=run/ --json photos/ > found.json

Prints the objects of each image, the 20 surest, and draws all, with names and
scores, into --output_dir. A train_dir of train_object_detector.py needs no
other flag: its model.json says how it was trained.
"""

# First: it imports TensorFlow without its notices.
from base import quiet_tensorflow as quiet_tensorflow  # isort: split

import json

from absl import flags

from base import errors
from base import files
from datasets import image_files
from datasets import kinds
from export import opened
from prediction import detection_results
from prediction import picture_files
from prediction import prediction_flags
from prediction import predictor as predictor_lib
from runtime import network_flags
from tasks.detection import coco_results
from tasks.detection import export
from tasks.detection import options as detection_options
from tasks.detection import pictures
from tasks.detection import task as detection

_RESULTS = 'detections.json'

prediction_flags.define(network_flags.DETECTORS, kinds.BOXES, batch_size=8)
picture_files.define(_RESULTS)
flags.DEFINE_float(
  'min_score',
  pictures.SHOWN_FROM,
  'Least score, from 0 to 1, of objects that are printed and drawn. '
  f'{_RESULTS} has all.',
  0.0,
  1.0,
)

detection_options.define_for_inference()


def main(argv: list[str]) -> None:
  """Detects as the flags say."""
  paths = image_files.find_images(argv[1:])
  output, min_score = picture_files.read(), flags.FLAGS.min_score
  names = picture_files.name_pictures(paths, output.output_dir)
  options = prediction_flags.read()
  opened.refuse(options.checkpoint.checkpoint_path, detection_options.given())
  predictor = predictor_lib.open_predictor(
    options, network_flags.DETECTORS, kinds.BOXES, len(paths), export.to_outputs
  )
  files.make_folder(output.output_dir, 'output_dir')
  task = detection.make_task(
    predictor.num_classes,
    predictor.input.image_size,
    predictor.label_names,
    detection_options.read(),
  )
  image_ids = picture_files.image_ids(paths)
  category_ids = predictor.category_ids or range(1, predictor.num_classes + 1)
  reasons, results = [], []
  for found in predictor_lib.predict(predictor, task.predict, paths):
    reasons.append(found.error)
    if found.error:
      continue
    pixels = found.image.pixels
    objects = coco_results.to_json(
      found.outputs, image_ids[found.path], pixels.shape[:2], category_ids
    )
    results += [{**one, 'file_name': found.path} for one in objects]
    picture = picture_files.write(
      output.output_dir,
      names[found.path],
      pictures.draw_detections(
        pixels, found.outputs, predictor.label_names, min_score
      ),
    )
    if not output.json:
      _print(found, objects, predictor.label_names, min_score, picture)
  picture_files.write_results(output.output_dir, _RESULTS, results)
  if output.json:
    print(json.dumps(results, indent=2))
  predictor_lib.raise_if_unreadable(reasons)


def _print(found, objects, label_names, min_score, picture):
  """Prints what is on an image."""
  names = [
    label_names[label] if label_names else f'class {label}'
    for label in found.outputs.classes[: len(objects)]
  ]
  lines = detection_results.to_lines(objects, names, min_score)
  print(f'{found.path} -> {picture}', *lines, sep='\n', flush=True)


if __name__ == '__main__':
  errors.run(main)
