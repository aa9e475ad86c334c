"""What the tests of detectors share: a model, a golden's groundtruth."""

import functools
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from fast import ssdlite as fast_ssdlite
from nets import ssdlite as slim_ssdlite
from nets.tf_slim_compat import slim
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


class RuledDetector(testing.RuledModel):
  """A RuledModel of a network that the factory does not list."""

  def network_fn(self, is_training, **options):
    options = {**self._options, **options}
    if self.implementation == 'fast':
      build = functools.partial(
        fast_ssdlite.ssdlite_mobilenet_v2, is_training=is_training, **options
      )
    else:
      build = functools.partial(_build_slim, is_training, options)
    network_fn = functools.partial(build, num_classes=self.num_classes)
    network_fn.default_image_size = 300
    return network_fn


def _build_slim(is_training, options, images, num_classes):
  options = dict(options)
  of_scope = {'is_training': is_training}
  if 'batch_norm_decay' in options:
    of_scope['bn_decay'] = options.pop('batch_norm_decay')
  with slim.arg_scope(slim_ssdlite.ssdlite_arg_scope(**of_scope)):
    return slim_ssdlite.ssdlite_mobilenet_v2(images, num_classes, **options)


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
