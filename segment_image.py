r"""Segments images with a trained checkpoint: a class for every pixel.

  python segment_image.py --checkpoint_path=run/ photo.jpg more_photos/
  python segment_image.py --checkpoint_path=run/ --output_dir=seen/ photos/
  python segment_image.py --checkpoint_path=run/ --json photos/ > masks.json

Prints the classes of each image, and colours them, as Pascal VOC has them, into
--output_dir. A train_dir of train_image_segmenter.py needs no other flag: its
model.json says how it was trained.
"""

# First: it imports TensorFlow without its notices.
from base import quiet_tensorflow as quiet_tensorflow  # isort: split

import json

import numpy as np

from base import errors
from base import files
from datasets import image_files
from datasets import kinds
from prediction import picture_files
from prediction import prediction_flags
from prediction import predictor as predictor_lib
from runtime import network_flags
from tasks.segmentation import coco_results
from tasks.segmentation import drawing
from tasks.segmentation import export
from tasks.segmentation import maps

_RESULTS = 'masks.json'

prediction_flags.define(network_flags.SEGMENTERS, kinds.MASKS, batch_size=4)
picture_files.define(_RESULTS)


def main(argv: list[str]) -> None:
  """Segments as the flags say."""
  paths = image_files.find_images(argv[1:])
  output = picture_files.read()
  names = picture_files.name_pictures(paths, output.output_dir)
  predictor = predictor_lib.open_predictor(
    prediction_flags.read(),
    network_flags.SEGMENTERS,
    kinds.MASKS,
    len(paths),
    export.to_outputs,
  )
  files.make_folder(output.output_dir, 'output_dir')
  image_ids = picture_files.image_ids(paths)
  category_ids = predictor.category_ids or range(predictor.num_classes)
  reasons, results = [], []
  for found in predictor_lib.predict(predictor, lambda logits: logits, paths):
    reasons.append(found.error)
    if found.error:
      continue
    mask, scores = _mask(found, predictor.input.image_size)
    masks = coco_results.to_json(
      mask, image_ids[found.path], category_ids, scores
    )
    results += [{**one, 'file_name': found.path} for one in masks]
    picture = picture_files.write(
      output.output_dir,
      names[found.path],
      drawing.draw(found.image.pixels, mask),
    )
    if not output.json:
      _print(found.path, mask, scores, predictor.label_names, picture)
  picture_files.write_results(output.output_dir, _RESULTS, results)
  if output.json:
    print(json.dumps(results, indent=2))
  predictor_lib.raise_if_unreadable(reasons)


def _mask(found, image_size):
  """Returns (int [height, width], each class's mean probability on its own)."""
  mask, probabilities = maps.class_map(
    found.outputs[np.newaxis],
    image_size,
    found.image.content,
    found.image.pixels.shape[:2],
  )
  mask, probabilities = mask.numpy(), probabilities.numpy()
  scores = [
    probabilities[mask == label, label].mean() if (mask == label).any() else 0.0
    for label in range(probabilities.shape[-1])
  ]
  return mask, scores


def _print(path, mask, scores, label_names, picture):
  """Prints each class: its part of the image, its mean probability, name."""
  print(f'{path} -> {picture}')
  for label, pixels in zip(*np.unique(mask, return_counts=True)):
    name = label_names[label] if label_names else f'class {label}'
    part = f'{pixels / mask.size:7.2%}'
    print(f'  {part}  {scores[label]:6.4f}  {name}'[:80].rstrip(), flush=True)


if __name__ == '__main__':
  errors.run(main)
