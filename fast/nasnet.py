"""NASNet-A mobile in raw TensorFlow: NCHW or NHWC, any float precision, XLA.

The twin of `nets/nasnet/nasnet.py`: its functions, variables and end points;
is_training, data_format and compute_dtype in place of arg scopes.
"""

import functools

import tensorflow.compat.v1 as tf

from fast import activations
from fast import depthwise
from fast import dropout
from fast import heads
from fast import layers
from fast import layout
from specs import nasnet as table


def _conv2d(
  net, channels, kernel_size, setup, scope, norm_scope, padding='SAME', stride=1
):
  """Convolution and batch norm, in two variable scopes; no activation.

  kernel_size: [height, width].
  """
  with tf.variable_scope(scope):
    weights = layers.kernel_variable(
      'weights',
      [*kernel_size, layout.num_channels(net, setup), channels],
      setup,
      setup.weight_decay,
    )
  norm = layers.batch_norm_variables(channels, norm_scope)
  convolution = functools.partial(
    layers.convolve, setup=setup, stride=stride, padding=padding
  )
  return layers.convolve_and_normalize(
    convolution, net, weights, 3, norm, setup
  )


def _separable_conv2d(
  net, channels, kernel_size, setup, scope, norm_scope, stride
):
  """Depthwise and pointwise convolution, batch norm; no activation."""
  inputs = layout.num_channels(net, setup)
  with tf.variable_scope(scope):
    depthwise_weights = layers.kernel_variable(
      'depthwise_weights',
      [kernel_size, kernel_size, inputs, 1],
      setup,
      setup.weight_decay,
    )
    pointwise_weights = layers.kernel_variable(
      'pointwise_weights', [1, 1, inputs, channels], setup, setup.weight_decay
    )
  norm = layers.batch_norm_variables(channels, norm_scope)
  net = depthwise.convolve(
    net, tf.cast(depthwise_weights, setup.compute_dtype), setup, stride
  )
  convolution = functools.partial(layers.convolve, setup=setup)
  return layers.convolve_and_normalize(
    convolution, net, pointwise_weights, 3, norm, setup
  )


def _shift(net, setup):
  """Moves pixels up and left by one; zeros follow."""
  pads, begin = [[0, 0]] * 4, [0] * 4
  for axis in setup.spatial_axes:
    pads[axis], begin[axis] = [0, 1], 1
  return tf.slice(tf.pad(net, pads), begin, tf.shape(net))


