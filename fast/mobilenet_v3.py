"""MobileNetV3 in raw TensorFlow: NCHW or NHWC, any float precision, XLA.

The twin of `nets/mobilenet_v3.py`: the same functions, variables and end
points; is_training, data_format and compute_dtype in place of arg scopes.
"""

from collections.abc import Callable
from typing import Any

import tensorflow.compat.v1 as tf

from fast import heads
from fast import layers
from fast import layout
from specs import arithmetic
from specs import mobilenet_v3 as table
from specs import networks

V3_LARGE = table.V3_LARGE
V3_SMALL = table.V3_SMALL


def _hard_swish(net):
  """Divides before it multiplies: float16 ends at 65,504.

  It computes in net's precision: in float32 it would be hardly more exact, and
  take half-precision inference twice as long on a CPU.
  """
  return net * (tf.nn.relu6(net + 3.0) * (1.0 / 6.0))


_ACTIVATIONS = {'RE': tf.nn.relu, 'HS': _hard_swish}


def _squeeze_excite(net, block, setup):
  """Multiplies each channel by 0 to 1, computed from the means in float32."""
  with tf.variable_scope('squeeze_excite'):
    gate = heads.global_pool(net, setup)
    gate = heads.conv2d_of_pooled(gate, block.squeezed, setup, 'Conv')
    gate = heads.conv2d_of_pooled(
      tf.nn.relu(gate), block.expanded, setup, 'Conv_1'
    )
    gate = tf.nn.relu6(gate + 3.0) * table.GATE_SLOPE
    return net * layout.from_nhwc(gate, setup)


def _inverted_residual(net, block, setup):
  """Returns (output, {suffix of end point: tensor}) of one block."""
  setup = setup._replace(activation_fn=_ACTIVATIONS[block.nonlinearity])
  inputs, points = net, {}
  with tf.variable_scope(block.scope):
    if block.expands:
      net = layers.conv2d(net, block.expanded, 1, setup, 'expand')
      points['expansion_output'] = net
    net = layers.depthwise_conv2d(
      net, block.kernel_size, setup, 'depthwise', block.stride, block.rate
    )
    points['depthwise_output'] = net
    if block.squeezed:
      net = _squeeze_excite(net, block, setup)
    net = layers.conv2d(net, block.channels, 1, setup, 'project', linear=True)
    if block.has_shortcut:
      net += inputs
    points['output'] = net
  return net, points


def _feature_maps(net, spec, num_layers, setup):
  """Builds the layers before the pooling; returns (features, end_points)."""
  net = layers.conv2d(net, spec.stem_channels, 3, setup, 'Conv', stride=2)
  end_points = {'layer_1': net}
  for number, block in enumerate(spec.blocks[: num_layers - 1], start=2):
    net, points = _inverted_residual(net, block, setup)
    end_points[f'layer_{number}'] = net
    for suffix, point in points.items():
      end_points[f'layer_{number}/{suffix}'] = point
  if num_layers >= spec.num_maps:
    net = layers.conv2d(net, spec.last_channels, 1, setup, 'Conv_1')
    end_points[f'layer_{spec.num_maps}'] = net
  return net, end_points


def _pooled(net, spec, num_layers, end_points, setup):
  """Pools, adding the pooled layers to end_points; float32 from here on."""
  net = heads.global_pool(net, setup)
  if num_layers > spec.num_maps:
    end_points[f'layer_{spec.num_maps + 1}'] = net
  if num_layers == spec.num_layers:
    net = heads.conv2d_of_pooled(net, spec.feature_channels, setup, 'Conv_2')
    net = _hard_swish(net)
    end_points[f'layer_{num_layers}'] = net
  return net


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
  prediction_fn: Callable | None = tf.nn.softmax,
  reuse: bool | None = None,
  base_only: bool = False,
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
  """Builds the network; arguments are nets.mobilenet_v3.mobilenet's, and these.

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
    (float32 logits [batch, num_classes], end_points in NHWC), with features
    in place of logits as in nets/mobilenet_v3.py. Feature maps are in
    compute_dtype, the pooling and what follows it are float32.
  """
  spec = table.resolve(
    depth_multiplier, finegrain_classification_mode, output_stride, conv_defs
  )
  num_layers = arithmetic.layers_until(final_endpoint, spec.num_layers)
  setup = layout.Setup(
    is_training,
    data_format,
    compute_dtype,
    use_explicit_padding,
    _hard_swish,
    batch_norm_decay,
    weight_decay,
    stddev,
    batch_norm_epsilon=batch_norm_epsilon,
    sync_batch_norm=sync_batch_norm,
    seed=seed,
  )
  with tf.variable_scope(scope, 'MobilenetV3', [input_tensor], reuse=reuse):
    net = layout.from_nhwc(input_tensor, setup)
    net, feature_maps = _feature_maps(net, spec, num_layers, setup)
    end_points = layout.all_to_nhwc(feature_maps, setup)
    if base_only and num_layers <= spec.num_maps:
      return layout.to_nhwc(net, setup), end_points
    net = _pooled(net, spec, num_layers, end_points, setup)
    if base_only:
      return net, end_points
    end_points['global_pool'] = net
    with tf.variable_scope('Logits'):
      return heads.classify(
        net, end_points, num_classes, dropout_keep_prob, prediction_fn, setup
      )


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
