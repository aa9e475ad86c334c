"""MobileNetV2 in tf-slim: inverted residuals and linear bottlenecks.

https://arxiv.org/abs/1801.04381

  with slim.arg_scope(mobilenet_v2.training_scope(is_training=False)):
    logits, end_points = mobilenet_v2.mobilenet(images, num_classes=1001)

Variable names, end points and arguments are those of the published slim
network, whose checkpoints fit. `fast/mobilenet_v2.py` is its twin.
"""

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import tensorflow.compat.v1 as tf

from nets import dropout
from nets import mobilenet_layers
from nets.tf_slim_compat import slim
from specs import arithmetic
from specs import mobilenet_v2 as table
from specs import networks


def training_scope(
  is_training: bool = True,
  weight_decay: float = 4e-5,
  stddev: float = 0.09,
  dropout_keep_prob: float = 0.8,
  bn_decay: float = 0.997,
) -> dict:
  """Returns the arg_scope of a recipe: what the network's layers share."""
  return mobilenet_layers.training_scope(
    mobilenet, is_training, weight_decay, stddev, dropout_keep_prob, bn_decay
  )


def _expand(net, block, expansion, activation_fn):
  if not block.has_expansion_shortcut:
    return slim.conv2d(net, block.expanded, [1, 1], scope='expand')
  net = slim.conv2d(
    net, block.expanded, [1, 1], activation_fn=None, scope='expand'
  )
  return activation_fn(net + expansion)


def _inverted_residual(
  net, block, expansion, activation_fn, use_explicit_padding
):
  """Returns (output, {suffix of end point: tensor}) of one block.

  expansion: that of the block before, or None.
  """
  inputs, points = net, {}
  with tf.variable_scope(block.scope):
    if block.expands:
      net = _expand(net, block, expansion, activation_fn)
      points['expansion_output'] = net
    if use_explicit_padding:
      net = mobilenet_layers.explicit_pad(net, 3, block.rate)
    net = slim.separable_conv2d(
      net,
      None,
      [3, 3],
      depth_multiplier=1,
      stride=block.stride,
      rate=block.rate,
      padding='VALID' if use_explicit_padding else 'SAME',
      scope='depthwise',
    )
    points['depthwise_output'] = net
    net = slim.conv2d(
      net,
      block.channels,
      [1, 1],
      scope='project',
      activation_fn=None if block.linear else activation_fn,
    )
    if block.has_shortcut:
      net += inputs
    points['output'] = net
  return net, points


def _features(net, spec, num_layers, activation_fn, use_explicit_padding):
  """Builds the first num_layers layers; returns (features, end_points)."""
  if use_explicit_padding:
    net = mobilenet_layers.explicit_pad(net, 3)
  net = slim.conv2d(
    net,
    spec.stem_channels,
    [3, 3],
    stride=2,
    scope='Conv',
    padding='VALID' if use_explicit_padding else 'SAME',
  )
  end_points, points = {'layer_1': net}, {}
  for number, block in enumerate(spec.blocks[: num_layers - 1], start=2):
    net, points = _inverted_residual(
      net,
      block,
      points.get('expansion_output'),
      activation_fn,
      use_explicit_padding,
    )
    end_points[f'layer_{number}'] = net
    for suffix, point in points.items():
      end_points[f'layer_{number}/{suffix}'] = point
  if num_layers == spec.num_layers:
    net = slim.conv2d(net, spec.last_channels, [1, 1], scope='Conv_1')
    end_points[f'layer_{num_layers}'] = net
  return net, end_points


def _logits(net, end_points, num_classes):
  """Returns logits of the last feature map; without num_classes its mean."""
  with tf.variable_scope('Logits'):
    net = tf.reduce_mean(net, [1, 2], keepdims=True, name='global_pool')
    end_points['global_pool'] = net
    if not num_classes:
      return net
    net = dropout.dropout(net, scope='Dropout')
    logits = slim.conv2d(
      net,
      num_classes,
      [1, 1],
      activation_fn=None,
      normalizer_fn=None,
      scope='Conv2d_1c_1x1',
    )
    return tf.squeeze(logits, [1, 2])


