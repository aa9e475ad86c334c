"""What a network is trained on here: random targets, and its task."""

from typing import Any
from typing import NamedTuple

import tensorflow as tf

from benchmarking.configurations import Configuration
from benchmarking.configurations import num_classes
from specs import networks
from tasks import classification
from tasks.detection import task as detection
from tasks.segmentation import task as segmentation
from tasks.task import Task

_OBJECTS = 8  # on an image: COCO's mean is 7.3


class _Objects(NamedTuple):
  """What training takes of a detector's targets, see tasks.detection.task."""

  corners: tf.Tensor
  labels: tf.Tensor
  is_crowd: tf.Tensor
  count: tf.Tensor


def make_task(configuration: Configuration) -> Task:
  """Returns the task of a Configuration's network."""
  classes = num_classes(configuration.network)
  if configuration.network in networks.DETECTORS:
    return detection.make_task(classes, configuration.image_size)
  if configuration.network in networks.SEGMENTERS:
    return segmentation.make_task(classes)
  return classification.make_task(classes)


def random_targets(configuration: Configuration) -> Any:
  """Returns a batch of what make_task's task takes."""
  batch, size = configuration.batch_size, configuration.image_size
  classes = num_classes(configuration.network)
  if configuration.network in networks.DETECTORS:
    return _random_objects(batch, classes)
  shape = [batch]
  if configuration.network in networks.SEGMENTERS:
    shape = [batch, size, size]
  return tf.random.uniform(shape, 0, classes, tf.int64)


def _random_objects(batch, classes):
  begin = tf.random.uniform([batch, _OBJECTS, 2], 0.0, 0.6)
  sides = tf.random.uniform([batch, _OBJECTS, 2], 0.1, 0.4)
  return _Objects(
    tf.concat([begin, begin + sides], -1),
    tf.random.uniform([batch, _OBJECTS], 0, classes, tf.int64),
    tf.zeros([batch, _OBJECTS], tf.bool),
    tf.fill([batch], _OBJECTS),
  )
