"""What a detector is trained by: SSD's multibox loss.

https://arxiv.org/abs/1512.02325, equations 1 to 3, with sigmoids in place of a
softmax, as in the published ssdlite_mobilenet_v2_coco.
"""

import tensorflow as tf

from specs.ssdlite import Predictions
from tasks.detection import box_coder
from tasks.detection import hard_example_miner
from tasks.detection.targets import Targets

_HUBER_DELTA = 1.0


def localization_losses(encodings: tf.Tensor, targets: Targets) -> tf.Tensor:
  """Returns smooth L1 summed over the four codes, [batch, anchors].

  encodings: [batch, anchors, 4].
  """
  errors = tf.abs(encodings - targets.box_encodings)
  quadratic = tf.minimum(errors, _HUBER_DELTA)
  huber = 0.5 * quadratic**2 + _HUBER_DELTA * (errors - quadratic)
  return tf.reduce_sum(huber, -1) * targets.box_weights


def classification_losses(logits: tf.Tensor, targets: Targets) -> tf.Tensor:
  """Returns sigmoid cross-entropy summed over the classes, [batch, anchors].

  The background counts as a class, which an anchor without a match is to be.

  logits: [batch, anchors, 1 + num_classes].
  """
  truth = tf.one_hot(targets.classes, logits.shape[-1])
  cross_entropy = tf.nn.sigmoid_cross_entropy_with_logits(truth, logits)
  return tf.reduce_sum(cross_entropy, -1) * targets.class_weights


def multibox_losses(
  predictions: Predictions,
  targets: Targets,
  anchors: tf.Tensor,
  negatives_per_positive: int = 3,
  least_negatives: int = 3,
) -> dict[str, tf.Tensor]:
  """Returns the scalars 'localization' and 'classification'.

  Sums over the anchors that mining chooses in a batch, over the number of its
  matched anchors, by weight. The last two arguments are the miner's.
  """
  localization = localization_losses(predictions.box_encodings, targets)
  classification = classification_losses(predictions.class_logits, targets)
  chosen = hard_example_miner.mine(
    box_coder.decode(predictions.box_encodings, anchors),
    classification,
    targets.is_positive,
    negatives_per_positive,
    least_negatives,
  )
  normalizer = tf.maximum(tf.reduce_sum(targets.box_weights), 1.0)
  return {
    'localization': tf.reduce_sum(localization * chosen) / normalizer,
    'classification': tf.reduce_sum(classification * chosen) / normalizer,
  }