@slim.add_arg_scope
def mobilenet(
  input_tensor: tf.Tensor,
  num_classes: int | None = 1001,
  depth_multiplier: float = 1.0,
  scope: str | None = 'MobilenetV2',
  conv_defs: Sequence | None = None,
  finegrain_classification_mode: bool = False,
  min_depth: int | None = None,
  divisible_by: int | None = None,
  activation_fn: Callable | None = None,
  final_endpoint: str | None = None,
  output_stride: int | None = None,
  use_explicit_padding: bool = False,
  is_training: bool = False,
  prediction_fn: Callable | None = slim.softmax,
  reuse: bool | None = None,
  base_only: bool = False,
  shortcut: str = 'bottleneck',
  bottleneck_activation: bool = False,
  batch_norm_epsilon: float = 0.001,
) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
  """Builds the network.

  Args:
    input_tensor: float32 [batch, height, width, 3] in [-1, 1].
    num_classes: 0 or None leaves the logits layer out.
    depth_multiplier: factor on all widths.
    scope, reuse: of the variables.
    conv_defs: rows of Stage; the paper's where None.
    finegrain_classification_mode: keeps 1280 last channels below width 1.0.
    min_depth: least number of channels; divisible_by where None.
    divisible_by: what numbers of channels are multiples of; 8 where None.
    activation_fn: after all but the projections; ReLU6 where None.
    final_endpoint: 'layer_1' .. 'layer_19': the last layer before pooling.
    output_stride: 8, 16, 32 or None (32).
    use_explicit_padding: pads the same on all sides, instead of SAME.
    is_training: whether batch norm takes batch statistics, and dropout drops.
    prediction_fn: makes end_points['Predictions'] of the logits; may be None.
    base_only: leaves out pooling and what follows it.
    shortcut: figure 6b's ablation: 'bottleneck', 'none' or 'expansion': of a
      block to that of the next, before the activation, where shapes agree.
    bottleneck_activation: figure 6a: also activates after the projections.
    batch_norm_epsilon: added to the variances.

  Returns:
    (logits [batch, num_classes], end_points). In place of logits: the pooled
    features [batch, 1, 1, channels] without num_classes, the feature map
    [batch, height, width, channels] with base_only.

  Raises:
    InputError: unknown final_endpoint or shortcut, or numbers that cannot be.
  """
  spec = table.resolve(
    depth_multiplier,
    finegrain_classification_mode,
    output_stride,
    conv_defs,
    min_depth,
    divisible_by,
    shortcut,
    bottleneck_activation,
  )
  num_layers = arithmetic.layers_until(final_endpoint, spec.num_layers)
  activation_fn = activation_fn or tf.nn.relu6
  layer_scope = mobilenet_layers.layer_scope(
    is_training, activation_fn, batch_norm_epsilon
  )
  with (
    tf.variable_scope(scope, 'MobilenetV2', [input_tensor], reuse=reuse),
    slim.arg_scope(layer_scope),
  ):
    net, end_points = _features(
      input_tensor, spec, num_layers, activation_fn, use_explicit_padding
    )
    if base_only:
      return net, end_points
    logits = _logits(net, end_points, num_classes)
  if not num_classes:
    return logits, end_points
  return mobilenet_layers.finish(logits, end_points, prediction_fn)


def mobilenet_base(
  input_tensor: tf.Tensor, depth_multiplier: float = 1.0, **arguments: Any
) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
  """Builds mobilenet (same arguments) without pooling and classifier."""
  return mobilenet(
    input_tensor, depth_multiplier=depth_multiplier, base_only=True, **arguments
  )


mobilenet.default_image_size = 224


mobilenet_v2_140 = networks.named(mobilenet, 'mobilenet_v2_140')
mobilenet_v2_130 = networks.named(mobilenet, 'mobilenet_v2_130')
mobilenet_v2_075 = networks.named(mobilenet, 'mobilenet_v2_075')
mobilenet_v2_050 = networks.named(mobilenet, 'mobilenet_v2_050')
mobilenet_v2_035 = networks.named(mobilenet, 'mobilenet_v2_035')
