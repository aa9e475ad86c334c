"""MobileNetV1 in raw TensorFlow: NCHW or NHWC, any float precision, XLA.

The twin of `nets/mobilenet_v1.py`: the same functions, variables and end
points; is_training, data_format and compute_dtype in place of arg scopes.
"""

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import tensorflow.compat.v1 as tf

from fast import heads
from fast import layers
from fast import layout
from specs import mobilenet_v1 as table
from specs import networks

_POOL_SIZE = 7  # of the last feature map at the default image size


def _features(net, convolutions, setup):
  """Returns (features, end_points)."""
  end_points = {}
  for scope, is_depthwise, kernel_size, channels, stride, rate in convolutions:
    if is_depthwise:
      net = layers.depthwise_conv2d(
        net, kernel_size, setup, scope, stride, rate
      )
    else:
      net = layers.conv2d(
        net, channels, kernel_size, setup, scope, stride, rate=rate
      )
    end_points[scope] = net
  return net, end_points


def _pool(net, global_pool, setup):
  """Returns (pooled, float32 and NHWC, key of its end point)."""
  if global_pool:
    return heads.global_pool(net, setup), 'global_pool'
  net = tf.cast(layout.to_nhwc(net, setup), tf.float32)
  size = [min(_POOL_SIZE, side or _POOL_SIZE) for side in net.shape[1:3]]
  return tf.nn.avg_pool2d(net, size, 2, 'VALID'), 'AvgPool_1a'


def mobilenet_v1(
  inputs: tf.Tensor,
  num_classes: int | None = 1000,
  dropout_keep_prob: float = 0.999,
  is_training: bool = True,
  min_depth: int = 8,
  depth_multiplier: float = 1.0,
  conv_defs: Sequence | None = None,
  prediction_fn: Callable | None = tf.nn.softmax,
  spatial_squeeze: bool = True,
  reuse: bool | None = None,
  scope: str | None = 'MobilenetV1',
  global_pool: bool = False,
  final_endpoint: str | None = None,
  output_stride: int | None = None,
  use_explicit_padding: bool = False,
  base_only: bool = False,
  data_format: str = 'NHWC',
  compute_dtype: tf.DType = tf.float32,
  weight_decay: float = 0.0,
  stddev: float = 0.09,
  batch_norm_decay: float | tf.Tensor = 0.9997,
  sync_batch_norm: bool = False,
  batch_norm_epsilon: float = 0.001,
  seed: tf.Tensor | None = None,
) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
  """Builds the network; arguments as in nets/mobilenet_v1.py, and these.

  Args:
    data_format: 'NHWC' or 'NCHW': the layout inside.
    compute_dtype: float32, bfloat16 or float16: the precision inside.
    weight_decay: factor of the L2 terms in REGULARIZATION_LOSSES.
    stddev: of the initial weights.
    batch_norm_decay: of the batch norm averages; a number or a scalar tensor.
    batch_norm_epsilon: added to the variances.
    sync_batch_norm: whether batch norm takes the statistics of all replicas.
    seed: int32 [2], of what is dropped; None: TensorFlow's random numbers.

  Returns:
    (float32 logits [batch, num_classes], end_points in NHWC), with features
    in place of logits as in nets/mobilenet_v1.py. Feature maps are in
    compute_dtype, what follows the pooling is float32.
  """
  convolutions = table.resolve(
    depth_multiplier,
    output_stride,
    conv_defs or table.MOBILENET_V1,
    min_depth,
    final_endpoint,
  )
  setup = layout.Setup(
    is_training,
    data_format,
    compute_dtype,
    use_explicit_padding,
    batch_norm_decay=batch_norm_decay,
    batch_norm_epsilon=batch_norm_epsilon,
    sync_batch_norm=sync_batch_norm,
    weight_decay=weight_decay,
    stddev=stddev,
    seed=seed,
  )
  with tf.variable_scope(scope, 'MobilenetV1', [inputs], reuse=reuse):
    net = layout.from_nhwc(inputs, setup)
    net, feature_maps = _features(net, convolutions, setup)
    end_points = layout.all_to_nhwc(feature_maps, setup)
    if base_only:
      return layout.to_nhwc(net, setup), end_points
    with tf.variable_scope('Logits'):
      net, key = _pool(net, global_pool, setup)
      end_points[key] = net
      return heads.classify(
        net,
        end_points,
        num_classes,
        dropout_keep_prob,
        prediction_fn,
        setup,
        spatial_squeeze,
      )


def mobilenet_v1_base(
  inputs: tf.Tensor, final_endpoint: str | None = None, **arguments: Any
) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
  """Builds mobilenet_v1 (same arguments) without pooling and classifier."""
  return mobilenet_v1(
    inputs, final_endpoint=final_endpoint, base_only=True, **arguments
  )


mobilenet_v1.default_image_size = 224


mobilenet_v1_075 = networks.named(mobilenet_v1, 'mobilenet_v1_075')
mobilenet_v1_050 = networks.named(mobilenet_v1, 'mobilenet_v1_050')
mobilenet_v1_025 = networks.named(mobilenet_v1, 'mobilenet_v1_025')
