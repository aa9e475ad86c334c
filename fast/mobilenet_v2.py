"""MobileNetV2 in raw TensorFlow: NCHW or NHWC, any float precision, XLA.

The twin of `nets/mobilenet_v2.py`: the same functions, variables and end
points; is_training, data_format and compute_dtype in place of arg scopes.
"""

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import tensorflow.compat.v1 as tf

from fast import activations
from fast import heads
from fast import layers
from fast import layout
from specs import arithmetic
from specs import mobilenet_v2 as table
from specs import networks


def _inverted_residual(net, block, expansion, setup):
  """Returns (output, {suffix of end point: tensor}) of one block.

  expansion: that of the block before, or None.
  """
  inputs, points = net, {}
  with tf.variable_scope(block.scope):
    if block.expands:
      net = layers.conv2d(
        net,
        block.expanded,
        1,
        setup,
        'expand',
        linear=block.has_expansion_shortcut,
      )
      if block.has_expansion_shortcut:
        net = activations.activate(net + expansion, setup)
      points['expansion_output'] = net
    net = layers.depthwise_conv2d(
      net, 3, setup, 'depthwise', block.stride, block.rate
    )
    points['depthwise_output'] = net
    net = layers.conv2d(
      net, block.channels, 1, setup, 'project', linear=block.linear
    )
    if block.has_shortcut:
      net += inputs
    points['output'] = net
  return net, points


def _features(net, spec, num_layers, setup):
  """Builds the first num_layers layers; returns (features, end_points)."""
  net = layers.conv2d(net, spec.stem_channels, 3, setup, 'Conv', stride=2)
  end_points, points = {'layer_1': net}, {}
  for number, block in enumerate(spec.blocks[: num_layers - 1], start=2):
    net, points = _inverted_residual(
      net, block, points.get('expansion_output'), setup
    )
    end_points[f'layer_{number}'] = net
    for suffix, point in points.items():
      end_points[f'layer_{number}/{suffix}'] = point
  if num_layers == spec.num_layers:
    net = layers.conv2d(net, spec.last_channels, 1, setup, 'Conv_1')
    end_points[f'layer_{num_layers}'] = net
  return net, end_points


def mobilenet(
  input_tensor: tf.Tensor,
  num_classes: int | None = 1001,
  depth_multiplier: float = 1.0,
  scope: str = 'MobilenetV2',
  conv_defs: Sequence | None = None,
  finegrain_classification_mode: bool = False,
  min_depth: int | None = None,
  divisible_by: int | None = None,
  activation_fn: Callable | None = None,
  final_endpoint: str | None = None,
  output_stride: int | None = None,
  use_explicit_padding: bool = False,
  is_training: bool = False,
  prediction_fn: Callable | None = tf.nn.softmax,
  reuse: bool | None = None,
  base_only: bool = False,
  shortcut: str = 'bottleneck',
  bottleneck_activation: bool = False,
  data_format: str = 'NHWC',
  compute_dtype: tf.DType = tf.float32,
  weight_decay: float = 0.0,
  stddev: float = 0.09,
  dropout_keep_prob: float = 0.8,
  batch_norm_decay: float | tf.Tensor = 0.997,
  sync_batch_norm: bool = False,
  batch_norm_epsilon: float = 0.001,
  seed: tf.Tensor | None = None,
) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
  """Builds the network; arguments are nets.mobilenet_v2.mobilenet's, and these.

  Args:
    data_format: 'NHWC' or 'NCHW': the layout inside.
    compute_dtype: float32, bfloat16 or float16: the precision inside.
    weight_decay: factor of the L2 terms in REGULARIZATION_LOSSES.
    stddev: of the initial weights.
    dropout_keep_prob: part of the pooled features that training keeps.
    batch_norm_decay: of the batch norm averages; a number or a scalar tensor.
    sync_batch_norm: whether batch norm takes the statistics of all replicas.
    seed: int32 [2], of what is dropped; None: TensorFlow's random numbers.

  Returns:
    (float32 logits [batch, num_classes], end_points in NHWC), or features as
    nets/mobilenet_v2.py has them. Feature maps are in compute_dtype.
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
  setup = layout.Setup(
    is_training,
    data_format,
    compute_dtype,
    use_explicit_padding,
    activation_fn or tf.nn.relu6,
    batch_norm_decay,
    weight_decay,
    stddev,
    batch_norm_epsilon=batch_norm_epsilon,
    sync_batch_norm=sync_batch_norm,
    seed=seed,
  )
  with tf.variable_scope(scope, 'MobilenetV2', [input_tensor], reuse=reuse):
    net = layout.from_nhwc(input_tensor, setup)
    net, feature_maps = _features(net, spec, num_layers, setup)
    end_points = layout.all_to_nhwc(feature_maps, setup)
    if base_only:
      return layout.to_nhwc(net, setup), end_points
    with tf.variable_scope('Logits'):
      net = end_points['global_pool'] = heads.global_pool(net, setup)
      return heads.classify(
        net, end_points, num_classes, dropout_keep_prob, prediction_fn, setup
      )


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
