"""ShuffleNetV1 in raw TensorFlow: NCHW or NHWC, any float precision, XLA.

The twin of `nets/shufflenet_v1.py`: the same functions, variables and end
points; is_training, data_format and compute_dtype in place of arg scopes.
"""

import functools

import tensorflow.compat.v1 as tf

from errors import InputError
from fast import layers
from nets import shufflenet_specs


def _multiply_in_groups(net, kernel, groups, mode):
  """1x1 convolution in groups: a batched product of matrices.

  tf.nn.conv2d's own groups do not run on a CPU.
  """
  inputs, channels = kernel.shape[2:]  # inputs of one group, all channels
  kernel = tf.reshape(kernel, [inputs, groups, channels // groups])
  shape = tf.shape(net)
  if mode.data_format == 'NCHW':
    net = tf.reshape(net, [-1, groups, inputs, shape[2] * shape[3]])
    net = tf.matmul(tf.transpose(kernel, [1, 2, 0]), net)
    return tf.reshape(net, [shape[0], channels, shape[2], shape[3]])
  net = tf.transpose(tf.reshape(net, [-1, groups, inputs]), [1, 0, 2])
  net = tf.matmul(net, tf.transpose(kernel, [1, 0, 2]))
  return tf.reshape(tf.transpose(net, [1, 0, 2]),
                    [shape[0], shape[1], shape[2], channels])


def _grouped_conv1x1(net, channels, groups, mode, scope, linear=False):
  """1x1 convolution of each group of channels by itself; the rest as conv2d."""
  inputs = layers.num_channels(net, mode) // groups
  with tf.variable_scope(scope):
    weights = layers.kernel_variable('weights', [1, 1, inputs, channels], mode,
                                     mode.weight_decay)
    norm = layers.batch_norm_variables(channels)
    def convolve(net, kernel):
      return _multiply_in_groups(net, kernel, groups, mode)
    net = layers.convolve_and_normalize(convolve, net, weights, 3, norm, mode)
    return net if linear else mode.activation_fn(net)


def _shuffle(net, groups, mode):
  """Puts the first channels of all groups first, then the second, ..."""
  shape = tf.shape(net)
  if mode.data_format == 'NCHW':
    size = net.shape[1] // groups
    net = tf.reshape(net, [-1, groups, size, shape[2] * shape[3]])
    return tf.reshape(tf.transpose(net, [0, 2, 1, 3]), shape)
  net = tf.reshape(net, [-1, groups, net.shape[3] // groups])
  return tf.reshape(tf.transpose(net, [0, 2, 1]), shape)


def _unit(net, unit, groups, mode):
  """Builds one unit; nets/shufflenet_v1.py says why it shuffles there."""
  shortcut = net
  with tf.variable_scope(unit.scope):
    net = _grouped_conv1x1(net, unit.bottleneck, unit.first_groups, mode,
                           'gconv1')
    net = layers.depthwise_conv2d(net, 3, mode, 'depthwise', unit.stride,
                                  linear=True)
    net = _shuffle(net, groups, mode)
    net = _grouped_conv1x1(net, unit.branch, groups, mode, 'gconv2',
                           linear=True)
    if unit.stride == 1:
      return mode.activation_fn(shortcut + net)
    shortcut = layers.pool2d(tf.nn.avg_pool2d, shortcut, 3, mode, stride=2)
    return tf.concat([shortcut, mode.activation_fn(net)],
                     axis=layers.channel_axis(mode))


def _feature_maps(net, spec, mode):
  """Yields (name, feature map) of each end point, building it when asked."""
  net = layers.conv2d(net, spec.stem_channels, 3, mode, 'Conv1', stride=2)
  yield 'Conv1', net
  net = layers.pool2d(tf.nn.max_pool2d, net, 3, mode, stride=2)
  yield 'Conv1_pool', net
  for unit in spec.units:
    net = _unit(net, unit, spec.groups, mode)
    for name in unit.end_points:
      yield name, net


def _features(net, spec, final_endpoint, mode):
  """Builds up to final_endpoint; returns (features, end_points)."""
  end_points = {}
  for name, net in _feature_maps(net, spec, mode):
    end_points[name] = net
    if name == final_endpoint:
      return net, end_points
  raise InputError(f'final_endpoint {final_endpoint!r} is not one of '
                   f'{", ".join(end_points)}.')


def shufflenet_v1(inputs, num_classes=1000, depth_multiplier=1.0, groups=3,
                  dropout_keep_prob=1.0, is_training=False,
                  final_endpoint='Stage4', prediction_fn=tf.nn.softmax,
                  reuse=None, scope='ShufflenetV1', base_only=False,
                  data_format='NHWC', compute_dtype=tf.float32,
                  weight_decay=0.0, stddev=0.09, batch_norm_decay=0.9):
  """Builds the network; arguments are nets.shufflenet_v1's, and:

  Args:
    data_format: 'NHWC' or 'NCHW': the layout inside.
    compute_dtype: float32, bfloat16 or float16: the precision inside.
    weight_decay: factor of the L2 terms in REGULARIZATION_LOSSES.
    stddev: of the initial weights.
    batch_norm_decay: of the batch norm averages; a number or a scalar tensor.

  Returns:
    (float32 logits [batch, num_classes], end_points in NHWC), with features
    in place of logits as in nets/shufflenet_v1.py. Feature maps are in
    compute_dtype, what follows the pooling is float32.
  """
  spec = shufflenet_specs.shufflenet_v1(depth_multiplier, groups)
  mode = layers.Mode(
      is_training, data_format, compute_dtype, use_explicit_padding=True,
      activation_fn=tf.nn.relu, batch_norm_decay=batch_norm_decay,
      weight_decay=weight_decay, stddev=stddev, batch_norm_epsilon=1e-5)
  with tf.variable_scope(scope, 'ShufflenetV1', [inputs], reuse=reuse):
    net = layers.from_nhwc(inputs, mode)
    net, feature_maps = _features(net, spec, final_endpoint, mode)
    end_points = {key: layers.to_nhwc(point, mode)
                  for key, point in feature_maps.items()}
    if base_only:
      return layers.to_nhwc(net, mode), end_points
    with tf.variable_scope('Logits'):
      net = layers.global_pool(net, mode)
      end_points['global_pool'] = net
      if not num_classes:
        return net, end_points
      net = layers.dropout(net, dropout_keep_prob, mode)
      logits = layers.logits(net, num_classes, mode, 'Conv2d_1c_1x1')
  end_points['Logits'] = logits
  if prediction_fn:
    end_points['Predictions'] = prediction_fn(logits)
  return logits, end_points


def shufflenet_v1_base(inputs, final_endpoint='Stage4', **arguments):
  """Builds shufflenet_v1 (same arguments) without pooling and classifier."""
  return shufflenet_v1(inputs, final_endpoint=final_endpoint, base_only=True,
                       **arguments)


shufflenet_v1.default_image_size = 224


def _scaled(depth_multiplier):
  return functools.update_wrapper(
      functools.partial(shufflenet_v1, depth_multiplier=depth_multiplier),
      shufflenet_v1)


shufflenet_v1_200 = _scaled(2.0)
shufflenet_v1_150 = _scaled(1.5)
shufflenet_v1_050 = _scaled(0.5)
