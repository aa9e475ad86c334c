"""ShuffleNetV1 in raw TensorFlow: NCHW or NHWC, any float precision, XLA.

The twin of `nets/shufflenet_v1.py`: the same functions, variables and end
points; is_training, data_format and compute_dtype in place of arg scopes.
"""

from collections.abc import Callable
from typing import Any

import tensorflow.compat.v1 as tf

from base.errors import InputError
from fast import activations
from fast import heads
from fast import layers
from fast import layout
from specs import networks
from specs import shufflenet_v1 as table


def _multiply_in_groups(net, kernel, groups, setup):
  """1x1 convolution in groups: a batched product of matrices.

  tf.nn.conv2d's own groups do not run on a CPU.
  """
  inputs, channels = kernel.shape[2:]  # inputs of one group, all channels
  kernel = tf.reshape(kernel, [inputs, groups, channels // groups])
  shape = tf.shape(net)
  if setup.data_format == 'NCHW':
    net = tf.reshape(net, [-1, groups, inputs, shape[2] * shape[3]])
    net = tf.matmul(tf.transpose(kernel, [1, 2, 0]), net)
    return tf.reshape(net, [shape[0], channels, shape[2], shape[3]])
  net = tf.transpose(tf.reshape(net, [-1, groups, inputs]), [1, 0, 2])
  net = tf.matmul(net, tf.transpose(kernel, [1, 0, 2]))
  return tf.reshape(
    tf.transpose(net, [1, 0, 2]), [shape[0], shape[1], shape[2], channels]
  )


def _grouped_conv1x1(net, channels, groups, setup, scope, linear=False):
  """1x1 convolution of each group of channels alone; the rest as conv2d."""
  inputs = layout.num_channels(net, setup) // groups
  with tf.variable_scope(scope):
    weights = layers.kernel_variable(
      'weights', [1, 1, inputs, channels], setup, setup.weight_decay
    )
    norm = layers.batch_norm_variables(channels)

    def convolve(net, kernel):
      return _multiply_in_groups(net, kernel, groups, setup)

    net = layers.convolve_and_normalize(convolve, net, weights, 3, norm, setup)
    return net if linear else activations.activate(net, setup)


def _shuffle(net, groups, setup):
  """Puts the first channels of all groups first, then the second, ..."""
  shape = tf.shape(net)
  if setup.data_format == 'NCHW':
    size = net.shape[1] // groups
    net = tf.reshape(net, [-1, groups, size, shape[2] * shape[3]])
    return tf.reshape(tf.transpose(net, [0, 2, 1, 3]), shape)
  net = tf.reshape(net, [-1, groups, net.shape[3] // groups])
  return tf.reshape(tf.transpose(net, [0, 2, 1]), shape)


def _unit(net, unit, groups, setup):
  """Builds one unit; nets/shufflenet_v1.py says why it shuffles there."""
  shortcut = net
  with tf.variable_scope(unit.scope):
    net = _grouped_conv1x1(
      net, unit.bottleneck, unit.first_groups, setup, 'gconv1'
    )
    net = layers.depthwise_conv2d(
      net, 3, setup, 'depthwise', unit.stride, linear=True
    )
    net = _shuffle(net, groups, setup)
    net = _grouped_conv1x1(
      net, unit.branch, groups, setup, 'gconv2', linear=True
    )
    if unit.stride == 1:
      return activations.activate(shortcut + net, setup)
    shortcut = layers.pool2d(tf.nn.avg_pool2d, shortcut, 3, setup, stride=2)
    net = activations.activate(net, setup)
    return tf.concat([shortcut, net], axis=layout.channel_axis(setup))


def _feature_maps(net, spec, setup):
  """Yields (name, feature map) of each end point, building it when asked."""
  net = layers.conv2d(net, spec.stem_channels, 3, setup, 'Conv1', stride=2)
  yield 'Conv1', net
  net = layers.pool2d(tf.nn.max_pool2d, net, 3, setup, stride=2)
  yield 'Conv1_pool', net
  for unit in spec.units:
    net = _unit(net, unit, spec.groups, setup)
    for name in unit.end_points:
      yield name, net


def _features(net, spec, final_endpoint, setup):
  """Builds up to final_endpoint; returns (features, end_points)."""
  end_points = {}
  for name, feature_map in _feature_maps(net, spec, setup):
    end_points[name] = feature_map
    if name == final_endpoint:
      return feature_map, end_points
  raise InputError(
    f'final_endpoint {final_endpoint!r} is not one of {", ".join(end_points)}.'
  )


def shufflenet_v1(
  inputs: tf.Tensor,
  num_classes: int | None = 1000,
  depth_multiplier: float = 1.0,
  groups: int = 3,
  dropout_keep_prob: float = 1.0,
  is_training: bool = False,
  final_endpoint: str | None = 'Stage4',
  prediction_fn: Callable | None = tf.nn.softmax,
  reuse: bool | None = None,
  scope: str | None = 'ShufflenetV1',
  base_only: bool = False,
  data_format: str = 'NHWC',
  compute_dtype: tf.DType = tf.float32,
  weight_decay: float = 0.0,
  stddev: float = 0.09,
  batch_norm_decay: float | tf.Tensor = 0.9,
  sync_batch_norm: bool = False,
  batch_norm_epsilon: float = 1e-5,
  seed: tf.Tensor | None = None,
) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
  """Builds the network; arguments are nets.shufflenet_v1's, and these.

  Args:
    data_format: 'NHWC' or 'NCHW': the layout inside.
    compute_dtype: float32, bfloat16 or float16: the precision inside.
    weight_decay: factor of the L2 terms in REGULARIZATION_LOSSES.
    stddev: of the initial weights.
    batch_norm_decay: of the batch norm averages; a number or a scalar tensor.
    sync_batch_norm: whether batch norm takes the statistics of all replicas.
    seed: int32 [2], of what is dropped; None: TensorFlow's random numbers.

  Returns:
    (float32 logits [batch, num_classes], end_points in NHWC), with features
    in place of logits as in nets/shufflenet_v1.py. Feature maps are in
    compute_dtype, what follows the pooling is float32.
  """
  spec = table.resolve(depth_multiplier, groups)
  setup = layout.Setup(
    is_training,
    data_format,
    compute_dtype,
    use_explicit_padding=True,
    activation_fn=tf.nn.relu,
    batch_norm_decay=batch_norm_decay,
    sync_batch_norm=sync_batch_norm,
    weight_decay=weight_decay,
    stddev=stddev,
    batch_norm_epsilon=batch_norm_epsilon,
    seed=seed,
  )
  with tf.variable_scope(scope, 'ShufflenetV1', [inputs], reuse=reuse):
    net = layout.from_nhwc(inputs, setup)
    net, feature_maps = _features(net, spec, final_endpoint, setup)
    end_points = layout.all_to_nhwc(feature_maps, setup)
    if base_only:
      return layout.to_nhwc(net, setup), end_points
    with tf.variable_scope('Logits'):
      net = heads.global_pool(net, setup)
      end_points['global_pool'] = net
      return heads.classify(
        net, end_points, num_classes, dropout_keep_prob, prediction_fn, setup
      )


def shufflenet_v1_base(
  inputs: tf.Tensor, final_endpoint: str | None = 'Stage4', **arguments: Any
) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
  """Builds shufflenet_v1 (same arguments) without pooling and classifier."""
  return shufflenet_v1(
    inputs, final_endpoint=final_endpoint, base_only=True, **arguments
  )


shufflenet_v1.default_image_size = 224


shufflenet_v1_200 = networks.named(shufflenet_v1, 'shufflenet_v1_200')
shufflenet_v1_150 = networks.named(shufflenet_v1, 'shufflenet_v1_150')
shufflenet_v1_050 = networks.named(shufflenet_v1, 'shufflenet_v1_050')