def _factorized_reduction(net, channels, setup):
  """Halves height and width by two 1x1 convolutions of pixels one apart.

  One batch norm follows both.
  """
  inputs = layout.num_channels(net, setup)
  widths = [channels // 2, channels - channels // 2]
  weights = []
  for scope, width in zip(('path1_conv', 'path2_conv'), widths):
    with tf.variable_scope(scope):
      weights.append(
        layers.kernel_variable(
          'weights', [1, 1, inputs, width], setup, setup.weight_decay
        )
      )
  norm = layers.batch_norm_variables(channels, 'final_path_bn')

  def convolve(net, kernel):
    kernels = tf.split(kernel, widths, axis=3)
    return tf.concat(
      [
        layers.convolve(path, path_kernel, setup, stride=2, padding='VALID')
        for path, path_kernel in zip((net, _shift(net, setup)), kernels)
      ],
      axis=layout.channel_axis(setup),
    )

  return layers.convolve_and_normalize(
    convolve, net, tf.concat(weights, axis=3), 3, norm, setup
  )


def _previous_state(net, previous, cell, setup):
  """Brings the output of the cell before last to the size of this one."""
  if previous is None:
    return net
  previous = activations.activate(previous, setup)
  if cell.previous_stride == 2:
    return _factorized_reduction(previous, cell.filters, setup)
  return _conv2d(previous, cell.filters, [1, 1], setup, 'prev_1x1', 'prev_bn')


def _pool(net, operation, setup):
  pool = tf.nn.avg_pool2d if operation.kind == 'avg' else tf.nn.max_pool2d
  size, padding = operation.kernel_size, 'SAME'
  if setup.zero_padded_pools and operation.stride == 2:
    first, second = setup.spatial_axes
    pads = [[0, 0]] * 4
    pads[first], pads[second] = table.pads_of_strided(
      size, net.shape[first], net.shape[second]
    )
    net, padding = tf.pad(net, pads), 'VALID'
  return pool(
    net, size, operation.stride, padding, data_format=setup.data_format
  )


def _operation(net, operation, filters, keep_prob, setup):
  """Applies one side of a sum to its state."""
  scope, kind, size, _, stride, place = operation
  if kind == 'none':
    return net
  if kind == 'sep':
    name = f'{size}x{size}'
    for number, step in ((1, stride), (2, 1)):
      net = _separable_conv2d(
        activations.activate(net, setup),
        filters,
        size,
        setup,
        f'{scope}/separable_{name}_{number}',
        f'{scope}/bn_sep_{name}_{number}',
        step,
      )
  else:
    net = _pool(net, operation, setup)
  return dropout.drop_path(net, keep_prob, place, setup)


def _cell(net, previous, cell, keep_prob, setup):
  """Builds one cell on the outputs of the two before it."""
  with tf.variable_scope(cell.scope):
    previous = _previous_state(net, previous, cell, setup)
    states = [
      _conv2d(
        activations.activate(net, setup),
        cell.filters,
        [1, 1],
        setup,
        '1x1',
        'beginning_bn',
      ),
      previous,
    ]
    for left, right in cell.sums:
      states.append(
        _operation(states[left.state], left, cell.filters, keep_prob, setup)
        + _operation(states[right.state], right, cell.filters, keep_prob, setup)
      )
    return tf.concat(
      [states[state] for state in cell.outputs], axis=layout.channel_axis(setup)
    )


def _auxiliary_logits(net, num_classes, setup):
  """Classifies a feature map of the middle of the network, for training."""
  with tf.variable_scope('aux_logits'):
    net = activations.activate(net, setup)
    # The published network pools 14x14; below 5x5 there is less to pool.
    window = [min(5, net.shape[axis]) for axis in setup.spatial_axes]
    net = tf.nn.avg_pool2d(
      net, window, 3, 'VALID', data_format=setup.data_format
    )
    net = _conv2d(net, 128, [1, 1], setup, 'proj', 'aux_bn0')
    net = activations.activate(net, setup)
    size = [net.shape[axis] for axis in setup.spatial_axes]
    net = _conv2d(net, 768, size, setup, 'Conv', 'aux_bn1', padding='VALID')
    net = activations.activate(net, setup)
    return heads.dense(
      tf.squeeze(net, setup.spatial_axes), num_classes, setup, 'FC'
    )


def _features(
  net, spec, num_classes, final_endpoint, drop_path_keep_prob, setup
):
  """Builds stem and cells up to final_endpoint; returns (net, end_points)."""
  net = _conv2d(
    net,
    spec.stem_channels,
    [3, 3],
    setup,
    'conv0',
    'conv0_bn',
    padding='VALID',
    stride=2,
  )
  previous, end_points = None, {}
  for cell in spec.cells:
    keep_prob = 1.0 - cell.depth * (1.0 - drop_path_keep_prob)
    previous, net = net, _cell(net, previous, cell, keep_prob, setup)
    if cell.end_point:
      end_points[cell.end_point] = layout.to_nhwc(net, setup)
      if cell.end_point == final_endpoint:
        break
    if cell.auxiliary_scope and setup.is_training and num_classes:
      with tf.variable_scope(cell.auxiliary_scope):
        end_points['AuxLogits'] = _auxiliary_logits(net, num_classes, setup)
  return net, end_points


def build_nasnet_mobile(
  images: tf.Tensor,
  num_classes: int | None,
  is_training: bool = True,
  final_endpoint: str | None = None,
  dropout_keep_prob: float = 0.5,
  drop_path_keep_prob: float = 1.0,
  data_format: str = 'NHWC',
  compute_dtype: tf.DType = tf.float32,
  weight_decay: float = 0.0,
  batch_norm_decay: float | tf.Tensor = 0.9997,
  sync_batch_norm: bool = False,
  batch_norm_epsilon: float = 0.001,
  zero_padded_pools: bool = False,
  seed: tf.Tensor | None = None,
) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
  """Builds the network; arguments as in nets/nasnet/nasnet.py, and these.

  Args:
    data_format: 'NHWC' or 'NCHW': the layout inside.
    compute_dtype: float32, bfloat16 or float16: the precision inside.
    weight_decay: factor of the L2 terms in REGULARIZATION_LOSSES.
    batch_norm_decay: of the batch norm averages; a number or a scalar tensor.
    sync_batch_norm: whether batch norm takes the statistics of all replicas.
    batch_norm_epsilon: added to the variances.
    seed: int32 [2], of what is dropped; None: TensorFlow's random numbers.

  Returns:
    (float32 logits [batch, num_classes], end_points in NHWC), with features
    in place of logits as in nets/nasnet/nasnet.py. Feature maps are in
    compute_dtype, what follows the pooling is float32.
  """
  spec = table.resolve()
  table.check_final_endpoint(final_endpoint, spec)
  setup = layout.Setup(
    is_training,
    data_format,
    compute_dtype,
    activation_fn=tf.nn.relu,
    batch_norm_decay=batch_norm_decay,
    sync_batch_norm=sync_batch_norm,
    weight_decay=weight_decay,
    batch_norm_epsilon=batch_norm_epsilon,
    zero_padded_pools=zero_padded_pools,
    weights_initializer=tf.variance_scaling_initializer(2.0, 'fan_out'),
    seed=seed,
  )
  net, end_points = _features(
    layout.from_nhwc(images, setup),
    spec,
    num_classes,
    final_endpoint,
    drop_path_keep_prob,
    setup,
  )
  if final_endpoint in end_points:
    return end_points[final_endpoint], end_points
  with tf.variable_scope('final_layer'):
    net = heads.global_pool(activations.activate(net, setup), setup)[:, 0, 0, :]
    end_points['global_pool'] = net
    if not num_classes or final_endpoint == 'global_pool':
      return net, end_points
    net = dropout.dropout(net, dropout_keep_prob, setup)
    logits = heads.dense(net, num_classes, setup, 'FC')
  end_points['Logits'] = logits
  if final_endpoint != 'Logits':
    end_points['Predictions'] = tf.nn.softmax(logits)
  return logits, end_points


build_nasnet_mobile.default_image_size = 224
