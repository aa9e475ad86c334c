"""MobileNetV3 in tf-slim: squeeze-and-excite in inverted residuals, h-swish.

https://arxiv.org/abs/1905.02244

  with slim.arg_scope(mobilenet_v3.training_scope(is_training=False)):
    logits, end_points = mobilenet_v3.large(images, num_classes=1001)

Variable names, end points and arguments are those of the published slim
network, whose checkpoints fit. `fast/mobilenet_v3.py` is its twin.
"""

from collections.abc import Callable
from typing import Any

import tensorflow.compat.v1 as tf

from nets import dropout
from nets import mobilenet_layers
from nets.tf_slim_compat import slim
from specs import arithmetic
from specs import mobilenet_v3 as table
from specs import networks

V3_LARGE = table.V3_LARGE
V3_SMALL = table.V3_SMALL


def _hard_swish(net):
  """Section 5.2 of the paper: x * ReLU6(x + 3) / 6."""
  return net * tf.nn.relu6(net + 3.0) / 6.0


def _hard_sigmoid(net):
  return tf.nn.relu6(net + 3.0) * table.GATE_SLOPE


_ACTIVATIONS = {'RE': tf.nn.relu, 'HS': _hard_swish}


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


def _squeeze_excite(net, block):
  """Multiplies each channel by 0 to 1, which all channels' means decide."""
  with (
    tf.variable_scope('squeeze_excite'),
    slim.arg_scope([slim.conv2d], normalizer_fn=None),
  ):
    gate = tf.reduce_mean(net, [1, 2], keepdims=True)
    gate = slim.conv2d(
      gate, block.squeezed, [1, 1], activation_fn=tf.nn.relu, scope='Conv'
    )
    gate = slim.conv2d(
      gate, block.expanded, [1, 1], activation_fn=_hard_sigmoid, scope='Conv_1'
    )
    return net * gate


def _inverted_residual(net, block, use_explicit_padding):
  """Returns (output, {suffix of end point: tensor}) of one block."""
  inputs, points = net, {}
  with (
    tf.variable_scope(block.scope),
    slim.arg_scope(
      [slim.conv2d, slim.separable_conv2d],
      activation_fn=_ACTIVATIONS[block.nonlinearity],
    ),
  ):
    if block.expands:
      net = slim.conv2d(net, block.expanded, [1, 1], scope='expand')
      points['expansion_output'] = net
    if use_explicit_padding:
      net = mobilenet_layers.explicit_pad(net, block.kernel_size, block.rate)
    net = slim.separable_conv2d(
      net,
      None,
      [block.kernel_size, block.kernel_size],
      depth_multiplier=1,
      stride=block.stride,
      rate=block.rate,
      padding='VALID' if use_explicit_padding else 'SAME',
      scope='depthwise',
    )
    points['depthwise_output'] = net
    if block.squeezed:
      net = _squeeze_excite(net, block)
    net = slim.conv2d(
      net, block.channels, [1, 1], activation_fn=None, scope='project'
    )
    if block.has_shortcut:
      net += inputs
    points['output'] = net
  return net, points


def _features(net, spec, num_layers, use_explicit_padding):
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
  end_points = {'layer_1': net}
  for number, block in enumerate(spec.blocks[: num_layers - 1], start=2):
    net, points = _inverted_residual(net, block, use_explicit_padding)
    end_points[f'layer_{number}'] = net
    for suffix, point in points.items():
      end_points[f'layer_{number}/{suffix}'] = point
  if num_layers >= spec.num_maps:
    net = slim.conv2d(net, spec.last_channels, [1, 1], scope='Conv_1')
    end_points[f'layer_{spec.num_maps}'] = net
  if num_layers > spec.num_maps:
    net = tf.reduce_mean(net, [1, 2], keepdims=True)
    end_points[f'layer_{spec.num_maps + 1}'] = net
  if num_layers == spec.num_layers:
    net = slim.conv2d(
      net, spec.feature_channels, [1, 1], normalizer_fn=None, scope='Conv_2'
    )
    end_points[f'layer_{num_layers}'] = net
  return net, end_points


@slim.add_arg_scope
def mobilenet(
  input_tensor: tf.Tensor,
  num_classes: int | None = 1001,
  depth_multiplier: float = 1.0,
  scope: str | None = 'MobilenetV3',
  conv_defs: table.Table | None = None,
  finegrain_classification_mode: bool = False,
  final_endpoint: str | None = None,
  output_stride: int | None = None,
  use_explicit_padding: bool = False,
  is_training: bool = False,
  prediction_fn: Callable | None = slim.softmax,
  reuse: bool | None = None,
  base_only: bool = False,
  batch_norm_epsilon: float = 0.001,
) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
  """Builds the network.

  Args:
    input_tensor: float32 [batch, height, width, 3] in [-1, 1].
    num_classes: 0 or None leaves the logits layer out.
    depth_multiplier: factor on all widths.
    scope: variable scope.
    conv_defs: V3_LARGE, V3_SMALL or a Table of one's own; V3_LARGE where None.
    finegrain_classification_mode: keeps the width of the 1x1 after the pooling,
      as in the published models.
    final_endpoint: 'layer_1' .. 'layer_19' ('layer_15' of V3_SMALL): the last
      layer before the logits. The last two are pooled.
    output_stride: 8, 16, 32 or None (32).
    use_explicit_padding: pads the same on all sides, instead of SAME.
    is_training: whether batch norm takes batch statistics, and dropout drops.
    prediction_fn: makes end_points['Predictions'] of the logits; may be None.
    reuse: of the variables.
    base_only: leaves out what follows final_endpoint.
    batch_norm_epsilon: added to the variances.

  Returns:
    (logits [batch, num_classes], end_points). In place of logits: the pooled
    features [batch, 1, 1, channels] without num_classes, the final end point
    with base_only.

  Raises:
    InputError: unknown final_endpoint, or numbers that cannot be.
  """
  spec = table.resolve(
    depth_multiplier, finegrain_classification_mode, output_stride, conv_defs
  )
  num_layers = arithmetic.layers_until(final_endpoint, spec.num_layers)
  with (
    tf.variable_scope(scope, 'MobilenetV3', [input_tensor], reuse=reuse),
    slim.arg_scope(
      mobilenet_layers.layer_scope(is_training, _hard_swish, batch_norm_epsilon)
    ),
  ):
    net, end_points = _features(
      input_tensor, spec, num_layers, use_explicit_padding
    )
    if base_only:
      return net, end_points
    with tf.variable_scope('Logits'):
      net = tf.reduce_mean(net, [1, 2], keepdims=True, name='global_pool')
      end_points['global_pool'] = net
      if not num_classes:
        return net, end_points
      net = dropout.dropout(net, scope='Dropout')
      logits = slim.conv2d(
        net,
        num_classes,
        [1, 1],
        activation_fn=None,
        normalizer_fn=None,
        scope='Conv2d_1c_1x1',
      )
      logits = tf.squeeze(logits, [1, 2])
  return mobilenet_layers.finish(logits, end_points, prediction_fn)


def mobilenet_base(
  input_tensor: tf.Tensor, depth_multiplier: float = 1.0, **arguments: Any
) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
  """Builds mobilenet (same arguments) without classifier."""
  return mobilenet(
    input_tensor, depth_multiplier=depth_multiplier, base_only=True, **arguments
  )


mobilenet.default_image_size = 224


large = networks.named(mobilenet, 'mobilenet_v3_large')
small = networks.named(mobilenet, 'mobilenet_v3_small')
