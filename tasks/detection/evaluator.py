"""How good detections are: COCO's numbers, by its own code, and VOC's."""

from collections.abc import Callable
from collections.abc import Sequence
import contextlib
import io
from typing import Any

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
import tensorflow as tf

from tasks.details import Details
from tasks.detection import coco_results
from tasks.detection import details
from tasks.detection import mistakes
from tasks.detection import pictures
from tasks.detection import voc_ap
from tasks.detection.detections import Detections

# What COCOeval.summarize computes, in its order. mAP is the mean over overlaps
# from 0.5 to 0.95; small is below 32 x 32 pixels, large above 96 x 96.
_COCO_METRICS = (
  'mAP',
  'mAP_50',
  'mAP_75',
  'mAP_small',
  'mAP_medium',
  'mAP_large',
  'AR_1',  # at most so many detections of an image
  'AR_10',
  'AR_100',
  'AR_small',
  'AR_medium',
  'AR_large',
)
_HEADLINE = ('mAP', 'mAP_50', 'mAP_75', 'AP50_voc')
_OF_SIZES = ('_small', '_medium', '_large')
_AREA_DECIMALS = 2  # COCO's limits are whole pixels; parts of images are not


class DetectionEvaluator:
  """COCO's average precision and recall, and VOC's average precision.

  A metric of sizes or of a class of which there is no object is left out;
  others are 0 then.
  """

  def __init__(
    self,
    predict: Callable[[Any], Detections],
    num_classes: int,
    label_names: Sequence[str] | None = None,
  ):
    """Takes a network's outputs -> Detections; names are for the metrics."""
    self._predict = predict
    self._label_names = label_names or tuple(map(str, range(num_classes)))
    self._images = []  # voc_ap.Image, boxes as parts of the image
    self._truth = {'images': [], 'annotations': [], 'categories': []}
    self._truth['categories'] = [{'id': label} for label in range(num_classes)]
    self._results = []
    self._mistakes = []  # of each image
    self._evaluation = None  # COCO's, of all images so far: it takes a while

  def add(self, outputs: Any, targets: Any) -> np.ndarray:
    """Takes a batch of outputs, and its targets: see task.make_task.

    Returns:
      float [batch]: the objects missed and those that are not there, over all.
    """
    detections = self._predict(outputs)
    batch = tf.nest.map_structure(np.asarray, (detections, targets))
    images = [_of_image(batch, row) for row in range(len(batch[0].count))]
    for image in images:
      self._add_image(*image)
    self._evaluation = None
    counted = [mistakes.count(*image) for image in images]
    self._mistakes += counted
    return np.array([of_image.error for of_image in counted])

  def _add_image(self, detections, targets):
    image_id = len(self._images)
    found, there = int(detections.count), int(targets.count)
    self._images.append(
      voc_ap.Image(
        detections.boxes[:found],
        detections.classes[:found],
        detections.scores[:found],
        targets.corners[:there],
        targets.labels[:there],
        targets.is_crowd[:there],
      )
    )
    self._results += coco_results.to_json(
      detections, image_id, targets.size, range(len(self._label_names))
    )
    self._truth['images'].append({'id': image_id})
    self._truth['annotations'] += _annotations(
      targets, there, image_id, len(self._truth['annotations'])
    )

  def result(self) -> dict[str, float]:
    """Returns the metrics of the images so far."""
    evaluation = self._coco_evaluation()
    metrics = {
      name: max(float(value), 0.0)
      for name, value in zip(_COCO_METRICS, evaluation.stats, strict=True)
      if value != details.NOTHING or not name.endswith(_OF_SIZES)
    }
    metrics['AP50_voc'] = voc_ap.mean_average_precision(
      self._images, len(self._label_names)
    )
    return metrics | {
      f'AP_{name}': value
      for name, value in zip(
        self._label_names, details.average_precisions(evaluation), strict=True
      )
      if value is not None
    }

  def details(self) -> Details:
    """Returns what a report tells of the images so far."""
    metrics = self.result()
    return Details(
      {name: metrics[name] for name in _HEADLINE},
      details.sections(self._coco_evaluation(), self._label_names),
      'The truth on the left, what the network finds with a score of at least '
      f'{pictures.SHOWN_FROM:g} on the right.',
    )

  def caption(self, number: int) -> str:
    """Returns how many objects of an image are found; they count from 0."""
    found, missed, wrong = self._mistakes[number]
    return f'{found} found, {missed} missed, {wrong} wrong'

  def _coco_evaluation(self):
    if self._evaluation is None:
      self._evaluation = _evaluate(self._truth, self._results)
    return self._evaluation


def _of_image(batch, row):
  return tf.nest.map_structure(lambda values: values[row], batch)


def _annotations(targets, there, image_id, before):
  """Returns COCO's annotations of an image; before: number of earlier ones."""
  boxes = coco_results.to_pixels(targets.corners[:there], targets.size)
  areas = np.float64(targets.areas[:there]) * np.prod(
    targets.size, dtype=np.float64
  )
  return [
    {
      'id': before + 1 + number,  # 0 would stand for no match
      'image_id': image_id,
      'category_id': int(targets.labels[number]),
      'bbox': box,
      'area': round(float(areas[number]), _AREA_DECIMALS),
      'iscrowd': int(targets.is_crowd[number]),
    }
    for number, box in enumerate(boxes)
  ]


def _coco(dataset):
  coco = COCO()
  coco.dataset = dataset
  coco.createIndex()
  return coco


def _evaluate(truth, results):
  """Returns COCO's evaluation, with stats."""
  with contextlib.redirect_stdout(io.StringIO()):  # it tells of each step
    coco = _coco(truth)
    found = _coco({**truth, 'annotations': []})
    if results:  # of none COCO cannot tell what they are
      found = coco.loadRes([dict(result) for result in results])
    evaluation = COCOeval(coco, found, 'bbox')
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
  return evaluation
