"""Detections by TensorFlow Lite's own operation, without loops.

Calibration, which int8 needs, ends the process where it meets a loop. What this
operation does is that of detections.py, for one image at a time; boxes are not
clipped, and max_detections_per_class is 100. The Object Detection API's .tflite
files have the same one.
"""

import tensorflow as tf

from base.errors import InputError
from specs.ssdlite import Predictions
from tasks.detection import box_coder
from tasks.detection import boxes as boxes_lib
from tasks.detection.options import DetectionOptions

_NAME = 'TFLite_Detection_PostProcess'
_PER_CLASS = 100


def detect(
  predictions: Predictions, anchors: tf.Tensor, options: DetectionOptions
) -> dict[str, tf.Tensor]:
  """Returns boxes, scores, classes and count of one image, see detections.py.

  For graphs that become TensorFlow Lite: elsewhere they are all 0.

  Raises:
    InputError: the options ask for what the operation does not do.
  """
  if options.max_detections_per_class != _PER_CLASS:
    raise InputError(
      f'--max_detections_per_class={options.max_detections_per_class}: int8 of '
      f'TensorFlow Lite has {_PER_CLASS}; take --precision=float16'
    )
  num_classes = predictions.class_logits.shape[-1] - 1
  most = min(
    options.max_total_detections, options.max_detections_per_class * num_classes
  )

  @tf.function(
    autograph=False,
    experimental_implements=_operation(most, num_classes, options),
  )
  def stand_in(encodings, scores, anchors):
    del encodings, scores, anchors
    of_ranks = tf.zeros([1, most])
    return tf.zeros([1, most, 4]), of_ranks, of_ranks, tf.zeros([1])

  boxes, classes, scores, count = stand_in(
    predictions.box_encodings,
    tf.sigmoid(predictions.class_logits),
    tf.concat(boxes_lib.centers_and_sizes(anchors), -1),
  )
  return {
    'boxes': boxes,
    'scores': scores,
    'classes': tf.cast(classes, tf.int32),
    'count': tf.cast(count, tf.int32),
  }


def _operation(most, num_classes, options):
  """Returns the operation's name and attributes, as the converter reads them.

  Of what it calls a factor, it takes the reciprocal, as box_coder does.
  """
  whole = {
    'max_detections': most,
    'max_classes_per_detection': 1,
    'num_classes': num_classes,
  }
  numbers = {
    'nms_score_threshold': options.score_threshold,
    'nms_iou_threshold': options.iou_threshold,
    'y_scale': box_coder.CENTER_FACTOR,
    'x_scale': box_coder.CENTER_FACTOR,
    'h_scale': box_coder.SIZE_FACTOR,
    'w_scale': box_coder.SIZE_FACTOR,
  }
  return ' '.join(
    [
      f'name: "{_NAME}"',
      _attribute('use_regular_nms', 'b: true'),
      *(_attribute(name, f'i: {value}') for name, value in whole.items()),
      *(_attribute(name, f'f: {value}') for name, value in numbers.items()),
    ]
  )


def _attribute(name, value):
  return f'attr {{ key: "{name}" value {{ {value} }} }}'
