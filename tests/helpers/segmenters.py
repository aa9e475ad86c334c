"""DeepLabV3 at the rule's weights, and the labels of its goldens."""

import numpy as np
import tensorflow as tf

from fast import deeplab_v3 as fast_deeplab_v3
from nets import deeplab_v3
from nets.tf_slim_compat import slim
from tasks import segmentation
from tests.helpers import golden_rule
from tests.helpers import networks as testing

_OF_SCOPE = ('weight_decay', 'dropout_keep_prob', 'fine_tune_batch_norm')


class DeeplabV3(testing.RuledModel):
  """A RuledModel of a network that has no name in specs/networks.py yet."""

  def __init__(self, num_classes, implementation='slim', **options):
    super().__init__('deeplab_v3', num_classes, implementation, **options)

  def network_fn(self, is_training, **options):
    options = {**self._options, **options, 'is_training': is_training}
    if self.implementation == 'fast':
      build, scope = fast_deeplab_v3.deeplab_v3, {}
    else:
      build = deeplab_v3.deeplab_v3
      of_scope = {key: options.pop(key) for key in _OF_SCOPE if key in options}
      scope = deeplab_v3.training_scope(is_training, **of_scope)

    def network_fn(images):
      with slim.arg_scope(scope):
        return build(images, self.num_classes, **options)

    network_fn.default_image_size = build.default_image_size
    return network_fn


def golden_labels(batch, size, num_classes, seed=0):
  """Returns [batch, height, width]: squares of one label, some to ignore."""
  height, width = size
  drawn = golden_rule.labels(
    batch * 128 * 128, num_classes + max(1, num_classes // 7), seed
  ).reshape(batch, 128, 128)
  drawn[drawn >= num_classes] = segmentation.IGNORE_LABEL
  return np.kron(drawn, np.ones([8, 8], int))[:, :height, :width]


def gradients(model, images, labels, **options):
  """Returns (logits, end_points, cross-entropy, {name: gradient}), eagerly."""
  with tf.GradientTape() as tape:
    logits, end_points = model(tf.constant(images), is_training=True, **options)
    losses = segmentation.pixel_losses(logits, labels)
    loss = segmentation.mean_of_valid(losses, labels)
  by_name = tape.gradient(loss, model.trainable_variables_by_name)
  return tf.nest.map_structure(
    lambda tensor: tf.cast(tensor, tf.float32).numpy(),
    (logits, end_points, loss, by_name),
  )
