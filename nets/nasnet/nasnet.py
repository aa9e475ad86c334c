"""NASNet-A mobile (4 @ 1056) in tf-slim: cells found by search.

https://arxiv.org/abs/1707.07012

  with slim.arg_scope(nasnet.nasnet_mobile_arg_scope()):
    logits, end_points = nasnet.build_nasnet_mobile(
        images, num_classes=1001, is_training=False)

Variable names and end points are those of the published slim network, whose
checkpoints fit. `fast/nasnet.py` is its twin.
"""

import tensorflow.compat.v1 as tf

from nets import dropout
from nets.tf_slim_compat import slim
from specs import nasnet as table


def nasnet_mobile_arg_scope(
  weight_decay: float = 4e-5,
  batch_norm_decay: float | tf.Tensor = 0.9997,
  batch_norm_epsilon: float = 0.001,
) -> dict:
  """Returns the arg_scope of a recipe: what the network's layers share."""
  regularizer = slim.l2_regularizer(weight_decay) if weight_decay else None
  with (
    slim.arg_scope(
      [slim.conv2d, slim.separable_conv2d, slim.fully_connected],
      weights_regularizer=regularizer,
      activation_fn=None,
      weights_initializer=slim.variance_scaling_initializer(mode='FAN_OUT'),
    ),
    slim.arg_scope(
      [slim.conv2d, slim.separable_conv2d], biases_initializer=None
    ),
    slim.arg_scope(
      [slim.batch_norm],
      decay=batch_norm_decay,
      epsilon=batch_norm_epsilon,
      scale=True,
    ) as scope,
  ):
    return scope


