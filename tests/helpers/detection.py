"""What the tests of detectors share: a model, a golden's groundtruth."""

import functools
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from specs.ssdlite import Predictions
from tasks.detection import anchors as anchors_lib
from tasks.detection import targets as targets_lib
from tasks.detection.targets import Groundtruth
from tasks.detection.targets import Targets
from tests.helpers import golden_rule
from tests.helpers import networks as testing

NETWORK = 'ssdlite_mobilenet_v2_1.0_300'
HEADS = 'ssdlite_mobilenet_v2_heads_300'
SHIFT_OF_PERFECT_LOGITS = 8.0


def ssdlite(num_classes, implementation='slim', **options):
  """Returns a RuledModel, not built yet."""
  return testing.RuledModel(
    'ssdlite_mobilenet_v2', num_classes, implementation, **options
  )


def groundtruth(description, batch):
  """Returns the Groundtruth of a golden, its images repeated up to batch."""
  images = description['groundtruth']
  images = [images[number % len(images)] for number in range(batch)]
  most = max(len(image['classes']) for image in images)

  def filled(key, shape, dtype):
    values = np.zeros([batch, most, *shape], dtype)
    for row, image in zip(values, images):
      if image[key]:
        row[: len(image[key])] = image[key]
    return tf.constant(values)

  return Groundtruth(
    filled('boxes', [4], np.float32),
    filled('classes', [], np.int32),
    filled('weights', [], np.float32),
  )


def predictions_of_heads(description, targets):
  """Returns the Predictions of a head case, given its Targets."""
  batch, num_anchors = targets.match.shape
  num_classes = description['num_classes']
  seed = description['seed']
  encodings = description['code'] * golden_rule.normal(
    [batch, num_anchors, 4], seed
  )
  logits = (
    description['logit']
    * golden_rule.normal([batch, num_anchors, num_classes + 1], seed + 1)
    + description['bias']
  )
  classes = targets.classes.numpy()
  for image in description['perfect']:
    positive = np.flatnonzero(targets.is_positive[image])
    encodings[image, positive] = targets.box_encodings.numpy()[image, positive]
    logits[image, positive, classes[image, positive]] += SHIFT_OF_PERFECT_LOGITS
  return Predictions(tf.constant(encodings), tf.constant(logits))


class Heads(NamedTuple):
  """The golden that needs no network, and what it is computed from."""

  description: dict
  arrays: dict
  anchors: tf.Tensor
  targets: Targets
  predictions: Predictions


@functools.cache
def heads():
  """Returns the Heads."""
  description, arrays = testing.load_golden(HEADS)
  size = description['size']
  anchors = tf.constant(anchors_lib.ssdlite_anchors(size, size))
  targets = targets_lib.assign(
    groundtruth(description, description['batch']), anchors
  )
  predictions = predictions_of_heads(description, targets)
  return Heads(description, arrays, anchors, targets, predictions)


def of_matched(values, matched):
  """Returns the rows of [batch, anchors, ...] at matched, [n, 2]."""
  return np.asarray(values)[matched[:, 0], matched[:, 1]]


def in_order(chosen, losses):
  """Returns the chosen anchors of an image, by decreasing loss."""
  anchors = np.flatnonzero(chosen)
  return anchors[np.argsort(-losses[anchors], kind='stable')]
