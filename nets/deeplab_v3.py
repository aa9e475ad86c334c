"""Mobile DeepLabV3 in tf-slim: a class for every pixel, on MobileNetV2.

https://arxiv.org/abs/1801.04381, section 6.3; https://arxiv.org/abs/1706.05587

  with slim.arg_scope(deeplab_v3.training_scope(is_training=False)):
    logits, end_points = deeplab_v3.deeplab_v3(images, num_classes=21)

Variable names are those of the published checkpoints.
`fast/deeplab_v3.py` is its twin; tasks/segmentation/ enlarges the logits.
"""

from collections.abc import Sequence

import tensorflow.compat.v1 as tf

from nets import dropout
from nets import mobilenet_v2
from nets.tf_slim_compat import slim
from specs import deeplab_v3 as table


def training_scope(
  is_training: bool = True,
  weight_decay: float = 4e-5,
  dropout_keep_prob: float = 0.9,
  fine_tune_batch_norm: bool = True,
) -> dict:
  """Returns the arg_scope of a recipe: what the network's layers share."""
  regularizer = slim.l2_regularizer(weight_decay) if weight_decay else None
  with (
    slim.arg_scope(
      [deeplab_v3],
      is_training=is_training,
      fine_tune_batch_norm=fine_tune_batch_norm,
    ),
    slim.arg_scope([slim.conv2d], weights_regularizer=regularizer),
    slim.arg_scope([slim.dropout], keep_prob=dropout_keep_prob) as scope,
  ):
    return scope


def _backbone_scope(decay):
  """Returns the arg_scope of what mobilenet() leaves to its caller."""
  with (
    slim.arg_scope(
      [slim.conv2d, slim.separable_conv2d],
      weights_initializer=tf.truncated_normal_initializer(stddev=0.09),
    ),
    slim.arg_scope([slim.batch_norm], decay=decay) as scope,
  ):
    return scope


def _head_scope(is_training, train_batch_norm, decay):
  """Returns the arg_scope of the head, which differs from the backbone's."""
  with (
    slim.arg_scope(
      [slim.conv2d, slim.separable_conv2d],
      padding='SAME',
      activation_fn=tf.nn.relu,
      normalizer_fn=slim.batch_norm,
    ),
    slim.arg_scope(
      [slim.batch_norm],
      is_training=train_batch_norm,
      decay=decay,
      epsilon=table.HEAD_BATCH_NORM_EPSILON,
      scale=True,
    ),
    slim.arg_scope([slim.dropout], is_training=is_training) as scope,
  ):
    return scope


def _atrous(net, branch):
  """Returns a branch that looks at a distance: a 3x3 convolution with rate."""
  if not branch.separable:
    return slim.conv2d(
      net, table.HEAD_CHANNELS, [3, 3], rate=branch.rate, scope=branch.scope
    )
  net = slim.separable_conv2d(
    net,
    None,
    [3, 3],
    depth_multiplier=1,
    rate=branch.rate,
    weights_initializer=tf.truncated_normal_initializer(stddev=0.33),
    scope=f'{branch.scope}_depthwise',
  )
  return slim.conv2d(
    net,
    table.HEAD_CHANNELS,
    [1, 1],
    weights_initializer=tf.truncated_normal_initializer(stddev=0.06),
    scope=f'{branch.scope}_pointwise',
  )


def _head(net, spec):
  """Returns ([batch, height, width, 256], end_points)."""
  points = {}
  points['image_pooling'] = slim.conv2d(
    tf.reduce_mean(net, [1, 2], keepdims=True),
    table.HEAD_CHANNELS,
    [1, 1],
    scope='image_pooling',
  )
  points['aspp0'] = slim.conv2d(net, table.HEAD_CHANNELS, [1, 1], scope='aspp0')
  for branch in spec.atrous:
    points[branch.scope] = _atrous(net, branch)
  # What the whole image says is the same at every position.
  everywhere = tf.shape(points['aspp0'])
  net = tf.concat(
    [tf.broadcast_to(point, everywhere) for point in points.values()], axis=3
  )
  net = slim.conv2d(net, table.HEAD_CHANNELS, [1, 1], scope='concat_projection')
  points['concat_projection'] = net
  return net, points


@slim.add_arg_scope
def deeplab_v3(
  images: tf.Tensor,
  num_classes: int | None = 21,
  depth_multiplier: float = 1.0,
  output_stride: int = 16,
  atrous_rates: Sequence[int] | None = None,
  aspp_with_separable_conv: bool = True,
  is_training: bool = False,
  fine_tune_batch_norm: bool = True,
  batch_norm_decay: float | tf.Tensor | None = None,
  freeze_backbone: bool = False,
  use_explicit_padding: bool = False,
  batch_norm_epsilon: float = 0.001,
) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
  """Builds the network.

  Args:
    images: float32 [batch, height, width, 3] in [-1, 1].
    num_classes: the background's included; 0 or None leaves the logits out.
    depth_multiplier: factor on the backbone's widths.
    output_stride: image size over the logits' size: 8 or 16.
    atrous_rates: of a spatial pyramid's 3x3 branches; None for no pyramid.
    aspp_with_separable_conv: whether these branches are separable.
    is_training: whether dropout drops, and batch norm takes batch statistics.
    fine_tune_batch_norm: False leaves batch norm at its averages in training.
    batch_norm_decay: of the averages; as published, 0.997 in the backbone and
      0.9997 in the head, where None.
    freeze_backbone: whether the backbone infers, whatever is_training is.
    use_explicit_padding: pads the backbone's layers the same on all sides.
    batch_norm_epsilon: added to the variances in the backbone.

  Returns:
    (logits [batch, ceil(height / output_stride), ceil(width / output_stride),
    num_classes], end_points): the backbone's, image_pooling [batch, 1, 1, 256],
    aspp0, the pyramid's aspp1, ... and concat_projection, the features that
    come in place of logits without num_classes.

  Raises:
    InputError: numbers that cannot be.
  """
  spec = table.resolve(
    depth_multiplier, output_stride, atrous_rates, aspp_with_separable_conv
  )
  train_batch_norm = is_training and fine_tune_batch_norm
  in_backbone, in_head = table.batch_norm_decays(batch_norm_decay)
  with slim.arg_scope(_backbone_scope(in_backbone)):
    net, end_points = mobilenet_v2.mobilenet(
      images,
      is_training=train_batch_norm and not freeze_backbone,
      base_only=True,
      use_explicit_padding=use_explicit_padding,
      batch_norm_epsilon=batch_norm_epsilon,
      **spec.backbone._asdict(),
    )
  with slim.arg_scope(_head_scope(is_training, train_batch_norm, in_head)):
    net, points = _head(net, spec)
    end_points.update(points)
    if not num_classes:
      return net, end_points
    net = dropout.dropout(net, scope='concat_projection_dropout')
    logits = slim.conv2d(
      net,
      num_classes,
      [1, 1],
      activation_fn=None,
      normalizer_fn=None,
      weights_initializer=tf.truncated_normal_initializer(stddev=0.01),
      scope='logits/semantic',
    )
  return logits, end_points


deeplab_v3.default_image_size = 513
