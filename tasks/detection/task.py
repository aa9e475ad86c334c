"""What makes a network a detector: the multibox loss, COCO's numbers."""

from collections.abc import Sequence
import functools
from typing import Any

import tensorflow as tf

from specs.ssdlite import Predictions
from tasks.detection import anchors as anchors_lib
from tasks.detection import box_coder
from tasks.detection import boxes as boxes_lib
from tasks.detection import detections as detections_lib
from tasks.detection import export
from tasks.detection import lite
from tasks.detection import losses as losses_lib
from tasks.detection import targets as targets_lib
from tasks.detection.evaluator import DetectionEvaluator
from tasks.detection.options import DetectionOptions
from tasks.detection.options import PUBLISHED
from tasks.detection.pictures import make_draw
from tasks.task import Task


def make_task(
  num_classes: int,
  image_size: int,
  label_names: Sequence[str] | None = None,
  options: DetectionOptions = PUBLISHED,
) -> Task:
  """Returns the Task of SSDLite on images of image_size x image_size.

  Outputs are Predictions. Targets are a structure of tensors that has these,
  filled up to the most objects that an image of the batch has:

    corners: float32 [batch, most, 4], top, left, bottom, right as parts of the
      image; zeros where there is no object.
    labels: int64 [batch, most], from 0, without the background.
    is_crowd: bool [batch, most]; these do not train, and count as COCO has it.
    areas: float32 [batch, most], of objects, as parts of the image.
    count: int32 [batch], number of objects.
    size: int32 [batch, 2], height and width of the image as it was, in pixels.

  Metrics are of the anchors that are matched with an object: class_accuracy,
  the part whose likeliest class is right, the background aside, as in
  detections; and box_overlap, the mean of intersection over union with the
  object.

  Args:
    num_classes: without the background.
    image_size: height and width in pixels of what the network sees.
    label_names: of the classes, for the evaluator's metrics.
    options: DetectionOptions.
  """
  anchors = anchors_lib.ssdlite_anchors(image_size, image_size)

  def losses(predictions, end_points, targets):
    del end_points
    return _losses(predictions, assign(targets), anchors, options)

  def assign(targets):
    return targets_lib.assign(
      groundtruth(targets), tf.constant(anchors), options.matched_threshold
    )

  def metrics(predictions, targets):
    return _metrics(predictions, assign(targets), anchors)

  def predict(predictions):
    if isinstance(predictions, detections_lib.Detections):
      return predictions  # An export's.
    return detections_lib.detect(
      predictions,
      tf.constant(anchors),
      options.iou_threshold,
      options.score_threshold,
      options.max_detections_per_class,
      options.max_total_detections,
    )

  # As a graph: its loops over images and classes are slow otherwise.
  detect = tf.function(predict, autograph=False, reduce_retracing=True)
  return Task(
    losses,
    metrics,
    functools.partial(DetectionEvaluator, detect, num_classes, label_names),
    predict,
    make_draw(detect, label_names),
    best_by='mAP',
    exported=export.make(
      predict,
      lambda predictions: lite.detect(
        predictions, tf.constant(anchors), options
      ),
    ),
  )


def groundtruth(targets: Any) -> targets_lib.Groundtruth:
  """Returns what trains, of targets: see make_task."""
  is_object = tf.sequence_mask(targets.count, tf.shape(targets.labels)[1])
  return targets_lib.Groundtruth(
    targets.corners,
    tf.cast(targets.labels, tf.int32),
    tf.cast(is_object & ~targets.is_crowd, tf.float32),
  )


def _losses(predictions, assigned, anchors, options):
  losses = losses_lib.multibox_losses(
    predictions,
    assigned,
    tf.constant(anchors),
    options.max_negatives_per_positive,
    options.min_negatives_per_image,
  )
  return {
    'localization': losses['localization'] * options.localization_weight,
    'classification': losses['classification'] * options.classification_weight,
  }


def _metrics(predictions: Predictions, assigned, anchors):
  likeliest = 1 + tf.argmax(predictions.class_logits[..., 1:], -1, tf.int32)
  is_right = tf.cast(likeliest == assigned.classes, tf.float32)
  found, true = (
    box_coder.decode(encodings, anchors)[..., tf.newaxis, :]
    for encodings in (predictions.box_encodings, assigned.box_encodings)
  )
  overlap = boxes_lib.intersection_over_union(found, true)[..., 0, 0]

  def mean_of_matched(values):
    weights = assigned.box_weights
    return tf.math.divide_no_nan(
      tf.reduce_sum(values * weights), tf.reduce_sum(weights)
    )

  return {
    'class_accuracy': mean_of_matched(is_right),
    'box_overlap': mean_of_matched(overlap),
  }
