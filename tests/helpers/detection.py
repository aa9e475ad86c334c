"""What the tests of detectors share: a model, a golden's groundtruth."""

import functools
import itertools
import re
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from specs.ssdlite import Predictions
from tasks.detection import anchors as anchors_lib
from tasks.detection import detections as detections_lib
from tasks.detection import hard_example_miner
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


class BoxTargets(NamedTuple):
  """A batch of what is on images, as tasks.detection.task describes it."""

  corners: np.ndarray
  labels: np.ndarray
  is_crowd: np.ndarray
  areas: np.ndarray
  count: np.ndarray
  size: np.ndarray
  index: np.ndarray


def box_targets(images):
  """Returns BoxTargets of [(size, [(corners, label, is_crowd, area)])].

  Corners and areas are in pixels; an area that is None is the box's.
  """
  most = max([len(objects) for _, objects in images] + [1])
  targets = BoxTargets(
    np.zeros([len(images), most, 4], np.float32),
    np.zeros([len(images), most], np.int64),
    np.zeros([len(images), most], bool),
    np.zeros([len(images), most], np.float32),
    np.array([len(objects) for _, objects in images], np.int32),
    np.array([size for size, _ in images], np.int32).reshape([-1, 2]),
    np.arange(len(images)),
  )
  for row, ((height, width), objects) in enumerate(images):
    for place, (corners, label, is_crowd, area) in enumerate(objects):
      top, left, bottom, right = corners
      area = (bottom - top) * (right - left) if area is None else area
      targets.corners[row, place] = np.divide(corners, [height, width] * 2)
      targets.labels[row, place] = label
      targets.is_crowd[row, place] = is_crowd
      targets.areas[row, place] = area / (height * width)
  return tf.nest.map_structure(tf.constant, targets)


def detections(images):
  """Returns Detections of [(size, [(corners, label, score)])], in pixels."""
  most, batch = 100, len(images)
  found = detections_lib.Detections(
    np.zeros([batch, most, 4], np.float32),
    np.zeros([batch, most], np.float32),
    np.zeros([batch, most], np.int32),
    np.zeros([batch, most], np.int32),
    np.array([len(objects) for _, objects in images], np.int32),
  )
  for row, ((height, width), objects) in enumerate(images):
    ordered = sorted(objects, key=lambda one: -one[2])
    for place, (corners, label, score) in enumerate(ordered):
      found.boxes[row, place] = np.divide(corners, [height, width] * 2)
      found.classes[row, place] = label
      found.scores[row, place] = score
  return tf.nest.map_structure(tf.constant, found)


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


def counts_of_mining(decoded, losses, targets):
  """Returns what goldens count: of each image, but for the normalizer.

  Of as many negatives as there are anchors, all are chosen that are considered.
  """
  mine = functools.partial(
    hard_example_miner.mine, decoded, losses, targets.is_positive
  )
  most = losses.shape[1]
  return {
    'positives': np.sum(targets.is_positive, 1),
    'considered': np.sum(mine(most, most), 1),
    'selected': np.sum(mine(), 1),
    'normalizer': np.sum(targets.box_weights),
  }


def count_suppressed(predictions, found):
  """Returns how many pairs of anchor and class each image's Detections lack.

  That is of those with a score above the least.
  """
  scores = tf.sigmoid(predictions.class_logits[..., 1:]).numpy()
  return [
    np.sum(of_image > kept[count - 1]) - np.sum(kept > kept[count - 1])
    for of_image, kept, count in zip(
      scores, found.scores.numpy(), found.count.numpy()
    )
  ]


def of_matched(values, matched):
  """Returns the rows of [batch, anchors, ...] at matched, [n, 2]."""
  return np.asarray(values)[matched[:, 0], matched[:, 1]]


def in_order(chosen, losses):
  """Returns the chosen anchors of an image, by decreasing loss."""
  anchors = np.flatnonzero(chosen)
  return anchors[np.argsort(-losses[anchors], kind='stable')]


def printed_names(printed):
  """Returns the classes' names in what detect_objects.py prints, in order."""
  return [
    line.split()[-1]
    for line in printed.splitlines()
    if not re.search(r' -> |^  and \d+ more;', line)
  ]


def surest(found, most=20):
  """Returns those of detections.json that are printed: some of each image."""
  of_image = itertools.groupby(found, lambda one: one['image_id'])
  return [one for _, group in of_image for one in list(group)[:most]]
