"""MobileNetV1 in tf-slim: depthwise separable convolutions.

https://arxiv.org/abs/1704.04861

  with slim.arg_scope(mobilenet_v1.mobilenet_v1_arg_scope(is_training=False)):
    logits, end_points = mobilenet_v1.mobilenet_v1(images, num_classes=1001,
                                                   is_training=False)

Variable names, end points and arguments are those of the published slim
network, whose checkpoints fit. `fast/mobilenet_v1.py` is its twin.
"""

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import tensorflow.compat.v1 as tf

from nets import dropout
from nets import mobilenet_layers
from nets.tf_slim_compat import slim
from specs import mobilenet_v1 as table
from specs import networks

# Where users of slim look for them.
Conv = table.Conv
DepthSepConv = table.DepthSepConv
MOBILENETV1_CONV_DEFS = table.MOBILENET_V1

_POOL_SIZE = 7  # of the last feature map at the default image size


def mobilenet_v1_arg_scope(
  is_training: bool | None = True,
  weight_decay: float = 4e-5,
  stddev: float = 0.09,
  regularize_depthwise: bool = False,
  batch_norm_decay: float | tf.Tensor = 0.9997,
  batch_norm_epsilon: float = 0.001,
  batch_norm_updates_collections: str = tf.GraphKeys.UPDATE_OPS,
  normalizer_fn: Callable | None = slim.batch_norm,
) -> dict:
  """Returns the arg_scope of the network's layers.

  is_training None leaves it to the caller whether batch norm trains.
  """
  regularizer = slim.l2_regularizer(weight_decay) if weight_decay else None
  is_trained = {} if is_training is None else {'is_training': is_training}
  with (
    slim.arg_scope(
      [slim.conv2d, slim.separable_conv2d],
      activation_fn=tf.nn.relu6,
      normalizer_fn=normalizer_fn,
      weights_initializer=tf.truncated_normal_initializer(stddev=stddev),
    ),
    slim.arg_scope([slim.conv2d], weights_regularizer=regularizer),
    slim.arg_scope(
      [slim.separable_conv2d],
      weights_regularizer=regularizer if regularize_depthwise else None,
    ),
    slim.arg_scope(
      [slim.batch_norm],
      center=True,
      scale=True,
      decay=batch_norm_decay,
      epsilon=batch_norm_epsilon,
      updates_collections=batch_norm_updates_collections,
      **is_trained,
    ) as scope,
  ):
    return scope


def _features(net, layers, use_explicit_padding):
  """Returns (features, end_points)."""
  end_points = {}
  for layer in layers:
    if use_explicit_padding:
      net = mobilenet_layers.explicit_pad(net, layer.kernel_size, layer.rate)
    kernel = [layer.kernel_size, layer.kernel_size]
    if layer.is_depthwise:
      net = slim.separable_conv2d(
        net,
        None,
        kernel,
        depth_multiplier=1,
        stride=layer.stride,
        rate=layer.rate,
        scope=layer.scope,
      )
    else:
      net = slim.conv2d(
        net,
        layer.channels,
        kernel,
        stride=layer.stride,
        rate=layer.rate,
        scope=layer.scope,
      )
    end_points[layer.scope] = net
  return net, end_points


def mobilenet_v1_base(
  inputs: tf.Tensor,
  final_endpoint: str | None = None,
  min_depth: int = 8,
  depth_multiplier: float = 1.0,
  conv_defs: Sequence | None = None,
  output_stride: int | None = None,
  use_explicit_padding: bool = False,
  scope: Any = None,
) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
  """Builds the network without pooling and classifier.

  Args:
    inputs: float32 [batch, height, width, 3] in [-1, 1].
    final_endpoint: key of the last layer's end point, 'Conv2d_0' ..
      'Conv2d_13_pointwise'; the last of conv_defs where None.
    min_depth: least number of channels.
    depth_multiplier: factor on all widths.
    conv_defs: rows of Conv and DepthSepConv; the paper's where None.
    output_stride: 8, 16, 32 or None (32).
    use_explicit_padding: pads the same on all sides, instead of SAME.
    scope: variable scope.

  Returns:
    (feature map [batch, height, width, channels], end_points).

  Raises:
    InputError: unknown final_endpoint, or numbers that cannot be.
  """
  layers = table.resolve(
    depth_multiplier,
    output_stride,
    conv_defs or table.MOBILENET_V1,
    min_depth,
    final_endpoint,
  )
  with (
    tf.variable_scope(scope, 'MobilenetV1', [inputs]),
    slim.arg_scope(
      [slim.conv2d, slim.separable_conv2d],
      padding='VALID' if use_explicit_padding else 'SAME',
    ),
  ):
    return _features(inputs, layers, use_explicit_padding)