def _factorized_reduction(net, channels):
  """Halves height and width by two 1x1 convolutions of pixels one apart."""
  shifted = tf.pad(net, [[0, 0], [0, 1], [0, 1], [0, 0]])[:, 1:, 1:, :]
  paths = []
  for scope, path, width in (
    ('path1_conv', net, channels // 2),
    ('path2_conv', shifted, channels - channels // 2),
  ):
    path = slim.avg_pool2d(path, [1, 1], stride=2, padding='VALID')
    paths.append(slim.conv2d(path, width, [1, 1], scope=scope))
  return slim.batch_norm(tf.concat(paths, axis=3), scope='final_path_bn')


def _previous_state(net, previous, cell):
  """Brings the output of the cell before last to the size of this one."""
  if previous is None:
    return net
  previous = tf.nn.relu(previous)
  if cell.previous_stride == 2:
    return _factorized_reduction(previous, cell.filters)
  previous = slim.conv2d(previous, cell.filters, [1, 1], scope='prev_1x1')
  return slim.batch_norm(previous, scope='prev_bn')


def _separable_twice(net, operation, filters):
  """ReLU, separable convolution, batch norm; twice."""
  size, stride = operation.kernel_size, operation.stride
  for number in (1, 2):
    net = slim.separable_conv2d(
      tf.nn.relu(net),
      filters,
      [size, size],
      depth_multiplier=1,
      stride=stride if number == 1 else 1,
      scope=f'separable_{size}x{size}_{number}',
    )
    net = slim.batch_norm(net, scope=f'bn_sep_{size}x{size}_{number}')
  return net


def _pool(net, operation, zero_padded):
  pool = slim.avg_pool2d if operation.kind == 'avg' else slim.max_pool2d
  size, padding = operation.kernel_size, 'SAME'
  if zero_padded and operation.stride == 2:
    pads = table.pads_of_strided(size, *net.shape[1:3])
    net, padding = tf.pad(net, [[0, 0], *pads, [0, 0]]), 'VALID'
  return pool(net, [size, size], operation.stride, padding=padding)


def _operation(net, operation, filters, keep_prob, zero_padded_pools):
  """Applies one side of a sum to its state."""
  if operation.kind == 'none':
    return net
  if operation.kind != 'sep':
    net = _pool(net, operation, zero_padded_pools)
  else:
    with tf.variable_scope(operation.scope):
      net = _separable_twice(net, operation, filters)
  if keep_prob < 1.0:
    net = dropout.drop_path(net, keep_prob, operation.place)
  return net


def _cell(net, previous, cell, keep_prob, zero_padded_pools):
  """Builds one cell on the outputs of the two before it."""
  with tf.variable_scope(cell.scope):
    previous = _previous_state(net, previous, cell)
    net = slim.conv2d(tf.nn.relu(net), cell.filters, [1, 1], scope='1x1')
    states = [slim.batch_norm(net, scope='beginning_bn'), previous]
    for sides in cell.sums:
      left, right = (
        _operation(
          states[side.state], side, cell.filters, keep_prob, zero_padded_pools
        )
        for side in sides
      )
      states.append(left + right)
    return tf.concat([states[state] for state in cell.outputs], axis=3)


def _auxiliary_logits(net, num_classes):
  """Classifies a feature map of the middle of the network, for training."""
  height, width = net.shape[1:3]
  # The published network pools 14x14; below 5x5 there is less to pool.
  window = [min(5, height), min(5, width)]
  with tf.variable_scope('aux_logits'):
    net = slim.avg_pool2d(tf.nn.relu(net), window, stride=3, padding='VALID')
    net = slim.conv2d(net, 128, [1, 1], scope='proj')
    net = tf.nn.relu(slim.batch_norm(net, scope='aux_bn0'))
    net = slim.conv2d(net, 768, net.shape[1:3], padding='VALID', scope='Conv')
    net = tf.nn.relu(slim.batch_norm(net, scope='aux_bn1'))
    return slim.fully_connected(net[:, 0, 0, :], num_classes, scope='FC')


def _features(
  images,
  spec,
  num_classes,
  is_training,
  final_endpoint,
  drop_path_keep_prob,
  zero_padded_pools,
):
  """Builds stem and cells up to final_endpoint; returns (net, end_points)."""
  net = slim.conv2d(
    images, spec.stem_channels, [3, 3], stride=2, padding='VALID', scope='conv0'
  )
  net = slim.batch_norm(net, scope='conv0_bn')
  previous, end_points = None, {}
  for cell in spec.cells:
    keep_prob = (
      1.0 - cell.depth * (1.0 - drop_path_keep_prob) if is_training else 1.0
    )
    previous, net = (
      net,
      _cell(net, previous, cell, keep_prob, zero_padded_pools),
    )
    if cell.end_point:
      end_points[cell.end_point] = net
      if cell.end_point == final_endpoint:
        break
    if cell.auxiliary_scope and is_training and num_classes:
      with tf.variable_scope(cell.auxiliary_scope):
        end_points['AuxLogits'] = _auxiliary_logits(net, num_classes)
  return net, end_points


def build_nasnet_mobile(
  images: tf.Tensor,
  num_classes: int | None,
  is_training: bool = True,
  final_endpoint: str | None = None,
  dropout_keep_prob: float = 0.5,
  drop_path_keep_prob: float = 1.0,
  zero_padded_pools: bool = False,
) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
  """Builds the network.

  Args:
    images: float32 [batch, height, width, 3] in [-1, 1], height and width
      known and at least 32.
    num_classes: 0 or None leaves the logits and the auxiliary head out.
    is_training: whether batch norm takes batch statistics, dropout and drop
      path drop, and there is an auxiliary head, end_points['AuxLogits']. The
      shape of its Conv/weights follows from the images' size.
    final_endpoint: key of end_points to stop at; see specs/nasnet.py.
    dropout_keep_prob: part of the pooled features that training keeps.
    drop_path_keep_prob: part of the images for which training keeps the
      result of an operation in the last cell; more in the cells before.
    zero_padded_pools: pads with zeros where pools have a stride, as many as
      SAME, but means and maxima then count them: Keras' network does so.

  Returns:
    (logits [batch, num_classes], end_points). In place of logits: the end
    point that final_endpoint names, or the pooled features [batch, channels]
    without num_classes.

  Raises:
    InputError: unknown final_endpoint.
  """
  spec = table.resolve()
  table.check_final_endpoint(final_endpoint, spec)
  with slim.arg_scope([slim.batch_norm, slim.dropout], is_training=is_training):
    net, end_points = _features(
      images,
      spec,
      num_classes,
      is_training,
      final_endpoint,
      drop_path_keep_prob,
      zero_padded_pools,
    )
    if final_endpoint in end_points:
      return net, end_points
    with tf.variable_scope('final_layer'):
      net = tf.reduce_mean(tf.nn.relu(net), [1, 2])
      end_points['global_pool'] = net
      if not num_classes or final_endpoint == 'global_pool':
        return net, end_points
      net = dropout.dropout(net, keep_prob=dropout_keep_prob, scope='dropout')
      logits = slim.fully_connected(net, num_classes, scope='FC')
  end_points['Logits'] = logits
  if final_endpoint != 'Logits':
    end_points['Predictions'] = tf.nn.softmax(logits)
  return logits, end_points


build_nasnet_mobile.default_image_size = 224
