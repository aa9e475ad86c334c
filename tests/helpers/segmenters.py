"""DeepLabV3 at the rule's weights, and the labels of its goldens."""

import numpy as np
import tensorflow as tf

from tasks.segmentation import maps
from tests.helpers import golden_rule
from tests.helpers import networks as testing

OS16 = 'deeplab_v3_mobilenet_v2_1.0_129_os16'
ASPP = 'deeplab_v3_mobilenet_v2_1.0_97x65_os8_aspp'


def deeplab_v3(num_classes, implementation='slim', **options):
  """Returns a RuledModel, not built yet."""
  return testing.RuledModel(
    'deeplab_v3_mobilenet_v2', num_classes, implementation, **options
  )


def golden_labels(batch, size, num_classes, seed=0):
  """Returns [batch, height, width]: squares of one label, some to ignore."""
  height, width = size
  drawn = golden_rule.labels(
    batch * 128 * 128, num_classes + max(1, num_classes // 7), seed
  ).reshape(batch, 128, 128)
  drawn[drawn >= num_classes] = maps.IGNORE_LABEL
  return np.kron(drawn, np.ones([8, 8], int))[:, :height, :width]


def gradients(model, images, labels, **options):
  """Returns (logits, end_points, cross-entropy, {name: gradient}), eagerly."""
  with tf.GradientTape() as tape:
    logits, end_points = model(tf.constant(images), is_training=True, **options)
    losses = maps.pixel_losses(logits, labels)
    loss = maps.mean_of_valid(losses, labels)
  by_name = tape.gradient(loss, model.trainable_variables_by_name)
  return testing.as_arrays((logits, end_points, loss, by_name))