def _pool(net, global_pool):
  """Returns (pooled, key of its end point)."""
  if global_pool:
    return (
      tf.reduce_mean(net, [1, 2], keepdims=True, name='global_pool'),
      'global_pool',
    )
  size = [min(_POOL_SIZE, side or _POOL_SIZE) for side in net.shape[1:3]]
  return (
    slim.avg_pool2d(net, size, padding='VALID', scope='AvgPool_1a'),
    'AvgPool_1a',
  )


def mobilenet_v1(
  inputs: tf.Tensor,
  num_classes: int | None = 1000,
  dropout_keep_prob: float = 0.999,
  is_training: bool = True,
  min_depth: int = 8,
  depth_multiplier: float = 1.0,
  conv_defs: Sequence | None = None,
  prediction_fn: Callable | None = slim.softmax,
  spatial_squeeze: bool = True,
  reuse: bool | None = None,
  scope: str | None = 'MobilenetV1',
  global_pool: bool = False,
  final_endpoint: str | None = None,
  output_stride: int | None = None,
  use_explicit_padding: bool = False,
  base_only: bool = False,
) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
  """Builds the network; arguments are mobilenet_v1_base's, and these.

  Args:
    num_classes: 0 or None leaves the logits layer out.
    dropout_keep_prob: part of the pooled features that training keeps.
    is_training: whether batch norm takes batch statistics, and dropout drops.
    prediction_fn: makes end_points['Predictions'] of the logits; may be None.
    spatial_squeeze: takes logits' height and width, both 1, away.
    reuse: of the variables.
    global_pool: pools all positions, whatever the image's size; else a window
      of 7x7, as at 224, so that larger images have a map of logits.
    base_only: leaves out pooling and what follows it.

  Returns:
    (logits [batch, num_classes], end_points). In place of logits: the pooled
    features [batch, 1, 1, channels] without num_classes, the feature map
    [batch, height, width, channels] with base_only.

  Raises:
    InputError: unknown final_endpoint, or numbers that cannot be.
  """
  with (
    tf.variable_scope(scope, 'MobilenetV1', [inputs], reuse=reuse) as scope,
    slim.arg_scope([slim.batch_norm, slim.dropout], is_training=is_training),
  ):
    net, end_points = mobilenet_v1_base(
      inputs,
      final_endpoint,
      min_depth,
      depth_multiplier,
      conv_defs,
      output_stride,
      use_explicit_padding,
      scope,
    )
    if base_only:
      return net, end_points
    with tf.variable_scope('Logits'):
      net, key = _pool(net, global_pool)
      end_points[key] = net
      if not num_classes:
        return net, end_points
      net = dropout.dropout(
        net, keep_prob=dropout_keep_prob, scope='Dropout_1b'
      )
      logits = slim.conv2d(
        net,
        num_classes,
        [1, 1],
        activation_fn=None,
        normalizer_fn=None,
        scope='Conv2d_1c_1x1',
      )
      if spatial_squeeze:
        logits = tf.squeeze(logits, [1, 2], name='SpatialSqueeze')
  end_points['Logits'] = logits
  if prediction_fn:
    end_points['Predictions'] = prediction_fn(logits)
  return logits, end_points


mobilenet_v1.default_image_size = 224


mobilenet_v1_075 = networks.named(mobilenet_v1, 'mobilenet_v1_075')
mobilenet_v1_050 = networks.named(mobilenet_v1, 'mobilenet_v1_050')
mobilenet_v1_025 = networks.named(mobilenet_v1, 'mobilenet_v1_025')
